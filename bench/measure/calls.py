"""Nanoseconds of a call from the host to the guest and from the guest to the
host, of a switch of fibers, and of a call through a guest's table beside one
through C's pointers, by a C program; Node's JavaScript beside it.

SPDX-License-Identifier: Apache-2.0
"""
import statistics

from . import common

ROUNDS = 5


def artifact():
    wat = common.BENCH / "programs/calls.wat"
    wasm = common.make(common.WORK / "calls.wasm", [wat], ["wat2wasm", wat, "-o", common.WORK / "calls.wasm"])
    target = common.WORK / "calls.proa"
    code, _, err = common.run([common.PROA, "compile", wasm, "-o", target])
    if code != 0:
        raise RuntimeError(err)
    return wasm, target


def read(out):
    return {name: float(value) for name, value in (line.split() for line in out.splitlines())}


def measure(options):
    wasm, target = artifact()
    commands = {"proa": [common.c_program("calls"), target]}
    absent = ["node"]
    if common.version_of("node", "--version"):
        commands["node"] = ["node", common.BENCH / "programs/calls.mjs", wasm]
        absent = []
    samples, failed = {}, {}
    for _ in range(options.rounds or ROUNDS):
        for name, command in commands.items():
            code, out, err = common.measured(command)
            if code != 0:
                failed[name] = f"exit {code}: {err.strip()[-200:]}"
                continue
            for what, ns in read(out).items():
                samples.setdefault(name, {}).setdefault(what, []).append(ns)
    rows = {name: {what: common.spread(values) for what, values in table.items()} for name, table in samples.items()}
    for name, table in rows.items():
        for what, figure in table.items():
            print(f"{name:8} {what:28} {figure['median']:8.2f} ns  ({figure['min']} to {figure['max']})")
    for name, why in failed.items():
        print(f"failed: {name}: {why}")
    return {**headline(samples.get("proa")), "ns": rows, "failed": failed, "absent": absent}


def headline(ours):
    """Medians; the ratio is of one run each, as its two loops ran side by side."""
    if not ours:
        return {}
    ratios = [a / b for a, b in zip(ours["guest_to_guest_table"], ours["native_pointer"])]
    return {
        "host_to_guest_ns": statistics.median(ours["host_to_guest_nothing"]),
        "guest_to_host_ns": statistics.median(ours["guest_to_host_nothing"]),
        "fiber_switch_ns": statistics.median(ours["fiber_switch_watched"]),
        "call_indirect_ratio": round(statistics.median(ratios), 3),
    }
