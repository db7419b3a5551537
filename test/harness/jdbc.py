# SPDX-License-Identifier: Apache-2.0
"""Compiles the Java programs of test/*/java and runs them with the pinned drivers."""
import functools
import subprocess

from harness import DEPS, ROOT

JARS = str(DEPS / "test" / "java" / "*")


@functools.lru_cache
def classes() -> str:
    directory = ROOT / "build" / "test" / "java"
    directory.mkdir(parents=True, exist_ok=True)
    sources = map(str, sorted((ROOT / "test").glob("*/java/*.java")))
    subprocess.run(["javac", "-nowarn", "-d", directory, "-cp", JARS, *sources], check=True, timeout=300, capture_output=True)
    return str(directory)


def command(program: str, *arguments) -> list:
    return ["java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{classes()}:{JARS}", program, *arguments]
