# SPDX-License-Identifier: Apache-2.0
"""Client programs that print one line a check: `ok <name>`, `skip <name>` or `FAIL <name>: <why>`."""
import functools
import os
import re
import subprocess

from harness import ROOT


def run(command: list, environment: dict, seconds: float):
    """({check: its line}, what went wrong besides)"""
    output = ""
    try:
        ran = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=seconds,
                             check=False)
        output, errors = ran.stdout, ran.stderr
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode()
        errors = f"did not end within {seconds} s"
    except subprocess.CalledProcessError as error:
        errors = f"{error}: {error.stderr}"
    lines = {}
    for line in output.splitlines():
        found = re.match(r"(ok|skip|FAIL) (\w+)", line)
        if found:
            lines[found[2]] = line
    return lines, errors


@functools.lru_cache
def go(package: str) -> str:
    """Builds a program of the module test/clients/go; `package` is its folder there."""
    program = ROOT / "build" / "test" / f"go-{package.strip('./') or 'client'}"
    program.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", program, package], cwd=ROOT / "test" / "clients" / "go", check=True, timeout=600)
    return str(program)


def check_line(outcome, check: str):
    """`outcome` of programs.run(): the check's line must say ok."""
    lines, errors = outcome
    assert check in lines, f"nothing was printed of {check}: {errors[-2000:]}"
    assert lines[check].startswith("ok"), lines[check]
