# SPDX-License-Identifier: Apache-2.0
"""Runs every test of a build and reports: layout rules, unit tests (GoogleTest), server tests (pytest), line coverage.

The last line is `N passed, N failed`; the exit code is 0 only when nothing failed. What failed is listed before it.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNIT_TEST_SECONDS = 900
SERVER_TEST_SECONDS = 2400
SANITIZER_ENVIRONMENT = {
    "address": {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=0:detect_container_overflow=0",
                "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=99",
                "LSAN_OPTIONS": f"suppressions={ROOT}/test/sanitizer/lsan.supp:print_suppressions=0"},
    "thread": {"TSAN_OPTIONS": f"suppressions={ROOT}/test/sanitizer/tsan.supp:halt_on_error=0:exitcode=99:history_size=4"},
}


class Tally:
    def __init__(self):
        self.passed = 0
        self.failures = []

    def add(self, name: str, ok: bool, why: str = ""):
        if ok:
            self.passed += 1
        else:
            self.failures.append((name, why))


def run(command, seconds, environment, log_path=None):
    """(exit code, output). A program that runs too long counts as failed with code -1."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, timeout=seconds, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        code, output = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as error:
        code, output = -1, (error.stdout or b"").decode(errors="replace") + f"\nended after {seconds} s"
    if log_path:
        log_path.write_text(output)
    return code, output


def layout_rules(tally):
    for check in sorted((ROOT / "tools").glob("check_*.py")):
        code, output = run([sys.executable, str(check)], 120, dict(os.environ))
        tally.add(f"tools/{check.name}", code == 0, output)


def unit_tests(tally, build, logs, environment):
    programs = sorted((build / "test").glob("*_test"))
    if not programs:
        tally.add("unit tests", False, f"no *_test program in {build}/test")
    for program in programs:
        began = time.monotonic()
        report = logs / f"{program.name}.json"
        report.unlink(missing_ok=True)
        code, output = run([str(program), f"--gtest_output=json:{report}", "--gtest_brief=1"], UNIT_TEST_SECONDS, environment,
                           logs / f"{program.name}.log")
        count = failed = 0
        if report.exists():
            for suite in json.loads(report.read_text())["testsuites"]:
                for test in suite["testsuite"]:
                    if test.get("result") == "SKIPPED" or test.get("status") == "NOTRUN":
                        continue
                    count += 1
                    failures = test.get("failures", [])
                    failed += bool(failures)
                    tally.add(f"{program.name} {suite['name']}.{test['name']}", not failures,
                              "\n".join(failure["failure"] for failure in failures))
        if code != 0 and not failed:
            tally.add(program.name, False, f"exit code {code}\n{output[-3000:]}")
        print(f"  {program.name}: {count - failed} of {count}, {time.monotonic() - began:.1f} s", flush=True)


def server_tests(tally, logs, environment, arguments):
    report = logs / "pytest.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "test" / "pytest.ini"), "--rootdir", str(ROOT / "test"),
               "-p", "no:cacheprovider", f"--junitxml={report}", "--tb=short", "--durations=15", *arguments]
    began = time.monotonic()
    seconds = SERVER_TEST_SECONDS * (2 if "SLUICE_SANITIZED" in environment else 1)
    code, output = run(command, seconds, environment, logs / "pytest.log")
    count = skipped = failed = 0
    if report.exists():
        for case in xml.etree.ElementTree.parse(report).iter("testcase"):
            count += 1
            if case.find("skipped") is not None:
                skipped += 1
                continue
            problem = case.find("failure") if case.find("failure") is not None else case.find("error")
            failed += problem is not None
            tally.add(f"{case.get('classname')} {case.get('name')}", problem is None,
                      "" if problem is None else (problem.text or problem.get("message") or "")[-2500:])
    if code not in (0, 1) or not report.exists():
        tally.add("pytest", False, f"exit code {code}\n{output[-3000:]}")
    print(f"  pytest: {count - skipped - failed} of {count - skipped}, {skipped} skipped, {time.monotonic() - began:.1f} s", flush=True)


def coverage(build, profiles, logs):
    """Line coverage of src/ without tests over all processes that ran, in percent."""
    raw = [str(path) for path in profiles.glob("*.profraw")]
    if not raw:
        return None
    merged = logs / "coverage.profdata"
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", "--failure-mode=all", "-o", str(merged), *raw], check=True)
    objects = [str(build / "sluice")]
    for program in sorted((build / "test").glob("*_test")):
        objects += ["-object", str(program)]
    options = [*objects, f"-instr-profile={merged}", r"-ignore-filename-regex=(_test\.cc$|/usr/|/duckdb-|/build/)"]
    summary = subprocess.run(["llvm-cov-19", "export", "-summary-only", *options], check=True, capture_output=True)
    data = json.loads(summary.stdout)["data"][0]
    lines = []
    for file in sorted(data["files"], key=lambda file: file["filename"]):
        one = file["summary"]["lines"]
        lines.append(f"{one['percent']:6.1f} %  {one['covered']:6}/{one['count']:<6} {os.path.relpath(file['filename'], ROOT)}")
    (logs / "coverage.txt").write_text("\n".join(lines) + "\n")
    return data["totals"]["lines"]["percent"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--coverage-min", type=float, default=0)
    parser.add_argument("--sanitizer", choices=sorted(SANITIZER_ENVIRONMENT))
    parser.add_argument("--only", choices=["layout", "unit", "server"], action="append")
    parser.add_argument("pytest", nargs="*", help="more arguments for pytest")
    options = parser.parse_args()
    build = options.build.resolve()
    only = options.only or ["layout", "unit", "server"]
    logs, profiles = build / "test-logs", build / "profiles"
    shutil.rmtree(profiles, ignore_errors=True)
    profiles.mkdir(parents=True, exist_ok=True)
    logs.mkdir(parents=True, exist_ok=True)

    environment = dict(os.environ, SLUICE_BINARY=str(build / "sluice"), LLVM_PROFILE_FILE=str(profiles / "%p-%m.profraw"))
    if options.sanitizer:
        environment.update(SANITIZER_ENVIRONMENT[options.sanitizer], SLUICE_SANITIZED=options.sanitizer)

    tally = Tally()
    if "layout" in only:
        layout_rules(tally)
    if "unit" in only:
        print("unit tests", flush=True)
        unit_tests(tally, build, logs, environment)
    if "server" in only:
        print("server tests", flush=True)
        server_tests(tally, logs, environment, options.pytest)

    percent = coverage(build, profiles, logs)
    if percent is not None:
        print(f"line coverage {percent:.1f} % (by file: {os.path.relpath(logs / 'coverage.txt', ROOT)})")
        if options.coverage_min and len(only) == 3:
            tally.add("line coverage", percent >= options.coverage_min, f"{percent:.1f} % is below {options.coverage_min} %")
    for name, why in tally.failures:
        print(f"\nFAILED {name}\n{why.rstrip()}")
    print(f"\nlogs in {os.path.relpath(logs, ROOT)}")
    print(f"{tally.passed} passed, {len(tally.failures)} failed")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
