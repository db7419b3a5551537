# SPDX-License-Identifier: Apache-2.0
"""What a benchmark writes: build/bench/NAME.json, a list of {measure, ours, peer, ratio, bar, holds, unit}, and the table between the
markers of NAME in docs/benchmarks.md."""
import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
THREADS = os.cpu_count()
MEMORY_GB = 4


def log(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def median(values):
    return statistics.median(values)


def machine() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        model = re.search(r"model name\s*:\s*(.*)", info.read())
    return f"{THREADS} cores ({model[1] if model else platform.machine()}), Linux {platform.release().split('-')[0]}"


def table(rows) -> str:
    lines = ["| measure | Sluice | peer | ratio | bar | holds |", "|---|---|---|---|---|---|"]
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        lines.append(f"| {row['measure']} | {row['ours']} | {row['peer']} | {ratio} | {row['bar']} | {'yes' if row['holds'] else '**no**'} |")
    return "\n".join(lines)


class Report:
    """The measures of one benchmark, in the order in which they came."""

    def __init__(self, name):
        self.name = name
        self.rows = []

    def add(self, measure, ours, peer, ratio, bar, holds, unit=""):
        self.rows.append({"measure": measure, "ours": ours, "peer": peer, "ratio": ratio, "bar": bar, "holds": bool(holds), "unit": unit})
        shown = "" if ratio is None else f", ratio {ratio:.3f}"
        log(f"{'holds' if holds else 'MISSES'}: {measure}: {ours} against {peer}{shown} (bar {bar})")

    def missed(self) -> list:
        return [row["measure"] for row in self.rows if not row["holds"]]

    def write(self, conditions, complete):
        """`conditions` is one sentence on how it was measured. An incomplete run replaces only its own measures of the last one."""
        path = ROOT / "build" / "bench" / f"{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        old = json.loads(path.read_text()) if path.exists() and not complete else []
        new = {row["measure"]: row for row in self.rows}
        rows = [new.pop(row["measure"], row) for row in old] + list(new.values())
        path.write_text(json.dumps(rows, indent=1) + "\n")
        begin, end = (f"<!-- bench-{self.name}: {word} -->" for word in ("begin", "end"))
        document = ROOT / "docs" / "benchmarks.md"
        text = document.read_text(encoding="utf-8")
        if begin not in text:
            text += f"\n{begin}\n{end}\n"
        body = f"{begin}\n`make bench-{self.name}` on {time.strftime('%Y-%m-%d')}, {machine()}; {conditions}\n\n{table(rows)}\n{end}"
        document.write_text(text[:text.index(begin)] + body + text[text.index(end) + len(end):], encoding="utf-8")
        print("\n" + table(self.rows))


def run_parts(bench, parts, names) -> list:
    """Calls each named part with `bench`; a part that fails is logged and the servers are closed. Returns the names that failed."""
    failed = []
    try:
        for name in names:
            log(f"part {name}")
            try:
                parts[name](bench)
            except Exception as error:  # pylint: disable=broad-except
                log(f"part {name} failed: {type(error).__name__}: {error}")
                failed.append(name)
                bench.close()
    finally:
        bench.close()
    return failed


def chosen_parts(parser, only, parts) -> list:
    names = only.split(",") if only else list(parts)
    unknown = set(names) - set(parts)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return names


def run(description, make_bench, parts, more_options) -> int:
    """The program of a benchmark. `more_options` is a list of (flag, default, help), all numbers. Returns the exit code."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help=f"comma-separated: {', '.join(parts)}")
    parser.add_argument("--binary", default=ROOT / "build" / "release" / "sluice")
    parser.add_argument("--rounds", type=int, default=3)
    for flag, default, text in more_options:
        parser.add_argument(flag, type=int, default=default, help=text)
    parser.add_argument("--no-report", action="store_true", help="print only")
    options = parser.parse_args()
    bench = make_bench(options)
    failed = run_parts(bench, parts, chosen_parts(parser, options.only, parts))
    if not options.no_report:
        bench.report.write(f"medians of {options.rounds} rounds in turns; kernel and wheel with {THREADS} threads and {MEMORY_GB} GB.",
                           not options.only and not failed)
    return 1 if failed or bench.report.missed() else 0


sys.path.insert(0, str(ROOT / "test"))
