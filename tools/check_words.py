#!/usr/bin/env python3
"""Fail on words that mark unfinished work, on paths of one machine, on calls
that have a safer form, and on a source file without its licence line.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import subprocess
import sys

WORDS = re.compile(r"\b((?i:todo|fixme|xxx|stub|for now|placeholder)|not implemented)\b")
PATHS = re.compile(r"(?<![\w.])/(work|farm|root)/")
CALLS = re.compile(r"\b(sprintf|vsprintf|strcpy|strcat|gets|atoi|atol|strtok|alloca|tmpnam)\s*\(")
LICENCE = "SPDX-License-Identifier: Apache-2.0"
TEXT = {".c", ".h", ".S", ".def", ".py", ".sh", ".md", ".txt", ".cmake", ".json", ".mjs", ".ts", ".rs", ".go", ""}
EXEMPT = {"tools/check_words.py", "LICENSE"}


def check(name, path, errors):
    text = path.read_text(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        for pattern in (WORDS, PATHS):
            found = pattern.search(line)
            if found:
                errors.append(f"{name}:{number}: {found.group(0)}")
        if name.startswith(("src/", "include/")) and CALLS.search(line):
            errors.append(f"{name}:{number}: {CALLS.search(line).group(1)}")
    if path.suffix in (".c", ".h", ".S") and LICENCE not in text[:2000]:
        errors.append(f"{name}: no licence line")


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    errors = []
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root,
                           check=True, capture_output=True, text=True).stdout.split("\n")
    for name in filter(None, files):
        path = root / name
        if path.suffix in TEXT and name not in EXEMPT and path.is_file():
            check(name, path, errors)
    print("\n".join(errors), file=sys.stderr, end="\n" if errors else "")
    return 1 if errors else 0


sys.exit(main())
