#!/bin/sh
# Every symbol that leaves a file of ours starts with proa_.
# SPDX-License-Identifier: Apache-2.0
set -eu
bad=$(nm -g --defined-only "$@" | awk 'NF == 3 && $3 !~ /^proa_/ && $3 !~ /^(__|_GLOBAL_|LLVMFuzzer)/ { print $3 }')
[ -z "$bad" ] || { echo "symbols without the proa_ prefix:" $bad >&2; exit 1; }
