# SPDX-License-Identifier: Apache-2.0
"""The peer: a MariaDB server on a private directory and a free loopback port (test/peers/mariadb)."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pymysql

from harness import ROOT, process

SCRIPT = ROOT / "test" / "peers" / "mariadb" / "mariadb.sh"


class MariaDb:
    """Starts with the object's start(), ends with close(). The system's own MariaDB is never touched."""

    def __init__(self, directory=None, options=()):
        self._own_dir = directory is None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="sluice-mariadb-"))
        self.host, self.mysql_port = "127.0.0.1", process.free_port()
        self.user, self.password = "root", "peer"
        self.options = list(options)
        self.socket = self.directory / "mysql.sock"

    def start(self):
        subprocess.run([SCRIPT, "start", self.directory, str(self.mysql_port), *self.options], check=True, timeout=180,
                       stdout=subprocess.DEVNULL)
        return self

    @property
    def pid(self) -> int:
        return int((self.directory / "pid").read_text())

    def cpu_seconds(self) -> float:
        return process.cpu_seconds(self.pid)

    def memory(self, field: str = "VmRSS") -> int:
        return process.memory_bytes(self.pid, field)

    def connect(self, database=None, **options):
        options.setdefault("user", self.user)
        options.setdefault("password", self.password)
        options.setdefault("autocommit", True)
        return pymysql.connect(host=self.host, port=self.mysql_port, database=database, **options)

    def query(self, sql, parameters=None, database=None):
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def execute_all(self, statements, database=None):
        with self.connect(database) as connection, connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)

    def close(self):
        subprocess.run([SCRIPT, "stop", self.directory], check=False, timeout=60, stdout=subprocess.DEVNULL)
        if self._own_dir and not os.environ.get("SLUICE_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()
