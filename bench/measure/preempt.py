"""What it costs a guest to be run in slices, and how long after its slice's end
a guest that never ends has left the processor.

SPDX-License-Identifier: Apache-2.0
"""
import statistics

from . import common

ROUNDS = 3
SLICE_US = 5000


def measure(options):
    wat = common.BENCH / "programs/preempt.wat"
    wasm = common.make(common.WORK / "preempt.wasm", [wat], ["wat2wasm", wat, "-o", common.WORK / "preempt.wasm"])
    target = common.WORK / "preempt.proa"
    code, _, err = common.run([common.PROA, "compile", wasm, "-o", target])
    if code != 0:
        raise RuntimeError(err)
    program, overhead, late = common.c_program("preempt"), [], []
    for _ in range(options.rounds or ROUNDS):
        code, out, err = common.measured([program, target, SLICE_US])
        if code != 0:
            raise RuntimeError(err)
        for name, value in (line.split() for line in out.splitlines()):
            (overhead if name == "overhead" else late).append(float(value))
    late.sort()
    figures = {
        "code_overhead": round(statistics.median(overhead), 5),
        "slice_error_ms": round(statistics.median(late) / 1000, 4),
        "slice_error_p99_ms": round(late[len(late) * 99 // 100] / 1000, 4),
        "slice_error_max_ms": round(late[-1] / 1000, 4),
    }
    for name, value in figures.items():
        print(f"{name:20} {value}")
    return {**figures, "slice_ms": SLICE_US / 1000, "overhead_spread": [min(overhead), max(overhead)]}
