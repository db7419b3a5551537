#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy (.clang-tidy) on the C++ files that differ from the last commit or came with it, or on all with LINT_ALL=1.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${LINT_ALL:-0}" = 1 ]; then
  mapfile -t files < <(find src -name '*.cc')
else
  mapfile -t files < <({ git diff --name-only HEAD; git diff --name-only HEAD~1 2>/dev/null || true; git ls-files --others --exclude-standard; } |
    grep '^src/.*\.cc$' | sort -u | while read -r file; do [ ! -f "$file" ] || echo "$file"; done)
fi
[ ${#files[@]} -gt 0 ] || exit 0
# The compile commands name the precompiled header.
cmake --preset release >/dev/null
cmake --build --preset release --target sluice_pch >/dev/null
printf '%s\0' "${files[@]}" | xargs -0 -n 4 -P "${JOBS:-$(nproc)}" clang-tidy-19 -p build/release --quiet --warnings-as-errors='*' 2>/dev/null
