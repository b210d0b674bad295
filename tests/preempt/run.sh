#!/bin/sh
# Compile work.wat and preempt it: run.sh PROA STRESS TIER COUNT
# SPDX-License-Identifier: Apache-2.0
set -e
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
"$1" compile --tier "$3" -o "$folder/work.proa" "$(dirname "$0")/work.wat"
"$2" "$folder/work.proa" "$4"
