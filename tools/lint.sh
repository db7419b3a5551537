#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy (.clang-tidy) on the C++ files that differ from the main line, or on all with LINT_ALL=1.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v clang-tidy-19 >/dev/null; then
  echo "lint: clang-tidy-19 is missing: apt-get install clang-tidy-19" >&2
  exit 1
fi
if [ "${LINT_ALL:-0}" = 1 ]; then
  mapfile -t files < <(find src -name '*.cc')
else
  mapfile -t files < <({ git diff --name-only HEAD; git diff --name-only HEAD~1 2>/dev/null; } | grep '^src/.*\.cc$' | sort -u)
fi
[ ${#files[@]} -eq 0 ] || clang-tidy-19 -p build/release --quiet --warnings-as-errors='*' "${files[@]}"
