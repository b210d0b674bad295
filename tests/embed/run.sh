#!/bin/sh
# Run an example with an empty cache and compare what it prints.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
PROA_CACHE_DIR="$folder/cache" "$1" >"$folder/out"
diff "$2" "$folder/out"
