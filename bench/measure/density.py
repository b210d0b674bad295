"""How much memory an instance takes that waits in a host call: 10,000 at once
in one process, each in a store of its own, on a fiber.

SPDX-License-Identifier: Apache-2.0
"""
import statistics

from . import common

COUNT = 10000
ROUNDS = 3


def measure(options):
    wat = common.BENCH / "programs/density.wat"
    wasm = common.make(common.WORK / "density.wasm", [wat], ["wat2wasm", wat, "-o", common.WORK / "density.wasm"])
    target = common.WORK / "density.proa"
    code, _, err = common.run([common.PROA, "compile", wasm, "-o", target])
    if code != 0:
        raise RuntimeError(err)
    program, samples = common.c_program("density"), []
    for _ in range(options.rounds or ROUNDS):
        code, out, err = common.measured([program, target, COUNT])
        if code != 0:
            raise RuntimeError(err)
        samples.append([int(word) for word in out.split()])
    parked = min(count for count, _ in samples)
    size = round(statistics.median(size for _, size in samples))
    print(f"{parked} parked, {size} bytes each")
    return {"parked": parked, "bytes_per_parked": size, "samples": samples}
