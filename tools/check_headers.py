#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Layout of files: SPDX line, an opening comment and #pragma once in headers, lengths, line width, names."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_HEADER_LINES = 300
MAX_SOURCE_LINES = 900
MAX_WIDTH = 120
FORBIDDEN_WORDS = re.compile(r"(^|_)(utils?|helpers?|manager|common|misc)(_|$)")
NEEDS_SPDX = {".cc", ".h", ".py", ".sh", ".cmake", ".java", ".go", ".js", ".lua", ".toml"}
NEEDS_SPDX_NAMES = {"CMakeLists.txt", "Makefile", "run", "requirements.txt"}
MACROS = {"BUG_CHECK", "TRY", "CO_TRY", "FAILPOINT"}


def files():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def problems():
    for path in files():
        name = str(path.relative_to(ROOT))
        in_source = name.startswith("src/")
        for_tests = path.stem.endswith(("_test", "_for_tests"))
        if path.suffix in NEEDS_SPDX or path.name in NEEDS_SPDX_NAMES:
            text = path.read_text(encoding="utf-8")
            lines = text.splitlines()
            if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(lines[:3]):
                yield f"{name}: no SPDX line"
            if path.suffix in (".cc", ".h"):
                # clang-format breaks lines; tables that it leaves alone and text in raw strings may be wide.
                table = raw_string = False
                for number, line in enumerate(lines, 1):
                    table = (table or "// clang-format off" in line) and "// clang-format on" not in line
                    raw_string = re.search(r'R"\(', line) is not None or raw_string
                    if len(line) > MAX_WIDTH and not (table or raw_string or for_tests or "://" in line):
                        yield f"{name}:{number}: {len(line)} characters wide"
                    raw_string = raw_string and ')"' not in line
                    macro = re.match(r"\s*#\s*define\s+([A-Za-z_0-9]+)\(", line)
                    if in_source and macro and macro[1] not in MACROS and not macro[1].startswith("SLUICE_"):
                        yield f"{name}:{number}: macro {macro[1]} (only {', '.join(sorted(MACROS))})"
            if path.suffix == ".h" and in_source:
                if len(lines) > MAX_HEADER_LINES and not for_tests:
                    yield f"{name}: {len(lines)} lines, a header has at most {MAX_HEADER_LINES}"
                if "#pragma once" not in text:
                    yield f"{name}: no #pragma once"
                if len(lines) < 2 or not lines[1].startswith("//"):
                    yield f"{name}: does not open with what it is"
            if path.suffix == ".cc" and in_source and len(lines) > MAX_SOURCE_LINES:
                yield f"{name}: {len(lines)} lines, a source file has at most {MAX_SOURCE_LINES}"
        if in_source and FORBIDDEN_WORDS.search(path.stem):
            yield f"{name}: util, helper, manager, common and misc say nothing: name it by what it does"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found) or "headers: in order")
    sys.exit(1 if found else 0)
