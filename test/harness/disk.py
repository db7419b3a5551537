# SPDX-License-Identifier: Apache-2.0
"""File systems that become full."""
import contextlib
import subprocess

import pytest


@contextlib.contextmanager
def small_disk(tmp_path, megabytes: int):
    """A directory on a file system of that size. Skips the test where nothing may be mounted."""
    directory = tmp_path / "small"
    directory.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", directory], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("may not mount a file system here")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", directory], check=False)
