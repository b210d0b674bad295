#!/usr/bin/env bash
# Scripts of our own, own/*.wast, at every level and on the baseline compiler:
# own.sh SPEC-RUN. Debian's wabt takes them apart.
# SPDX-License-Identifier: Apache-2.0
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v wast2json >/dev/null; then
    echo "skip own scripts: no wast2json (wabt)"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo '{}' >"$folder/needs.json"
for script in "$here"/own/*.wast; do
    name=$(basename "$script" .wast)
    mkdir -p "$folder/core/$name"
    wast2json "$script" -o "$folder/core/$name/t.json"
done
"$1" -O 0 -O 1 -O 2 -O 3 -O baseline "$folder"
