#!/bin/sh
# C is laid out as clang-format-14 does it; other versions differ.
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$(dirname "$0")/.."
find src include tests fuzz examples -name '*.[ch]' 2>/dev/null | xargs clang-format-14 --dry-run -Werror
