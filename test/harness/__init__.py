# SPDX-License-Identifier: Apache-2.0
"""What every test uses: paths of this checkout, the server under test, its peer, and a raw MySQL client."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPS = pathlib.Path(os.environ.get("SLUICE_DEPS") or pathlib.Path.home() / ".cache" / "sluice")


def server_binary() -> pathlib.Path:
    """The sluice to test: $SLUICE_BINARY, else the first of the usual build directories that has one."""
    named = os.environ.get("SLUICE_BINARY")
    if named:
        return pathlib.Path(named)
    for preset in ("coverage", "release", "debug", "asan", "tsan"):
        candidate = ROOT / "build" / preset / "sluice"
        if candidate.exists():
            return candidate
    raise FileNotFoundError("no sluice binary below build/: run `make build`, or name one in SLUICE_BINARY")


def sanitized() -> bool:
    """Whether the server under test is slowed down by a sanitizer (time limits and memory bars do not hold then)."""
    return os.environ.get("SLUICE_SANITIZED", "") not in ("", "0")


def forced_end() -> dict:
    """The environment of a server that a test makes end by force: threads that were never joined are then no finding."""
    return {"TSAN_OPTIONS": os.environ.get("TSAN_OPTIONS", "") + ":report_thread_leaks=0"} if sanitized() else {}
