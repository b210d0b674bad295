"""The benchmarks of Sightglass, proa beside its peers.

What is timed is the whole process, so that all are timed alike: proa from its
cache, wasmtime from a file compiled ahead, Node compiling as it goes, which is
how each is used. `noop` tells what of it is the start; it is not in the counts.
A round runs every engine once; ratios are within a round.

SPDX-License-Identifier: Apache-2.0
"""
import os
import subprocess
import time

from . import common, engines

ROUNDS = 5
FOLDER = common.TESTDATA / "sightglass"


def name_of(wasm):
    return wasm.parent.name if wasm.stem == "benchmark" else wasm.stem


def commands(wasm, flags):
    """name -> the command that runs a benchmark, from its own folder"""
    runner = common.BUILD / "tests/sightglass/sightglass-run"
    result = {"proa": [runner, *flags, wasm.name]}
    here, absent = engines.peers_here()
    if "wasmtime" in here:
        target = common.WORK / f"{name_of(wasm)}.sightglass.cwasm"
        common.make(target, [wasm], ["wasmtime", "compile", wasm, "-o", target])
        result["wasmtime"] = ["wasmtime", "run", "--allow-precompiled", "-W", "unknown-imports-default=y",
                              "--dir", ".", target]
    if "node" in here:
        result["node"] = ["node", "--no-warnings", common.BENCH / "programs/sightglass.mjs", wasm.name]
    return result, {name: here[name].version() for name in result if name in here}, absent


def timed(command, folder, env):
    start = time.monotonic()
    done = subprocess.run([*common.PREFIX, *map(str, command)], cwd=folder, env={**os.environ, **env},
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=common.RUN_SECONDS_MAX)
    return (time.monotonic() - start) * 1000, done


def one(wasm, rounds, flags):
    env = {"PROA_CACHE_DIR": str(common.WORK / "sightglass-cache"), "PROA_COMPILER": str(common.BUILD / "proa-compiler")}
    table, versions, absent = commands(wasm, flags)
    times = {name: [] for name in table}
    failed = {}
    timed(table["proa"], wasm.parent, env) # fills the cache
    for turn in range(rounds):
        names = list(table)[turn % len(table):] + list(table)[:turn % len(table)]
        for name in names:
            ms, done = timed(table[name], wasm.parent, env)
            if done.returncode != 0:
                failed[name] = done.stderr.decode(errors="replace").strip()[-160:]
                continue
            times[name].append(ms)
    if "proa" in failed:
        return None, failed, versions, absent
    row = {"proa_ms": common.spread(times["proa"])}
    for name in table:
        if name != "proa" and name not in failed:
            row[name] = common.spread([a / b for a, b in zip(times[name], times["proa"])])
    return row, failed, versions, absent


def measure(options):
    files = sorted(FOLDER.glob("*/*.wasm"))
    wanted = [f for f in files if options.only in f.stem]
    rows, failures, versions, absent = {}, {}, {}, []
    for wasm in wanted:
        row, failed, versions, absent = one(wasm, options.rounds or ROUNDS, options.flags.split())
        if failed:
            failures[name_of(wasm)] = failed
        if row is None:
            print(f"{name_of(wasm):28} failed: {failed['proa']}", flush=True)
            continue
        rows[name_of(wasm)] = row
        print(f"{name_of(wasm):28} {row['proa_ms']['median']:9.1f} ms  " +
              "  ".join(f"{n} {row[n]['median']:.2f}" for n in row if n != "proa_ms"), flush=True)
    return summary(rows, failures, versions, absent, options)


def summary(rows, failures, versions, absent, options):
    counted = {name: row for name, row in rows.items() if name != "noop"}
    peers = list(versions)
    geomeans = {p: common.digits(common.geomean([r[p]["median"] for r in counted.values() if p in r]))
                for p in peers if any(p in r for r in counted.values())}
    fastest = sum(all(row[p]["median"] > 1 for p in peers if p in row) for row in counted.values())
    return {
        "fastest_share": common.digits(fastest / len(counted)) if counted else 0,
        "peer_over_proa_geomean": geomeans, "slower": sorted(
            f"{name} than {p}" for name, row in counted.items() for p in peers if p in row and row[p]["median"] <= 1),
        "flags": options.flags, "rounds": options.rounds or ROUNDS, "failed": failures,
        "versions": versions, "absent": absent, "benchmarks": rows,
    }
