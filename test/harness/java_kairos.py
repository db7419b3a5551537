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
        self._options = ["--cassandra", cassandra.address, "--keyspace", keyspace, "--heap", "512m"]
        for name, value in (settings or {}).items():
            self._options += ["--set", f"kairosdb.{name}={value}"]
        self.start()
        self.api = Api(int((self.directory / "http").read_text()))

    def start(self):
        """Again, after stop()."""
        done, said = self._script("start", *self._options)
        assert done == 0, said

    def stop(self):
        self._script("stop")

    def tool(self, command: str, *arguments):
        """KairosDB's own `export` or `import` with the settings of this server, which must be stopped."""
        _, said = self._script("tool", command, *arguments)
        # Its exit code is 0 whatever happens.
        assert "All done" in said, said[-8000:]

    def _script(self, command, *arguments):
        log = self.directory / f"{command}.log"
        with open(log, "wb") as output:
            done = subprocess.run([SCRIPT, command, self.directory, *arguments], stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                  timeout=400, check=False)
        if done.returncode == NOT_HERE:
            pytest.skip(log.read_text().strip())
        return done.returncode, log.read_text(errors="replace")

    def close(self):
        """Also more than once."""
        if self.directory.exists():
            self.stop()
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
