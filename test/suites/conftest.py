# SPDX-License-Identifier: Apache-2.0
"""The suites' fixtures (benchmark_data.py, which tests import as well)."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from benchmark_data import kernel, suite_dir  # noqa: E402,F401  pylint: disable=wrong-import-position,unused-import
