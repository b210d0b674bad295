#!/usr/bin/env python3
"""Fail when a file in src/ includes a folder that docs/layers.txt forbids.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
LLVM = re.compile(r"^\s*#\s*include\s*<(llvm|lld)", re.M)
LLVM_FOLDERS = {"compile", "compiler"}


def read_layers(path, errors):
    """Folder -> the folders it may include from."""
    allowed = {}
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        folder, _, uses = line.partition(":")
        for use in uses.split():
            if use not in allowed:
                errors.append(f"docs/layers.txt: {folder} points down at {use}")
        allowed[folder] = {folder, "proa", *uses.split()}
    return allowed


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    errors = []
    allowed = read_layers(root / "docs/layers.txt", errors)
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".c", ".h", ".S", ".def"):
            continue
        name = path.relative_to(root)
        folder = name.parts[1]
        text = path.read_text()
        if folder not in allowed:
            errors.append(f"{name}: {folder} is not in docs/layers.txt")
            continue
        for target in INCLUDE.findall(text):
            if target.split("/")[0] not in allowed[folder]:
                errors.append(f"{name}: may not include {target}")
        if folder not in LLVM_FOLDERS and LLVM.search(text):
            errors.append(f"{name}: LLVM belongs in src/compile")
    for path in sorted((root / "include").rglob("*.h")):
        for target in INCLUDE.findall(path.read_text()):
            if not target.startswith("proa/"):
                errors.append(f"{path.relative_to(root)}: may not include {target}")
    print("\n".join(errors), file=sys.stderr, end="\n" if errors else "")
    return 1 if errors else 0


sys.exit(main())
