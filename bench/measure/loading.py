"""Microseconds to map an artifact and make it ready to instantiate, and to
instantiate it, by a C program on include/proa.

SPDX-License-Identifier: Apache-2.0
"""
import shlex

from . import common, compiling

ROUNDS = 5
MODULES = ("noop", "bz2", "sqlite3", "quickjs", "ruby", "python")


def measure(options):
    program = common.c_program("load")
    rows, missing, failed = {}, [], {}
    for name in MODULES:
        path = compiling.locate(compiling.MODULES[name])
        if options.only not in name:
            continue
        if path is None:
            missing.append(name)
            continue
        target = common.WORK / f"load-{name}.proa"
        flags = shlex.split(options.flags) or ["-O0" if path.stat().st_size > 3e6 else "-O2"]
        if not common.newer(target, [path, common.PROA]):
            code, _, err = common.run([common.PROA, "compile", path, "-o", target, *flags])
            if code != 0:
                failed[name] = err.strip()[-200:]
                continue
        loads, halves = [], []
        for _ in range(options.rounds or ROUNDS):
            code, out, err = common.measured([program, target])
            if code != 0:
                failed[name] = f"exit {code}: {err.strip()[-200:]}"
                break
            load, again = (float(word) / 1e3 for word in out.split())
            loads.append(load)
            halves.append(again)
        if name in failed:
            continue
        rows[name] = {"artifact_kb": common.digits(target.stat().st_size / 1e3), "flags": " ".join(flags),
                      "load_us": common.spread(loads), "first_load_us": common.spread(halves)}
        print(f"{name:12} {rows[name]['artifact_kb']:10.1f} kB {rows[name]['load_us']['median']:9.1f} us a load, "
              f"{rows[name]['first_load_us']['median']:9.1f} us the first in a process", flush=True)
    for name, why in failed.items():
        print(f"failed: {name}: {why}")
    return {"modules": rows, "missing": missing, "failed": failed}
