# SPDX-License-Identifier: Apache-2.0
"""Random points and requests, to Java KairosDB and to Sluice with the same timeseries.compat: the answers must be the same JSON.

    make test-kairos-java                                       5,000 requests (SLUICE_KAIROS_QUERIES); Java on Cassandra, Sluice on it and embedded
    test/kairos/compare_java.py --seed 7 --queries 200          others; Java on H2, Sluice on the embedded store
    test/kairos/compare_java.py --cassandra --answers FILE      Java's answers are kept there: the next run does without Java, its Sluice embedded
    ... --only 113                                              one request again, with all answers
    ... --compat 1.4 --jars FOLDER                              not 1.3.0-1 but a build of KairosDB's sources with all its jars

random_requests.py says what is asked and what is left out.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parent)]

# pylint: disable=wrong-import-position
from harness import ROOT  # noqa: E402
from harness.kairos import Telnet  # noqa: E402
from harness.server import Server  # noqa: E402
from random_requests import Case, bodies, case_of, metrics_of  # noqa: E402

SKIP = 77
THREADS = 4
SETTLE_SECONDS = 60  # until a peer's background writes are there


@contextlib.contextmanager
def java(options, directory: pathlib.Path):
    """Ports of a Java KairosDB (HTTP, telnet), and the address of its Cassandra or None."""
    peers = ROOT / "test" / "peers"

    def call(name, *arguments, check=True):
        with open(directory / f"{name}.out", "ab") as out:
            done = subprocess.run([peers / name / f"{name}.sh", *map(str, arguments)], stdout=out, stderr=out, stdin=subprocess.DEVNULL, check=False)
        if done.returncode == SKIP:
            print((directory / f"{name}.out").read_text())
            sys.exit(SKIP)
        assert done.returncode == 0 or not check, (directory / f"{name}.out").read_text()
    address, more = None, []
    try:
        if options.cassandra:
            call("cassandra", "start", directory / "cassandra")
            address = f"127.0.0.1:{(directory / 'cassandra' / 'port').read_text().strip()}"
            more = ["--cassandra", address, "--keyspace", "java"]
        if options.jars:
            more += ["--jars", options.jars.resolve()]
        call("kairosdb", "start", directory / "kairosdb", *more)
        yield [int((directory / "kairosdb" / name).read_text()) for name in ("http", "telnet")], address
    finally:
        call("kairosdb", "stop", directory / "kairosdb", check=False)
        if options.cassandra:
            call("cassandra", "stop", directory / "cassandra", check=False)


class Peer:
    """A server whose answers are compared; each thread has its own connection."""

    def __init__(self, name: str, port: int, telnet_port: int):
        self.name, self.port, self.telnet_port, self._local = name, port, telnet_port, threading.local()

    def ask(self, method: str, path: str, body=None):
        """[status, JSON with numbers as they are written]"""
        if isinstance(body, (list, dict)):
            body = json.dumps(body)
        for attempt in (1, 2):
            connection = getattr(self._local, "connection", None) or http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            self._local.connection = connection
            try:
                connection.request(method, path, body if body is None else body.encode(), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                return [answer.status, as_compared(answer.read().decode("utf-8", "replace"))]
            except (http.client.HTTPException, ConnectionError):  # it was closed meanwhile
                connection.close()
                self._local.connection = None
                if attempt == 2:
                    raise
        return None

    def answer(self, step):
        if step.lines is None:
            return self.ask(step.method, step.path, step.body)
        with Telnet(self.telnet_port) as telnet:
            telnet.send("".join(line + "\n" for line in step.lines))
            telnet.ask_version()
        return None


class Recorded:
    """Answers of a former run."""
    name = "java"

    def __init__(self, answers):
        self.answers = answers


def as_compared(text: str):
    def number(digits):
        return "number " + digits
    try:
        return json.loads(text, parse_int=number, parse_float=number)
    except ValueError:
        return text


def send_points(peers, sent, metrics):
    """All points, which peers take in the background; the rows of one metric in the order in which they were sent."""
    def send(peer):
        for body in sent:
            status, answer = peer.ask("POST", "/api/v1/datapoints", body)
            assert status == 204, (peer.name, answer)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(send, peers))
    names = sorted({body[0]["name"] for body in sent})
    points = sum(len(body[0]["datapoints"]) for body in sent)
    count = {"start_absolute": -(10**12), "metrics": [{"name": name} for name in names]}
    end = time.monotonic() + SETTLE_SECONDS
    for peer in peers:
        while (seen := sum(int(entry["sample_size"].split()[1]) for entry in peer.ask("POST", "/api/v1/datapoints/query", count)[1]["queries"])) != points:
            assert time.monotonic() < end, f"{peer.name} has {seen} of {points} points"
            time.sleep(0.5)
    print(f"{points} points of {len(names)} metrics, {len(metrics)} of them for queries", flush=True)


class Comparison:
    """Runs cases and keeps Java's answers: those of case `number` as a list, one a step."""

    def __init__(self, reference, peers, cases):
        self.reference, self.peers, self.cases = reference, peers, cases
        self.answers = {}
        self.different = {}  # (number, step) -> {peer: answer}
        self.statuses = collections.Counter()
        self.dead = None  # the request at which a server was gone

    def expected(self, number, place, step):
        if isinstance(self.reference, Recorded):
            return self.reference.answers[str(number)][place]
        return self.reference.answer(step)

    def run_steps(self, number, later: bool):
        if self.dead:
            return
        try:
            self.try_steps(number, later)
        except OSError as error:
            self.dead = f"request {number}: {error!r}"

    def try_steps(self, number, later: bool):
        case: Case = self.cases[number]
        for place, step in enumerate(case.steps):
            if step.later != later:
                continue
            peers = [peer for peer in self.peers if not step.rows or peer.name == "cassandra"]
            expected = self.expected(number, place, step)
            wrong = {peer.name: answer for peer in peers if (answer := peer.answer(step)) != expected}
            settle = time.monotonic() + 5 if later or case.kind == "delete" and place > 0 else 0
            while wrong and time.monotonic() < settle:
                time.sleep(0.3)
                expected = self.expected(number, place, step)
                wrong = {peer.name: answer for peer in peers if (answer := peer.answer(step)) != expected}
            self.answers.setdefault(number, []).append(expected)
            if expected is not None:
                self.statuses[expected[0]] += 1
            if wrong:
                self.different[number, place] = wrong

    def run(self):
        for later in (False, True):
            if later:
                time.sleep(2)
            with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda number, later=later: self.run_steps(number, later), self.cases))

    def report(self, shown: int, wide: bool):
        for (number, place), wrong in sorted(self.different.items())[:shown]:
            step = self.cases[number].steps[place]
            expected = self.answers[number][place]
            said = step.body if isinstance(step.body, str) else json.dumps(step.body)
            print(f"{self.cases[number].kind} {number}: {step.method} {step.path} {said}")
            for before in self.cases[number].steps[:place]:
                print(f"  after {before.method} {before.path} {before.lines or before.body}")
            for name, answer in {"java": expected, **wrong}.items():
                print(f"  {name:<10} {clipped(answer, expected if name != 'java' else next(iter(wrong.values())), wide)}")


