"""From the start of the command to its first byte of output.

Cold: nothing of the module was ever compiled. Warm: the command line is the
same, and the engine's own cache has it. Ready (hello only): the module was
compiled ahead and the file is named. A round runs every case once.

SPDX-License-Identifier: Apache-2.0
"""
import os
import shutil
import subprocess

from . import common, compiling, engines

ROUNDS = 15
LARGE_ROUNDS = 5
LARGE_BYTES_MIN = 1e6


class Program:
    """A module and what it is given: options in our words, and arguments."""

    def __init__(self, module, *args, folder=None, lacks_imports=False):
        self.module = module
        self.args = args
        self.folder = folder # preopened as /
        self.lacks_imports = lacks_imports

    def proa(self, *flags):
        dirs = ["--dir", f"{self.folder}::/"] if self.folder else []
        missing = ["--allow-missing-imports"] if self.lacks_imports else []
        return [common.PROA, "run", *flags, *missing, *dirs, self.module, *self.args]

    def wasmtime(self, *flags):
        dirs = ["--dir", f"{self.folder}::/"] if self.folder else []
        missing = ["-W", "unknown-imports-trap=y"] if self.lacks_imports else []
        return ["wasmtime", "run", *flags, *missing, *dirs, self.module, *self.args]

    def node(self):
        dirs = ["--dir", f"{self.folder}::/"] if self.folder else []
        return ["node", "--no-warnings", common.BENCH / "programs/wasi.mjs", *dirs, self.module, *self.args]


def programs():
    """name -> Program, of those that are here, and the names of the others"""
    folder = common.WORK / "start"
    folder.mkdir(exist_ok=True)
    (folder / "one.js").write_text("print(1);\n")
    (folder / "one.ts").write_text("export const one: number = 1;\n")
    table = {
        "python": ("python", ["-c", "print(1)"], {}),
        "quickjs": ("quickjs", ["/one.js"], {"folder": folder, "lacks_imports": True}),
        "sqlite": ("sqlite.wasm", ["-batch", ":memory:", "select 1;"], {}),
        "esbuild": ("esbuild", ["/one.ts"], {"folder": folder}),
    }
    found = {"hello": Program(common.guest(common.BENCH / "programs/hello.c"))}
    missing = []
    for name, (word, args, more) in table.items():
        module = compiling.locate(word)
        if module:
            found[name] = Program(module, *args, **more)
        else:
            missing.append(name)
    return found, missing


def cases(program):
    """name -> (command, environment, what to do before)"""
    cache = common.WORK / "start-cache"
    env = {"PROA_CACHE_DIR": str(cache)}

    def clear():
        shutil.rmtree(cache, ignore_errors=True)

    def fill():
        subprocess.run([str(word) for word in program.proa()], env={**os.environ, **env},
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)

    result = {"proa cold": (program.proa(), env, clear), "proa warm": (program.proa(), env, fill)}
    here, absent = engines.peers_here()
    if "wasmtime" in here:
        folder = common.WORK / "wasmtime-cache"
        config = common.WORK / "wasmtime-cache.toml"
        config.write_text(f'[cache]\ndirectory = "{folder}"\n')
        cached = program.wasmtime("-C", f"cache=y,cache-config={config}")
        result["wasmtime cold"] = (cached, {}, lambda: shutil.rmtree(folder, ignore_errors=True))
        result["wasmtime warm"] = (cached, {}, lambda: common.run(cached))
        result["wasmtime winch cold"] = (program.wasmtime("-C", "cache=n,compiler=winch"), {}, None)
    if "node" in here:
        result["node"] = (program.node(), {}, None)
    if program.module.stat().st_size < LARGE_BYTES_MIN:
        result.update(small_cases(program, env, clear, here))
    return result, absent


def small_cases(program, env, clear, here):
    """What else is worth a look where compiling takes no time."""
    ours = engines.Proa()
    result = {
        "proa cold, optimized": (program.proa("--tier", "optimized"), env, clear),
        "proa ready": (ours.command(ours.prepare(program.module)), env, None),
        "native": ([common.native(common.BENCH / "programs/hello.c")], {}, None),
    }
    for name in ("wasmtime", "wasmer", "wasmedge", "iwasm", "wasm3"):
        if name in here:
            result[f"{name} ready"] = (here[name].command(here[name].prepare(program.module)), {}, None)
    return result


def one_program(program, rounds):
    timer = common.native(common.BENCH / "programs/first_output.c", flags=("-D_GNU_SOURCE",))
    table, absent = cases(program)
    times = {name: [] for name in table}
    failed = {}
    for _ in range(rounds):
        for name, (command, env, before) in table.items():
            if before:
                before()
            code, out, err = common.measured([timer, "1", *command], env=env)
            if code != 0:
                failed[name] = f"exit {code}: {' '.join(err.split())[:300]}"
                continue
            times[name].append([int(word) / 1e6 for word in out.split()])
    rows = {}
    for name, taken in times.items():
        if name in failed or not taken:
            continue
        rows[name] = {"first_ms": common.spread([first for first, _ in taken]),
                      "end_ms": common.spread([end for _, end in taken])}
        print(f"  {name:20} {rows[name]['first_ms']['median']:9.3f} ms to the first byte, "
              f"{rows[name]['end_ms']['median']:9.3f} ms in all", flush=True)
    for name, why in failed.items():
        print(f"  failed: {name}: {why}")
    return rows, failed, absent


def ratio(rows, ours, is_theirs):
    """How many times as long the fastest of those takes, program by program."""
    found = []
    for row in rows.values():
        theirs = [case["first_ms"]["median"] for name, case in row.items() if is_theirs(name)]
        if ours in row and theirs:
            found.append(min(theirs) / row[ours]["first_ms"]["median"])
    if not found:
        return {"geomean": None, "least": None}
    return {"geomean": common.digits(common.geomean(found)), "least": common.digits(min(found))}


def measure(options):
    table, missing = programs()
    rows, failed, absent = {}, {}, []
    for name, program in table.items():
        if options.only not in name:
            continue
        print(name, flush=True)
        is_large = program.module.stat().st_size >= LARGE_BYTES_MIN
        rows[name], wrong, absent = one_program(program, options.rounds or (LARGE_ROUNDS if is_large else ROUNDS))
        if wrong:
            failed[name] = wrong
    cold = {name: row["proa cold"]["first_ms"]["median"] for name, row in rows.items() if "proa cold" in row}
    is_peer = lambda name: name.split()[0] not in ("proa", "native")
    against = ratio(rows, "proa cold", lambda name: name == "wasmtime cold")
    return {
        "hello_ms": cold.get("hello"), "python_ms": cold.get("python"),
        "vs_wasmtime_geomean": against["geomean"], "vs_wasmtime_least": against["least"],
        "warm_vs_best_peer": ratio(rows, "proa warm", is_peer),
        "cases": rows.get("hello", {}), "programs": {name: row for name, row in rows.items() if name != "hello"},
        "failed": failed, "missing": missing, "absent": absent,
        "rounds": options.rounds or [ROUNDS, LARGE_ROUNDS],
    }
