#!/usr/bin/env python3
"""Fail when a file or function outgrows its budget (needs universal-ctags).

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import subprocess
import sys

FILE_LINES_MAX, HEADER_LINES_MAX, FUNCTION_LINES_MAX = 600, 200, 70
IF_PER_FILE_MAX = 4  # preprocessor conditionals; src/platform is exempt


def check_file(path, name, errors):
    text = path.read_text()
    limit = HEADER_LINES_MAX if path.suffix == ".h" else FILE_LINES_MAX
    count = text.count("\n")
    if count > limit:
        errors.append(f"{name}: {count} lines, at most {limit}")
    conditionals = len(re.findall(r"^\s*#\s*(?:if|elif)", text, re.M))
    if "platform" not in name.parts and conditionals > IF_PER_FILE_MAX:
        errors.append(f"{name}: {conditionals} preprocessor conditionals")


def check_functions(root, sources, errors):
    tags = subprocess.run(
        ["ctags", "-x", "--languages=C", "--c-kinds=f", "--_xformat=%F %n %{end} %N",
         *map(str, sources)],
        check=True, capture_output=True, text=True).stdout
    for file, start, end, name in (line.split(" ", 3) for line in tags.splitlines()):
        if not end.isdigit():
            continue
        lines = int(end) - int(start) + 1
        if lines > FUNCTION_LINES_MAX:
            file = pathlib.Path(file).relative_to(root)
            errors.append(f"{file}:{start}: {name} has {lines} lines, at most {FUNCTION_LINES_MAX}")


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    errors = []
    sources = sorted(path for folder in ("src", "include", "tests", "fuzz")
                     for path in (root / folder).rglob("*.[ch]"))
    for path in sources:
        check_file(path, path.relative_to(root), errors)
    check_functions(root, [path for path in sources if path.suffix == ".c"], errors)
    print("\n".join(errors), file=sys.stderr, end="\n" if errors else "")
    return 1 if errors else 0


sys.exit(main())
