# SPDX-License-Identifier: Apache-2.0
"""Subcommands of sluice that end by themselves."""
import os
import subprocess

from harness import server_binary


def sluice(*words, data=None, environment=None):
    # Of this environment only what coverage and sanitizers need: other variables may be settings.
    kept = {name: value for name, value in os.environ.items() if name == "LLVM_PROFILE_FILE" or name.endswith("SAN_OPTIONS")}
    return subprocess.run([str(server_binary()), *map(str, words)], input=data, capture_output=True, text=True, timeout=120, check=False,
                          env={"PATH": "/usr/bin:/bin", **kept, **(environment or {})})
