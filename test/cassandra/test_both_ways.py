# SPDX-License-Identifier: Apache-2.0
"""Java KairosDB and the Cassandra store on one keyspace: each reads what the other wrote, and what the other deleted is gone."""
import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import pytest

from harness import ROOT

PROGRAM = pathlib.Path(os.environ.get("SLUICE_BINARY", "build/release/sluice")).resolve().parent / "test" / "timeseries_test"
KAIROSDB = ROOT / "test" / "peers" / "kairosdb" / "kairosdb.sh"
TIME = 1_600_000_000_000
TAGS = {"host": "a", "k:=1": "v:=2 é"}


class Kairos:
    def __init__(self, cassandra, keyspace):
        self.directory = tempfile.mkdtemp(prefix="sluice-kairosdb-")
        log = pathlib.Path(self.directory, "script.log")
        with open(log, "wb") as output:
            done = subprocess.run([KAIROSDB, "start", self.directory, "--cassandra", cassandra, "--keyspace", keyspace, "--heap", "512m"],
                                  stdout=output, stderr=output, stdin=subprocess.DEVNULL, timeout=400, check=False)
        if done.returncode == 77:
            pytest.skip(log.read_text())
        assert done.returncode == 0, log.read_text()
        self.url = f"http://127.0.0.1:{pathlib.Path(self.directory, 'http').read_text().strip()}/api/v1"

    def close(self):
        subprocess.run([KAIROSDB, "stop", self.directory], check=False, timeout=60)

    def post(self, path, body):
        request = urllib.request.Request(f"{self.url}/{path}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def values(self, metric):
        answer = self.post("datapoints/query", {"start_absolute": -10_000, "metrics": [{"name": metric}]})
        return sorted((tuple(value) for result in answer["queries"][0]["results"] for value in result["values"]), key=str)


def eventually(holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def store(cassandra, keyspace, test):
    environment = {**os.environ, "SLUICE_CASSANDRA": cassandra, "SLUICE_CASSANDRA_BOTH_WAYS": keyspace}
    done = subprocess.run([PROGRAM, f"--gtest_filter=CassandraBothWays.{test}"], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300, check=False)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0 and "[       OK ]" in output, output[-6000:]


@pytest.mark.parametrize("first", ["java", "ours"])
def test_one_keyspace(cassandra, first):
    """Whoever comes first makes the schema."""
    address = cassandra.address
    keyspace = f"both_ways_{first}_{os.getpid()}"
    kairos = None
    try:
        if first == "ours":
            store(address, keyspace, "Writes")
        kairos = Kairos(address, keyspace)
        if first == "java":
            store(address, keyspace, "Writes")
        cut = [[TIME + i, i] for i in range(10)]
        kairos.post("datapoints", [
            {"name": "java", "tags": TAGS, "datapoints": [[TIME, -7], [TIME + 1, 2.5], [TIME + 2, "😀 text", "string"], [-5, 8]]},
            {"name": "java.cut", "tags": TAGS, "datapoints": cut}])
        expected = sorted([(TIME, -7), (TIME + 1, 2.5), (TIME + 2, "😀 text"), (-5, 8)], key=str)
        eventually(lambda: kairos.values("java") == expected and len(kairos.values("java.cut")) == 10)
        assert kairos.values("ours") == expected
        assert kairos.values("ours.cut") == [tuple(point) for point in cut]
        kairos.post("datapoints/delete", {"start_absolute": TIME + 3, "end_absolute": TIME + 4, "metrics": [{"name": "ours.cut"}]})
        eventually(lambda: len(kairos.values("ours.cut")) == 8)
        store(address, keyspace, "ReadsWhatJavaWrote")
        store(address, keyspace, "ErasesWhatJavaWrote")
        assert kairos.values("java") == []
        assert len(kairos.values("java.cut")) == 7
    finally:
        if kairos:
            kairos.close()
