#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the recorded suites against a server and writes what passed and what did not as JSON.

  play.py --host 127.0.0.1 --port 9030 --http 127.0.0.1:8030 --out result.json [--filter REGEX]
  play.py --show REGEX          prints the steps of the suites whose name matches

Each suite drops and makes its database `regression_test_..`: play against a disposable server only.
"""
import argparse
import base64
import gzip
import json
import pathlib
import re
import struct
import sys
import time
import urllib.error
import urllib.request

import pymysql

import verdict

CASES = pathlib.Path(__file__).with_name("doris-cases.jsonl.gz")
STATEMENT_SECONDS = 20
SUITE_SECONDS = 180
# The recorded results come from a server in this zone.
INITIAL = "SET time_zone = 'Asia/Shanghai'"
KEPT_SETTING = re.compile(r"(set|unset)\s+(?!global|password|property)", re.I)
USE = re.compile(r"use\s+`?([\w.]+)`?\s*$", re.I)
BROKEN = (pymysql.err.OperationalError, pymysql.err.InterfaceError, OSError, AssertionError, IndexError, struct.error)


def suites(pattern=None):
    """The suites whose file name matches `pattern`, by database and name."""
    with gzip.open(CASES, "rt") as lines:
        chosen = [suite for suite in map(json.loads, lines) if not pattern or re.search(pattern, suite["file"])]
    return sorted(chosen, key=lambda suite: (suite["db"], suite["file"]))


class Session:
    """One connection that is made anew, with the suite's database and settings, after the server dropped it."""

    def __init__(self, host, port, user, password):
        self._login = {"host": host, "port": port, "user": user, "password": password}
        self._connection = None
        self.database = None
        self.settings = []

    def close(self):
        if self._connection is not None:
            self._connection._force_close()
        self._connection = None

    def begin_suite(self, database):
        self.close()
        self.database, self.settings = None, []
        self._connect()
        for statement in (f"DROP DATABASE IF EXISTS `{database}`", f"CREATE DATABASE IF NOT EXISTS `{database}`", f"USE `{database}`"):
            self.run(statement)
        self.database = database

    def _connect(self):
        self._connection = pymysql.connect(**self._login, charset="utf8mb4", autocommit=None, conv={}, ssl_disabled=True, connect_timeout=10,
                                           read_timeout=STATEMENT_SECONDS, write_timeout=STATEMENT_SECONDS)
        use = [f"USE `{self.database}`"] if self.database else []
        for statement in [*use, INITIAL, *self.settings]:
            try:
                self._connection.query(statement)
            except pymysql.err.MySQLError:
                pass

    def run(self, sql):
        """('rows', (rows, kinds)), ('ok', affected rows), ('err', (code, message)) ('timeout', ..) or ('crash', what happened to the connection)."""
        if self._connection is None:
            self._connect()
        try:
            self._connection.query(sql)
            while self._connection._result is not None and self._connection._result.has_next:
                self._connection.next_result()
            result = self._connection._result
            if result is None or result.field_count == 0:
                return "ok", result.affected_rows if result else 0
            rows = [[verdict.jdbc_text(cell, field) for cell, field in zip(row, result.fields)] for row in result.rows]
            return "rows", (rows, [verdict.kind(field) for field in result.fields])
        except BROKEN as error:
            code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
            if isinstance(error, pymysql.err.OperationalError) and code and not 2000 <= code < 2100:
                return "err", (code, str(error.args[1]))
            self.close()
            # Slow is not lost: a sanitizer's build needs more than the time of a statement here and there.
            return "timeout" if "timed out" in str(error) else "crash", f"{type(error).__name__}: {error}"
        except pymysql.err.MySQLError as error:
            return "err", (error.args[0], str(error.args[1] if len(error.args) > 1 else error))
        except UnicodeDecodeError as error:
            self.close()
            return "crash", f"the client could not read the reply: {error}"

    def keep(self, sql, status):
        """Remembers what a new connection must set again."""
        if status != "ok":
            return
        if KEPT_SETTING.match(sql):
            self.settings.append(sql)
        use = USE.match(sql)
        if use:
            self.database = use.group(1)


