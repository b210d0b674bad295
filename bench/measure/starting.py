"""From the start of the command to hello's first byte of output.

Cold: nothing of the module was ever compiled. Warm: the command line is the
same, and the engine's own cache has it. Ready: the module was compiled ahead
and the file is named. A round runs every case once.

SPDX-License-Identifier: Apache-2.0
"""
import os
import shutil
import subprocess

from . import common, engines

ROUNDS = 15


def cases(wasm):
    """name -> (command, environment, what to do before)"""
    cache = common.WORK / "start-cache"
    proa = engines.Proa()
    env = {"PROA_CACHE_DIR": str(cache)}

    def clear():
        shutil.rmtree(cache, ignore_errors=True)

    def fill():
        subprocess.run([common.PROA, "run", wasm], env={**os.environ, **env}, stdout=subprocess.DEVNULL, check=True)

    result = {
        "proa cold": ([common.PROA, "run", wasm], env, clear),
        "proa cold, optimized": ([common.PROA, "run", "--tier", "optimized", wasm], env, clear),
        "proa warm": ([common.PROA, "run", wasm], env, fill),
        "proa ready": (proa.command(proa.prepare(wasm)), env, None),
    }
    here, absent = engines.peers_here()
    if "wasmtime" in here:
        tool = here["wasmtime"]
        folder = common.WORK / "wasmtime-cache"
        config = common.WORK / "wasmtime-cache.toml"
        config.write_text(f'[cache]\ndirectory = "{folder}"\n')
        cached = [tool.program, "run", "-C", f"cache=y,cache-config={config}", wasm]
        result["wasmtime cold"] = (cached, {}, lambda: shutil.rmtree(folder, ignore_errors=True))
        result["wasmtime warm"] = (cached, {}, lambda: common.run(cached))
        result["wasmtime ready"] = (tool.command(tool.prepare(wasm)), {}, None)
    if "node" in here:
        result["node"] = (here["node"].command(wasm), {}, None)
    for name in ("wasmer", "wasmedge", "iwasm", "wasm3"):
        if name in here:
            result[f"{name} ready"] = (here[name].command(here[name].prepare(wasm)), {}, None)
    result["native"] = ([common.native(common.BENCH / "programs/hello.c")], {}, None)
    return result, absent


def measure(options):
    timer = common.native(common.BENCH / "programs/first_output.c", flags=("-D_GNU_SOURCE",))
    table, absent = cases(common.guest(common.BENCH / "programs/hello.c"))
    first = {name: [] for name in table}
    end = {name: [] for name in table}
    failed = {}
    for _ in range(options.rounds or ROUNDS):
        for name, (command, env, before) in table.items():
            if before:
                before()
            code, out, err = common.measured([timer, "1", *command], env=env)
            if code != 0:
                failed[name] = f"exit {code}: {err.strip()[-160:]}"
                continue
            to_first, to_end = (int(word) / 1e6 for word in out.split())
            first[name].append(to_first)
            end[name].append(to_end)
    rows = {}
    for name in table:
        if name in failed or not first[name]:
            continue
        rows[name] = {"first_ms": common.spread(first[name]), "end_ms": common.spread(end[name])}
        print(f"{name:16} {rows[name]['first_ms']['median']:9.3f} ms to the first byte, "
              f"{rows[name]['end_ms']['median']:9.3f} ms in all", flush=True)
    for name, why in failed.items():
        print(f"failed: {name}: {why}")
    return {"cases": rows, "failed": failed, "absent": absent, "rounds": options.rounds or ROUNDS}
