# SPDX-License-Identifier: Apache-2.0
"""The peer: Apache Cassandra nodes on loopback (test/peers/cassandra), each cluster in a directory of its own."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading

import pytest

from harness import ROOT, server_binary

SCRIPT = ROOT / "test" / "peers" / "cassandra" / "cassandra.sh"
NOT_HERE = 77  # exit code of the script where there is no Maven, no registry or no JDK


class Cassandra:
    """Options are those of the script, e.g. "--auth". Skips the test where Cassandra cannot be had."""

    def __init__(self, *options):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-cassandra-"))
        self.options = [str(option) for option in options]
        self.port = 0

    def run(self, *arguments, check=True):
        # Its output goes to a file: the nodes inherit it, and a pipe would stay open as long as they live.
        log = self.directory / "script.log"
        with open(log, "wb") as output:
            done = subprocess.run([SCRIPT, *[str(argument) for argument in arguments]], stdout=output, stderr=output,
                                  stdin=subprocess.DEVNULL, timeout=600, check=False)
        if done.returncode == NOT_HERE:
            pytest.skip(log.read_text().strip())
        if check:
            assert done.returncode == 0, log.read_text()

    def start(self):
        self.run("start", self.directory, *self.options)
        self.port = int((self.directory / "port").read_text())
        return self

    def stop_node(self, node: int):
        self.run("stop-node", self.directory, node)

    def kill_node(self, node: int):
        self.run("kill-node", self.directory, node)

    def start_node(self, node: int):
        self.run("start-node", self.directory, node)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def certificate(self) -> pathlib.Path:
        return self.directory / "tls" / "cert.pem"

    def close(self):
        self.run("stop", self.directory, check=False)
        if not os.environ.get("SLUICE_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()


@contextlib.contextmanager
def frozen(cassandra):
    """The node takes connections, and answers nothing."""
    pid = int((cassandra.directory / "node1" / "pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def stopped(cassandra):
    cassandra.stop_node(1)
    try:
        yield
    finally:
        cassandra.start_node(1)


def run_tests(program: str, tests: str, cassandra, seconds, **environment):
    """Tests of a unit test program against a node: they must pass, and not all be skipped. `environment`: what goes into
    SLUICE_CASSANDRA_.."""
    path = server_binary().resolve().parent / "test" / program
    named = {"SLUICE_CASSANDRA": cassandra.address, **{f"SLUICE_CASSANDRA_{name.upper()}": str(value) for name, value in environment.items()}}
    done = subprocess.run([path, f"--gtest_filter={tests}"], env={**os.environ, **named}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=seconds, check=False)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output[-8000:]
    assert "[       OK ]" in output, output[-8000:]


def client_tests(cassandra, tests="*", seconds=240, **environment):
    """`Live.*` of the client's program."""
    run_tests("client_cassandra_test", f"Live.{tests}", cassandra, seconds, **environment)


@contextlib.contextmanager
def running_beside(tests, stop):
    """`tests()` in a thread of its own, while the body goes on; they end when the file `stop` is there, and must pass."""
    failures = []

    def run():
        try:
            tests()
        except BaseException as error:  # pylint: disable=broad-except
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.touch()
        thread.join()
    if failures:
        raise failures[0]
