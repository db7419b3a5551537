#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Includes only go right: a folder of src/ may include itself and the folders before it; siblings never each other."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Folders in the order in which they may see each other; those in one tuple are siblings.
ORDER = [("base",), ("net",), ("client/cassandra",), ("timeseries",), ("pch",), ("functions",), ("kernel",), ("catalog/kairos",), ("dialect",), ("session",),
         ("door/mysql", "door/http", "door/kairos", "door/telnet"), ("server",)]
# The network layer and the kernel know nothing of each other.
APART = {("timeseries", "pch"), ("functions", "timeseries"), ("functions", "net"), ("kernel", "net"), ("dialect", "net"), ("session", "net"), ("catalog/kairos", "net"), ("dialect", "catalog/kairos"), ("session", "catalog/kairos"), ("door/mysql", "catalog/kairos"), ("door/http", "catalog/kairos")}
# Only these may include DuckDB's own headers.
SEES_DUCKDB = {"pch", "functions", "kernel", "catalog/kairos", "dialect", "session", "door/mysql", "door/http", "server"}

RANK = {folder: rank for rank, folders in enumerate(ORDER) for folder in folders}


def folder_of(path: str):
    return next((folder for folder in RANK if path.startswith(folder + "/")), None)


def problems():
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        name = str(path.relative_to(ROOT / "src"))
        own = folder_of(name)
        if own is None:
            yield f"src/{name}: lies in no folder that tools/check_includes.py knows"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
            if not found:
                continue
            included = found[1]
            if included.startswith("duckdb") and own not in SEES_DUCKDB:
                yield f"src/{name}:{number}: {own} must not know DuckDB"
            other = folder_of(included)
            if other is None or other == own:
                continue
            if RANK[other] >= RANK[own]:
                yield f"src/{name}:{number}: {own} must not include {other}"
            if (own, other) in APART:
                yield f"src/{name}:{number}: {own} and {other} are kept apart"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found) or "includes: all go right")
    sys.exit(1 if found else 0)
