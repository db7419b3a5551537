# SPDX-License-Identifier: Apache-2.0
"""Runs what the documents show: code blocks whose fence says `run` (```sql run, ```sh run) against a server of the tests.

In `sh` blocks `sluice` is the program under test, and the ports 9030 and 8030 stand for those of the running server. Blocks of one
document run in order against the same server.
"""
import os
import re
import subprocess

import pytest

from harness import ROOT, server_binary
from harness import settings as setting_flags
from harness.server import Server

def blocks(path):
    """(line, language, text) of each block to run."""
    text = path.read_text(encoding="utf-8")
    for found in re.finditer(r"^```(sql|sh)[ \t]+run[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield text[:found.start()].count("\n") + 1, found[1], found[2]


DOCUMENTS = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))] if any(blocks(path))]


def run_block(server, language, text, directory):
    environment = setting_flags.process_environment(os.environ)
    environment["PATH"] = f"{server_binary().resolve().parent}:{environment['PATH']}"
    if language == "sql":
        command = ["mariadb", "--no-defaults", "-h", server.host, "-P", str(server.mysql_port), "-u", server.user, "--protocol=tcp", "-t"]
        return subprocess.run(command, input=text.encode(), capture_output=True, timeout=120, check=False, env=environment)
    text = re.sub(r"\b9030\b", str(server.mysql_port), text)
    text = re.sub(r"\b8030\b", str(server.http_port), text)
    return subprocess.run(["bash", "-euo", "pipefail", "-c", re.sub(r"^\$ ", "", text, flags=re.MULTILINE)], capture_output=True, timeout=300,
                          check=False, env=environment, cwd=directory)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_commands(path, tmp_path):
    with Server(settings={"files.allowed_roots": tmp_path}) as server:
        for line, language, text in blocks(path):
            done = run_block(server, language, text, tmp_path)
            assert done.returncode == 0, f"{path.name}:{line}: {text}\n{done.stdout.decode()}{done.stderr.decode()}"


def test_help_and_configuration():
    """The subcommands answer, and refuse what is wrong."""
    environment = setting_flags.process_environment(os.environ)

    def sluice(*arguments):
        return subprocess.run([server_binary(), *arguments], capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert "serve" in sluice("--help").stdout
    assert "--mysql-port" in sluice("serve", "--help").stdout
    assert re.search(r"\d+\.\d+\.\d+", sluice("version").stdout)
    printed = sluice("config", "--mysql-port=1234")
    assert printed.returncode == 0 and "1234" in printed.stdout and "--mysql-port" in printed.stdout, printed
    wrong = sluice("serve", "--mysql-prot=1")
    assert wrong.returncode != 0 and "mysql-port" in wrong.stderr + wrong.stdout, wrong
    wrong = sluice("config", "--mysql-port=seventy")
    assert wrong.returncode != 0 and "mysql" in wrong.stderr + wrong.stdout
