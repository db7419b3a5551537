# SPDX-License-Identifier: Apache-2.0
"""Starts `sluice serve` on free loopback ports with a data directory of its own, and ends it in bounded time."""
import base64
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import pymysql

from harness import ROOT, process, sanitized, server_binary, settings as setting_flags

START_SECONDS = 120 if sanitized() else 30
STOP_SECONDS = 120 if sanitized() else 30


class ServerDied(RuntimeError):
    pass


class Server:
    """One server process after another on the same data directory and ports. Not thread-safe."""

    def __init__(self, data_dir=None, settings=None, environment=None, binary=None, preexec=None):
        self.binary = pathlib.Path(binary or server_binary())
        self._own_dir = None
        if data_dir is None:
            self._own_dir = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
            data_dir = self._own_dir / "data"
        self.data_dir = pathlib.Path(data_dir)
        self.host = "127.0.0.1"
        self.mysql_port, self.http_port, self.kairos_port, self.telnet_port = process.free_ports(4)
        self.user, self.password = "root", ""
        self.settings = dict(settings or {})
        self.environment = dict(environment or {})
        self.preexec = preexec
        self.log_path = (self._own_dir or self.data_dir.parent) / f"server-{self.mysql_port}.log"
        self._process = None

    # --- life -----------------------------------------------------------------------------------------------
    def command(self) -> list:
        wanted = {"data_dir": self.data_dir, "mysql.port": self.mysql_port, "http.port": self.http_port,
                  "timeseries.port": self.kairos_port, "timeseries.telnet_port": self.telnet_port, **self.settings}
        return [str(self.binary), "serve", *setting_flags.flags(wanted)]

    def launch(self):
        """Starts the process and does not wait for it."""
        environment = {**setting_flags.process_environment(os.environ), **self.environment}
        profiles = ROOT / "build" / "coverage" / "profiles"
        environment.setdefault("LLVM_PROFILE_FILE", str(profiles / "%p-%m.profraw"))
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                             env=environment, preexec_fn=self.preexec)
        return self

    def start(self, seconds: float = START_SECONDS):
        self.launch()
        self.wait_ready(seconds)
        return self

    def wait_ready(self, seconds: float = START_SECONDS):
        def ready():
            if self._process.poll() is not None:
                raise ServerDied(f"the server ended with {self._process.returncode} while starting:\n{self.log_tail()}")
            series = self.settings.get("timeseries.enabled", True) is False or process.accepts(self.kairos_port)
            return process.accepts(self.mysql_port) and self.http_status("/health/ready") == 200 and series
        try:
            process.wait_until(ready, seconds, "the server is ready")
        except TimeoutError as error:
            self.kill9()
            raise ServerDied(f"{error}\n{self.log_tail()}") from error

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """SIGTERM and the orderly end. Returns the exit code; a server that does not end is killed and reported."""
        if self._process is None:
            return 0
        running, self._process = self._process, None
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
        return self._ended(running, seconds, "stop")

    def wait_end(self, seconds: float = STOP_SECONDS) -> int:
        """The exit code of a process that ends by itself."""
        running, self._process = self._process, None
        return self._ended(running, seconds, "end")

    def _ended(self, running, seconds, what) -> int:
        try:
            code = running.wait(seconds)
        except subprocess.TimeoutExpired as error:
            running.kill()
            running.wait()
            raise ServerDied(f"the server did not {what} within {seconds} s:\n{self.log_tail()}") from error
        if sanitized():
            report = re.search(r"^.*(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:).*(\n.*){0,60}", self.log(), re.MULTILINE)
            if report:
                raise ServerDied(f"the sanitizer complains:\n{report[0]}")
        if code < 0:
            raise ServerDied(f"the server was ended by signal {-code}:\n{self.log_tail()}")
        return code

    def kill9(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self):
        self.stop()
        return self.start()

    def close(self):
        """Stops, and removes the data directory if this object made it."""
        try:
            self.stop()
        finally:
            if self._own_dir is not None and not os.environ.get("SLUICE_KEEP"):
                shutil.rmtree(self._own_dir, ignore_errors=True)

    def __enter__(self):
        return self if self._process is not None else self.start()

    def __exit__(self, *_):
        self.close()

    # --- state ----------------------------------------------------------------------------------------------
    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def expect_log(self, text: str, seconds: float = 10):
        """The log holds `text`, now or soon: it is written by a thread of its own."""
        process.wait_until(lambda: text in self.log(), seconds, f"the log says {text!r}")

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log().splitlines()[-lines:])

    def memory(self, field: str = "VmRSS") -> int:
        return process.memory_bytes(self.pid, field)

    def cpu_seconds(self) -> float:
        return process.cpu_seconds(self.pid)

    # --- talking to it --------------------------------------------------------------------------------------
    def connect(self, database=None, **options):
        options.setdefault("user", self.user)
        options.setdefault("password", self.password)
        options.setdefault("read_timeout", 300)
        options.setdefault("autocommit", True)
        return pymysql.connect(host=self.host, port=self.mysql_port, database=database, **options)

    def query(self, sql: str, parameters=None, database=None):
        """Rows of one statement on a connection of its own."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def execute_all(self, statements, database=None):
        with self.connect(database) as connection, connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)

    def url(self, path: str) -> str:
        return f"http://{self.host}:{self.http_port}{path}"

    def http(self, method: str, path: str, body=None, headers=None, timeout: float = 300):
        """(status, headers, body bytes); an HTTP error status is an answer, not an exception."""
        request = urllib.request.Request(self.url(path), data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def http_status(self, path: str) -> int:
        try:
            return self.http("GET", path, timeout=5)[0]
        except OSError:
            return 0

    def stream_load(self, database: str, table: str, body, **headers):
        """PUT /api/{db}/{table}/_stream_load as root, with Doris' headers. Returns its JSON answer."""
        fields = {name: str(value) for name, value in headers.items()}
        credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        fields.setdefault("Authorization", f"Basic {credentials}")
        fields.setdefault("Content-Type", "text/plain")
        status, _, answer = self.http("PUT", f"/api/{database}/{table}/_stream_load", body, fields, timeout=600)
        try:
            return json.loads(answer)
        except ValueError as error:
            raise AssertionError(f"stream load answered {status} {answer[:400]!r}") from error

    def eventually(self, sql: str, expected, seconds: float = 10):
        end = time.monotonic() + seconds
        while True:
            rows = self.query(sql)
            if rows == expected:
                return
            assert time.monotonic() < end, f"{sql}: {rows} instead of {expected}"
            time.sleep(0.05)
