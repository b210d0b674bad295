"""Microseconds of a use of a pooled slot: instantiate, call, put back. A small
module that writes 16 pages, alone and with every core in use; and a large one,
an interpreter of ours to be named by PROA_BENCH_LARGE, if there is one.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import statistics

from . import common

ROUNDS = 7


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
    large = os.environ.get("PROA_BENCH_LARGE")
    if large:
        path, function = large.split(":")
        cases["large_us"] = [compiled(pathlib.Path(path)), "large_us", function, "-", 1]
    program, samples = common.c_program("slots"), {}
    for _ in range(options.rounds or ROUNDS):
        for name, arguments in cases.items():
            code, out, err = common.run([program, *arguments])
            if code != 0:
                raise RuntimeError(err)
            samples.setdefault(name, []).append(float(out.split()[1]))
    result = {name: statistics.median(values) for name, values in samples.items()}
    for name, values in samples.items():
        print(f"{name:16} {result[name]:8.2f} us  ({min(values)} to {max(values)})")
    return {"large_us": None, **result, "samples": samples}
