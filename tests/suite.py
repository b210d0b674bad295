"""What the suites in Python share: where things are, and counting.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("PROA_BUILD", ROOT / "build/release"))
PROA = pathlib.Path(os.environ.get("PROA", BUILD / "proa"))
TESTDATA = pathlib.Path(os.environ.get("PROA_TESTDATA", ROOT.parent / "shared/testdata"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "proa-testdata"
RUN_SECONDS_MAX = 600
os.environ.setdefault("PROA_COMPILER", str(BUILD / "proa-compiler"))


class Suite:
    """Counts cases; a failure is told at once, the sum at the end."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def ok(self, name):
        self.passed += 1
        print(f"ok   {name}", flush=True)

    def fail(self, name, why):
        self.failed += 1
        print(f"FAIL {name}: {why}", flush=True)

    def skip(self, name, why):
        self.skipped += 1
        print(f"skip {name}: {why}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed else 0)


def run(command, *, cwd=None, stdin=b"", env=None, seconds=RUN_SECONDS_MAX):
    """Run to the end: (exit code, stdout, stderr); a time-out is code None."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=cwd, input=stdin,
                              capture_output=True, timeout=seconds,
                              env={**os.environ, **(env or {})})
    except subprocess.TimeoutExpired as late:
        return None, late.stdout or b"", late.stderr or b""
    return done.returncode, done.stdout, done.stderr


def tail(data, size=300):
    """The end of some output, for a message of one line."""
    return data[-size:].decode(errors="replace").strip().replace("\n", " | ")


def first_difference(actual, expected):
    """Where two outputs part, in a few words."""
    for number, (a, b) in enumerate(zip(actual.splitlines(), expected.splitlines()), 1):
        if a != b:
            return f"line {number} is {a[:120]!r}, expected {b[:120]!r}"
    return f"{len(actual)} bytes, expected {len(expected)}: ends {tail(actual, 120)!r}"
