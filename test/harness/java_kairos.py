# SPDX-License-Identifier: Apache-2.0
"""The peer: Java KairosDB on a Cassandra (test/peers/kairosdb)."""
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from harness import ROOT
from harness.cassandra import NOT_HERE
from harness.kairos import Api

SCRIPT = ROOT / "test" / "peers" / "kairosdb" / "kairosdb.sh"


class JavaKairos:
    """Runs from the call on. `settings`: names below kairosdb and values, as its configuration has them. Skips the test where it cannot be had."""

    def __init__(self, cassandra, keyspace: str, settings=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-kairosdb-"))
        log = self.directory / "script.log"
        options = ["--cassandra", cassandra.address, "--keyspace", keyspace, "--heap", "512m"]
        for name, value in (settings or {}).items():
            options += ["--set", f"kairosdb.{name}={value}"]
        with open(log, "wb") as output:
            done = subprocess.run([SCRIPT, "start", self.directory, *options], stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                  timeout=400, check=False)
        if done.returncode == NOT_HERE:
            pytest.skip(log.read_text().strip())
        assert done.returncode == 0, log.read_text()
        self.api = Api(int((self.directory / "http").read_text()))

    def close(self):
        subprocess.run([SCRIPT, "stop", self.directory], check=False, timeout=60)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
