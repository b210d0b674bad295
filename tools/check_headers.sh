#!/bin/sh
# Every header compiles alone, in C and (public ones) in C++.
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$(dirname "$0")/.."
includes="-Iinclude -Isrc -isystem /usr/lib/llvm-22/include -isystem /usr/share/nodejs/llhttp"
find src include -name '*.h' -print0 | xargs -0 -n 1 -P 2 \
    "${CC:-cc}" -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror $includes -fsyntax-only -x c
find include -name '*.h' -print0 | xargs -0 -n 1 -P 2 \
    "${CXX:-c++}" -std=c++17 -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c++
