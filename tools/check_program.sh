#!/bin/sh
# The program that meets the public holds no wasm parser, no compiler and no
# LLVM: check_program.sh PROA LIBRARY..., none of whose symbols may be in PROA.
# SPDX-License-Identifier: Apache-2.0
set -eu
program=$1
shift
if ldd "$program" | grep -i llvm >&2; then
    echo "$program is linked to LLVM" >&2
    exit 1
fi
symbols=$(mktemp)
trap 'rm -f "$symbols"' EXIT
nm --defined-only "$program" | awk 'tolower($2) == "t" { print $3 }' | sort -u >"$symbols"
if [ ! -s "$symbols" ]; then
    echo "$program has no symbols to look at" >&2
    exit 1
fi
for library in "$@"; do
    held=$(nm -g --defined-only "$library" 2>/dev/null | awk '$2 == "T" { print $3 }' |
        sort -u | comm -12 - "$symbols")
    if [ -n "$held" ]; then
        echo "$program holds parts of $(basename "$library"):" $held >&2
        exit 1
    fi
done
