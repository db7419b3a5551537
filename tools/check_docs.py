#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Docs and code agree: files named in docs/MAP.md exist, links between documents lead somewhere, documented make targets
and setting names are real. The commands themselves are run by test/suites/test_docs.py and test/fresh."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def documents():
    return [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))] if path.exists()]


def problems():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in documents():
        name = path.relative_to(ROOT)
        text = path.read_text(encoding="utf-8")
        code = ["".join(pair) for pair in re.findall(r"`([^`\n]+)`|^(?:    |\$ )(.*)$", text, re.MULTILINE)]
        for target in re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)\b", "\n".join(code)):
            if target not in targets:
                yield f"{name}: there is no `make {target}`"
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            if not (path.parent / link).exists():
                yield f"{name}: the link to {link} leads nowhere"
        if path.name == "MAP.md":
            for file in re.findall(r"`((?:src|test|tools|docs|bench|cmake)/[A-Za-z0-9_./-]+)`", text):
                if not (ROOT / file).exists():
                    yield f"{name}: {file} does not exist"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found) or "docs: agree with the files")
    sys.exit(1 if found else 0)