def stream_load(http, user, password, database, step):
    """None when the load succeeded, else why not. Loads of remote files are not recorded and fail."""
    if not step["ok"] or step["text"] is None:
        return "the load's data is not part of the recording"
    headers = {str(name): str(value) for name, value in step["headers"].items()}
    headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    headers["Expect"] = "100-continue"
    request = urllib.request.Request(f"http://{http}/api/{step['db'] or database}/{step['table']}/_stream_load", data=step["text"].encode(),
                                     headers=headers, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=STATEMENT_SECONDS) as response:
            answer = json.load(response)
    except (urllib.error.URLError, OSError, ValueError) as error:
        return str(error)
    return None if answer.get("Status") in ("Success", "Publish Timeout") else answer.get("Message", "no message")


def play_suite(session, suite, load):
    """{file, judged, passed, refusals, refused, failures: [{why, sql, detail}]} of one suite; `load(step)` does a stream load."""
    seen = {"file": suite["file"], "judged": 0, "passed": 0, "refusals": 0, "refused": 0, "failures": []}

    def failed(why, sql, detail):
        seen["failures"].append({"why": why, "sql": sql[:1500], "detail": detail if isinstance(detail, (dict, str)) else str(detail)})

    session.begin_suite(suite["db"])
    began = time.monotonic()
    for step in suite["steps"]:
        late = time.monotonic() - began > SUITE_SECONDS
        if step["k"] == "load":
            problem = None if late else load(step)
            if problem:
                failed("load", f"stream load into {step['table']}", problem)
            continue
        judged = step["k"] == "query" and "expect" in step and not step.get("unaligned") and not step.get("plan")
        sql = step["sql"].strip().rstrip(";").strip()
        seen["judged"] += judged
        if late or not sql:
            continue
        status, answer = session.run(sql)
        session.keep(sql, status)
        if step["k"] == "exec":
            if status not in ("ok", "rows") and not step.get("may_fail"):
                failed("exec", sql, answer)
        elif step["k"] == "error":
            seen["refusals"] += 1
            seen["refused"] += status == "err"
            if status != "err":
                failed("not refused", sql, {"doris": step.get("exception")})
        elif judged:
            if status == "ok":
                status, answer = "rows", ([[str(answer)]], ["INT"])
            if status != "rows":
                failed("error" if status == "err" else status, sql, answer)
                continue
            rows, kinds = answer
            word = verdict.judge(step["expect"], rows, kinds, step["ordered"])
            seen["passed"] += word == "pass"
            if word != "pass":
                failed(word, sql, {"expected": step["expect"][:4], "got": rows[:4]})
    return seen


def play(host, port, http, user="root", password="", pattern=None):
    """Totals and suites of one run."""
    session = Session(host, port, user, password)
    played = [play_suite(session, suite, lambda step, database=suite["db"]: stream_load(http, user, password, database, step))
              for suite in suites(pattern)]
    session.close()
    totals = {name: sum(suite[name] for suite in played) for name in ("judged", "passed", "refusals", "refused")}
    return {"totals": totals, "suites": played}


def show(pattern):
    for suite in suites(pattern):
        print(suite["file"])
        for step in suite["steps"]:
            print(f"  {step['k']:6} {step.get('sql', step.get('table', ''))!r:.160} => {str(step.get('expect', step.get('exception', ''))):.200}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9030)
    parser.add_argument("--http", default="127.0.0.1:8030", help="host:port for stream loads")
    parser.add_argument("--user", default="root")
    parser.add_argument("--password", default="")
    parser.add_argument("--filter", help="only suites whose file name matches")
    parser.add_argument("--out", default="result.json")
    parser.add_argument("--show", metavar="REGEX")
    options = parser.parse_args()
    if options.show:
        show(options.show)
        return
    result = play(options.host, options.port, options.http, options.user, options.password, options.filter)
    pathlib.Path(options.out).write_text(json.dumps(result, indent=1))
    json.dump(result["totals"], sys.stdout)
    print()


if __name__ == "__main__":
    main()
