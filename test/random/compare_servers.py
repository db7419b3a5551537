# SPDX-License-Identifier: Apache-2.0
"""Plays random statements against three servers: as shipped, without plan cache, without optimizer. All must give the same rows.

    compare_servers.py --binary build/release/sluice --statements 100000 [--seed 1]
"""
import argparse
import collections
import math
import pathlib
import random
import re
import sys
import time

import pymysql

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness.server import Server  # noqa: E402  pylint: disable=wrong-import-position

import statements  # noqa: E402  pylint: disable=wrong-import-position

SERVERS = {"shipped": {}, "no plan cache": {"plan_cache.enabled": "false"}, "no optimizer": {"kernel.optimizer": "false", "plan_cache.enabled": "false"}}
FORMS_A_SCHEMA = 250
VARIANTS = 3  # sets of literals of one form
# What depends on which rows an expression is evaluated for, and so on the plan: out of range, no number, no date, division.
DATA_ERRORS = {1105, 1264, 1292, 1365, 1366, 1406, 1411, 1690, 1242, 3024}
ANY_NAME = r"'[^']*'|\d+"
INTERNAL = ("internal", "duckdb", "assert", "d_", "system.doris", "catalog error", "unimplemented", "not implemented", "stack trace", "std::", "vector::")


class Wrong(Exception):
    """What a server did that it must not do."""


def equal(left, right):
    if left == right:
        return True
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(left) and math.isnan(right))
    return False


def exact_key(row):
    return [(cell is not None, type(cell).__name__, cell + 0.0 if isinstance(cell, float) else str(cell)) if cell is not None else (False, "", "") for cell in row]


def rounded_key(row):
    return [(cell is not None, f"{cell + 0.0:.9g}" if isinstance(cell, float) else str(cell)) for cell in row]


def same_rows(left, right):
    """The same rows in any order. Sums in another order differ in their last digits: then rounded ones say which row is which."""
    if len(left) != len(right):
        return False
    return any(all(len(a) == len(b) and all(map(equal, a, b)) for a, b in zip(sorted(left, key=key), sorted(right, key=key)))
               for key in (exact_key, rounded_key))


class Client:
    def __init__(self, name, server):
        self.name, self.server = name, server
        self.connection = server.connect()

    def run(self, sql):
        """('rows', rows) or ('error', code, message). Raises Wrong for a lost connection and for errors that show insides."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                return "rows", cursor.fetchall()
        except pymysql.err.MySQLError as error:
            code = error.args[0] if error.args else 0
            text = str(error.args[1]) if len(error.args) > 1 else str(error)
            if code in (0, 2006, 2013, 2014) or not self.server.alive():
                raise Wrong(f"{self.name}: connection lost: {error}\n{sql}\n{self.server.log_tail()}") from error
            if code == 1815 or any(word in text.lower() for word in INTERNAL):
                raise Wrong(f"{self.name}: {code} {text}\n{sql}") from error
            return "error", code, text


def play(binary, count, seed, stop_after=20, log=print):
    """Runs `count` statements; returns (counter of what happened, list of what was wrong)."""
    seen, wrong = collections.Counter(), []
    servers = {name: Server(binary=binary, settings={"log.level": "warn", "kernel.threads": 2, "mysql.error_codes": "mysql", **more}).start() for name, more in SERVERS.items()}
    began = time.monotonic()
    try:
        clients = [Client(name, server) for name, server in servers.items()]
        schema = 0
        while seen["statements"] < count and len(wrong) < stop_after:
            schema += 1
            found = play_schema(clients, f"{seed}.{schema}", f"r{schema}", count, seen)
            for text in found:
                log(f"WRONG {text}\n")
            wrong += found
            if schema % 20 == 0:
                log(f"{seen['statements']} statements, {time.monotonic() - began:.0f} s, {len(wrong)} wrong; {dict(seen)}")
        if not all(server.alive() for server in servers.values()):
            wrong.append("a server died")
    finally:
        for server in servers.values():
            server.close()
    return seen, wrong


def everywhere(clients, sql):
    return [client.run(sql) for client in clients]


def play_schema(clients, seed, database, count, seen):
    generator, values, wrong = statements.Generator(seed), random.Random(seed), []
    for sql in (f"CREATE DATABASE {database}", f"USE {database}"):
        everywhere(clients, sql)
    for number in range(generator.rng.randint(2, 4)):
        table = generator.table(f"x{number}")
        for sql in (table.create, generator.insert(table, generator.rng.randint(1, 60)) if generator.rng.random() < 0.9 else "SELECT 1"):
            for answer in everywhere(clients, sql):
                if answer[0] == "error":
                    raise Wrong(f"a table of the generator is refused: {answer}\n{sql}")
    for _ in range(FORMS_A_SCHEMA):
        if seen["statements"] >= count:
            break
        write = generator.rng.random() < 0.06
        form = generator.write() if write else generator.query()
        for _ in range(1 if write else VARIANTS):
            sql = statements.written(form, values)
            seen["statements"] += 1
            try:
                check(clients, sql, seen)
            except Wrong as error:
                wrong.append(str(error))
                for client in clients:
                    if not client.server.alive():
                        return wrong
                    client.connection.close()
                    client.connection = client.server.connect(database)
                if write:
                    return wrong  # the servers' rows may differ now
    everywhere(clients, f"DROP DATABASE {database}")
    return wrong


def check(clients, sql, seen):
    answers = everywhere(clients, sql)
    errors = [answer for answer in answers if answer[0] == "error"]
    if errors:
        seen[f"error {errors[0][1]}: {re.sub(ANY_NAME, '..', errors[0][2])[:70]}"] += 1
        if len(errors) < len(answers):
            if not all(error[1] in DATA_ERRORS for error in errors):
                raise Wrong(f"refused by some: {answers!r:.600}\n{sql}")
            seen["error in some plans only"] += 1
        return
    seen["rows" if answers[0][1] else "no rows"] += 1
    for client, answer in zip(clients[1:], answers[1:]):
        if not same_rows(answers[0][1], answer[1]):
            raise Wrong(f"{client.name} differs: {answers[0][1]!r:.300} against {answer[1]!r:.300}\n{sql}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--statements", type=int, default=100_000)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    seen, wrong = play(options.binary, options.statements, options.seed)
    print(dict(seen.most_common()), f"{len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(main())
