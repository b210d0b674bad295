"""Compiling ahead of time: megabytes of code section a second of processor
time, the memory it takes, and the size of what comes out.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import statistics

from . import common, engines, partitions

ROUNDS = 3
DEFAULT_LEVEL = "-O2"
SLOW_BYTES_MIN = 2e6 # one round, and not at the level that optimises all

# small, middle and large; those of published packages lie in the folder that
# the suite of real programs fetches them to.
PACKAGES = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "proa-testdata"
MODULES = {
    "noop": common.TESTDATA / "sightglass/noop/benchmark.wasm",
    "base64": common.TESTDATA / "sightglass/shootout/shootout-base64.wasm",
    "blake3": common.TESTDATA / "sightglass/blake3-scalar/benchmark.wasm",
    "bz2": common.TESTDATA / "sightglass/bz2/benchmark.wasm",
    "pulldown-cmark": common.TESTDATA / "sightglass/pulldown-cmark/benchmark.wasm",
    "regex": common.TESTDATA / "sightglass/regex/benchmark.wasm",
    "sqlite3": common.TESTDATA / "sightglass/sqlite3/sqlite3.wasm",
    "rust hello": common.TESTDATA / "reactr/hello-echo.wasm",
    "quickjs": "quickjs", "ruby": "ruby", "python": "python",
}


def locate(module):
    """A path, or the largest .wasm of a package whose name holds the word."""
    if isinstance(module, pathlib.Path):
        return module if module.exists() else None
    found = [p for p in PACKAGES.rglob("*.wasm") if module in p.name.lower()] if PACKAGES.exists() else []
    return max(found, key=lambda p: p.stat().st_size) if found else None


def tools(flags):
    target = common.WORK / "compiled"
    words = flags.split()
    level = [word for word in words if word.startswith("-O")]
    table = {}
    for o in level or ["-O0", DEFAULT_LEVEL, "-O3"]:
        rest = [word for word in words if not word.startswith("-O")]
        table[f"proa {o}"] = lambda wasm, o=o: [
            common.PROA, "compile", wasm, "-o", target, "--cpu", common.CPU, o, *rest]
    table["proa baseline"] = lambda wasm: [
        common.PROA, "compile", wasm, "-o", target, "--tier", "baseline"]
    here, _ = engines.peers_here()
    if "wasmtime" in here:
        table["wasmtime"] = lambda wasm: ["wasmtime", "compile", wasm, "-o", target]
        table["wasmtime winch"] = lambda wasm: ["wasmtime", "compile", "-C", "compiler=winch", wasm, "-o", target]
    return table, target


def one(command, target, code_bytes, rounds):
    walls, cpus, peaks = [], [], []
    for _ in range(rounds):
        target.unlink(missing_ok=True)
        code, wall, cpu, peak, err = common.usage(command, env={"PROA_CACHE_DIR": ""})
        if code != 0:
            return None, f"exit {code}: {err.strip()[-200:]}"
        walls.append(wall)
        cpus.append(cpu)
        peaks.append(peak)
    return {
        "wall_s": common.spread(walls), "cpu_s": common.spread(cpus),
        "mb_per_core_second": common.digits(code_bytes / 1e6 / statistics.median(cpus)),
        "peak_mb": common.digits(max(peaks) / 1e6),
        "output_kb": common.digits(target.stat().st_size / 1e3),
        "output_per_code_byte": common.digits(target.stat().st_size / max(code_bytes, 1)),
    }, None


def rate(modules, by, names):
    """Bytes of all these modules by the processor time of all."""
    seconds = sum(modules[name][by]["cpu_s"]["median"] for name in names)
    return sum(modules[name]["code_kb"] for name in names) / 1e3 / seconds if names else None


def totals(modules):
    """The default level: all modules as one; that against wasmtime's."""
    ours = f"proa {DEFAULT_LEVEL}"
    names = [name for name in modules if ours in modules[name]]
    both = [name for name in names if "wasmtime" in modules[name]]
    if not names:
        return {}
    result = {"mb_code_per_s_core": common.digits(rate(modules, ours, names))}
    if both:
        result["vs_wasmtime"] = common.digits(rate(modules, ours, both) / rate(modules, "wasmtime", both))
    return result


def limits(options):
    """All modules of the test data: does any go past what one may take?"""
    rows, failed = partitions.survey([common.TESTDATA / "sightglass", common.TESTDATA / "reactr", PACKAGES],
                                     DEFAULT_LEVEL, options.only)
    return {"partitions": rows, "partitions_failed": failed,
            "partitions_over": [name for name, row in rows.items() if not row["is_within"]]}


def measure(options):
    table, target = tools(options.flags)
    modules, missing, failed = {}, [], {}
    print(f"{'module':16} {'code kB':>9} {'by':16} {'MB/s/core':>9} {'wall s':>8} {'peak MB':>8} {'file kB':>9}")
    for name, place in MODULES.items():
        path = locate(place)
        if options.only not in name:
            continue
        if path is None:
            missing.append(name)
            continue
        code_bytes = common.code_section_size(path)
        rounds = options.rounds or (ROUNDS if code_bytes < SLOW_BYTES_MIN else 1)
        modules[name] = {"code_kb": common.digits(code_bytes / 1e3), "module_kb": common.digits(path.stat().st_size / 1e3)}
        for by, command in table.items():
            if by == "proa -O3" and code_bytes > SLOW_BYTES_MIN and not options.flags:
                continue
            row, why = one(command(path), target, code_bytes, rounds)
            if row is None:
                failed.setdefault(name, {})[by] = why
                print(f"{name:16} {code_bytes / 1e3:9.1f} {by:16} failed: {why}")
                continue
            modules[name][by] = row
            print(f"{name:16} {code_bytes / 1e3:9.1f} {by:16} {row['mb_per_core_second']:9.3f} "
                  f"{row['wall_s']['median']:8.3f} {row['peak_mb']:8.1f} {row['output_kb']:9.1f}", flush=True)
    result = {**totals(modules), "modules": modules, "missing": missing, "failed": failed,
              "wasmtime": common.version_of("wasmtime", "--version")}
    return {**result, **limits(options)} if options.full else result