def clipped(answer, other, wide: bool) -> str:
    """The answer from a little before the place where it differs."""
    text, against = json.dumps(answer, ensure_ascii=False), json.dumps(other, ensure_ascii=False)
    if wide:
        return text
    same = len(os.path.commonprefix([text, against]))
    return text[:12] + " .. " + text[max(12, same - 150):same + 250]


def servers(options, stack, cassandra):
    """Sluice on each store that there is."""
    made = []
    for name in ["embedded"] + (["cassandra"] if cassandra else []):
        settings = {"timeseries.compat": options.compat, "timeseries.self_metrics": "0"}
        if name == "cassandra":
            settings.update({"timeseries.store": "cassandra", "timeseries.cassandra.contact_points": cassandra, "timeseries.cassandra.keyspace": "sluice"})
        server = stack.enter_context(Server(binary=options.binary, settings=settings))
        made.append(Peer(name, server.kairos_port, server.telnet_port))
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build" / "release" / "sluice")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queries", type=int, default=int(os.environ.get("SLUICE_KAIROS_QUERIES", "5000")))
    parser.add_argument("--only", type=int, help="number of a request")
    parser.add_argument("--cassandra", action="store_true")
    parser.add_argument("--compat", choices=["1.3", "1.4"], default="1.3", help="timeseries.compat")
    parser.add_argument("--jars", type=pathlib.Path, help="folder of another KairosDB's jars")
    parser.add_argument("--answers", type=pathlib.Path, help="file of Java's answers; made when it is not there")
    parser.add_argument("--show", type=int, default=10, help="differences to print")
    options = parser.parse_args()
    kept = None
    if options.answers and options.answers.exists():
        kept = json.loads(gzip.decompress(options.answers.read_bytes()))
        options.seed, options.cassandra, options.compat = kept["seed"], kept["cassandra"], kept.get("compat", "1.3")
    elif options.compat != "1.3" and not options.jars:
        parser.error("--compat 1.4 needs --jars: the last release is 1.3.0-1")
    draw = random.Random(options.seed)
    now = kept["now"] if kept else int(time.time() * 1000)
    metrics = metrics_of(draw, now)
    sent = list(bodies(metrics, draw))
    numbers = range(kept["count"] if kept else options.queries) if options.only is None else [options.only]
    cases = {number: case_of(number, options.seed, metrics, options.cassandra, sent) for number in numbers}
    if kept:
        cases = {number: case for number, case in cases.items() if not case.clock}
    with contextlib.ExitStack() as stack:
        if kept:
            cassandra, reference = None, Recorded(kept["answers"])
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sluice-java-"))
            ports, cassandra = stack.enter_context(java(options, pathlib.Path(folder)))
            reference = Peer("java", *ports)
        peers = servers(options, stack, cassandra)
        send_points(peers + ([] if kept else [reference]), sent, metrics)
        comparison = Comparison(reference, peers, cases)
        began = time.monotonic()
        comparison.run()
        comparison.report(options.show, options.only is not None)
        if comparison.dead:
            print("a server does not answer at " + comparison.dead)
    if options.answers and not kept and options.only is None and not comparison.dead:
        made = {"compat": options.compat, "seed": options.seed, "cassandra": options.cassandra, "count": options.queries, "now": now, "answers": comparison.answers}
        options.answers.write_bytes(gzip.compress(json.dumps(made).encode()))
    different = sorted({number for number, _ in comparison.different})
    asked = len(comparison.answers)
    print(f"{asked - len(different)} of {asked} requests were answered the same in {time.monotonic() - began:.0f} s (seed {options.seed}; "
          f"statuses {dict(comparison.statuses)}; kinds {dict(collections.Counter(case.kind for case in cases.values()))}); different: {different[:60]}")
    return 1 if different or comparison.dead else 0


if __name__ == "__main__":
    sys.exit(main())
