#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the recorded suites against a build and writes the part of docs/conformance.md between its markers.

  report.py BINARY [--result kept.json]

What failed stands there by reason (reasons.toml); what has no reason is listed as open, statement by statement.
"""
import argparse
import collections
import json
import pathlib
import re
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import play  # noqa: E402  pylint: disable=wrong-import-position
from harness.server import Server  # noqa: E402  pylint: disable=wrong-import-position

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "docs" / "conformance.md"
BEGIN, END = "<!-- conformance: begin -->", "<!-- conformance: end -->"
ANSWERS_BAR, REFUSALS_BAR = 97.0, 95.0


def reasons():
    return tomllib.loads((HERE / "reasons.toml").read_text())["reason"]


def reason_of(suite, failure, known):
    """The text of the first reason that matches a failure, None without one."""
    for entry in known:
        places = (("suites", suite["file"]), ("statements", failure["sql"]), ("detail", str(failure["detail"])))
        if all(re.search(entry[name], text) for name, text in places if name in entry):
            return entry["why"]
    return None


def percent(part, whole) -> float:
    return 100.0 * part / whole


def holds(value, bar) -> str:
    return "yes" if value >= bar else "**no**"


def table(result) -> str:
    totals, known = result["totals"], reasons()
    answers, refusals = percent(totals["passed"], totals["judged"]), percent(totals["refused"], totals["refusals"])
    by_reason, still_open = collections.Counter(), []
    for suite in result["suites"]:
        for failure in suite["failures"]:
            why = reason_of(suite, failure, known)
            if failure["why"] in ("exec", "load"):
                continue
            if why:
                by_reason[why] += 1
            else:
                still_open.append((suite["file"], failure["why"], re.sub(r"[\s|]+", " ", failure["sql"])[:110].replace("`", "")))
    lines = ["| what | seen | bar | holds |", "|---|---|---|---|",
             f"| {totals['judged']:,} recorded statements give the recorded rows | {totals['passed']:,} ({answers:.2f} %) | "
             f"{ANSWERS_BAR:.0f} % | {holds(answers, ANSWERS_BAR)} |",
             f"| {totals['refusals']} statements that Doris refuses are refused | {totals['refused']} ({refusals:.1f} %) | "
             f"{REFUSALS_BAR:.0f} % | {holds(refusals, REFUSALS_BAR)} |", "",
             "| why the others are left | statements |", "|---|---|"]
    lines += [f"| {why} | {count} |" for why, count in by_reason.most_common()]
    lines += [f"| open, see below | {len(still_open)} |", "", "Open:", ""]
    lines += [f"- `{file}`, {word}: `{sql}`" for file, word, sql in still_open]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--result", type=pathlib.Path, help="also keep the result here")
    options = parser.parse_args()
    server = Server(binary=options.binary.resolve()).start()
    try:
        result = play.play(server.host, server.mysql_port, f"{server.host}:{server.http_port}")
    finally:
        server.close()
    if options.result:
        options.result.write_text(json.dumps(result, indent=1))
    text = DOCUMENT.read_text()
    before, after = text[:text.index(BEGIN) + len(BEGIN)], text[text.index(END):]
    DOCUMENT.write_text(f"{before}\n{table(result)}\n{after}")
    print(result["totals"])


if __name__ == "__main__":
    main()
