"""The baseline compiler: how fast it compiles, and how fast its code is.

Compiling: processor time of `proa compile --tier baseline` and all it starts,
with and without what a module of a few bytes takes, beside V8's Liftoff (Node, every function at once, one thread, the time of
`new WebAssembly.Module`) and Wasmtime's Winch (`wasmtime compile`).
Code: the kernels by baseline code, as a multiple of LLVM's, round by round.

SPDX-License-Identifier: Apache-2.0
"""
import statistics

from . import common, compiling, engines, kernels

ROUNDS = 5
MODULES = {
    "quickjs": "quickjs", "sqlite": "sqlite.wasm", "python": "python", "ruby": "ruby", "php": "php", "esbuild": "esbuild",
}
LIFTOFF = ("--liftoff-only", "--no-wasm-lazy-compilation", "--wasm-num-compilation-tasks=1")
# Prints the milliseconds of one compilation.
LIFTOFF_SCRIPT = (
    "const b=require('fs').readFileSync(process.argv[1]);const t=process.hrtime.bigint();"
    "new WebAssembly.Module(b);console.log(Number(process.hrtime.bigint()-t)/1e6)")


class Tier(engines.Proa):
    """proa by one tier, its artifacts beside the other tier's."""

    def __init__(self, tier):
        super().__init__(f"--tier {tier}")
        self.tier = tier

    def prepare(self, wasm):
        target = wasm.with_suffix(f".{self.tier}.proa")
        return self.compile([self.program, "compile", wasm, "-o", target, "--cpu", common.CPU, *self.flags], target)


def liftoff(path, rounds):
    times = []
    for _ in range(rounds):
        code, out, _ = common.measured(["node", *LIFTOFF, "-e", LIFTOFF_SCRIPT, path])
        if code != 0:
            return None
        times.append(float(out.split()[-1]) / 1e3)
    return statistics.median(times)


def processor_time(command, target, rounds):
    times, peaks = [], []
    for _ in range(rounds):
        # To free the pages of the last round's file is not this one's work.
        target.unlink(missing_ok=True)
        code, _, cpu, peak, _ = common.usage([*common.PREFIX, *command], env={"PROA_CACHE_DIR": ""})
        if code != 0:
            return None, None
        times.append(cpu)
        peaks.append(peak)
    return statistics.median(times), max(peaks)


def compile_rates(options, rounds):
    target = common.WORK / "baseline.out"
    rows, missing = {}, []
    empty = common.WORK / "empty.wasm"
    empty.write_bytes(b"\0asm\1\0\0\0")
    start, start_peak = processor_time(
        [common.PROA, "compile", "--tier", "baseline", empty, "-o", target], target, 3 * rounds)
    print(f"the start alone: {start * 1e3:.1f} ms, {start_peak / 1e6:.1f} MB")
    print(f"{'module':10} {'code kB':>9} {'proa MB/s':>10} {'liftoff':>8} {'winch':>8} {'peak/module':>11}")
    for name, word in MODULES.items():
        path = compiling.locate(word)
        if options.only not in name:
            continue
        if path is None:
            missing.append(name)
            continue
        size = common.code_section_size(path) / 1e6
        seconds, peak = processor_time(
            [common.PROA, "compile", "--tier", "baseline", path, "-o", target], target, rounds)
        row = {"code_kb": common.digits(size * 1e3), "mb_per_core_second": common.digits(size / seconds),
               "without_start": common.digits(size / max(seconds - start, 1e-4)),
               "peak_per_module_byte": common.digits(peak / path.stat().st_size)}
        theirs = liftoff(path, rounds) if common.version_of("node", "--version") else None
        row["liftoff"] = common.digits(size / theirs) if theirs else None
        winch = None
        if common.version_of("wasmtime", "--version"):
            winch, _ = processor_time(["wasmtime", "compile", "-C", "compiler=winch", path, "-o", target], target, 1)
        row["winch"] = common.digits(size / winch) if winch else None
        rows[name] = row
        print(f"{name:10} {size * 1e3:9.1f} {row['mb_per_core_second']:10.1f} {row['liftoff'] or '-':>8} "
              f"{row['winch'] or '-':>8} {row['peak_per_module_byte']:11.2f}", flush=True)
    return rows, missing


def code_ratios(options, rounds):
    tiers = [Tier("baseline"), Tier("optimized")]
    rows = {}
    for source in kernels.sources(options.only):
        wasm = common.guest(source)
        commands = [t.command(t.prepare(wasm), str(kernels.REPETITIONS)) for t in tiers]
        ratios = []
        for number in range(rounds):
            order = (0, 1) if number % 2 == 0 else (1, 0)
            ns = {i: kernels.one_run(commands[i])[1] for i in order}
            ratios.append(ns[0] / ns[1])
        rows[source.stem] = common.spread(ratios)
        print(f"{source.stem:12} {rows[source.stem]['median']:6.2f} of LLVM's time", flush=True)
    return rows


def measure(options):
    rounds = options.rounds or ROUNDS
    rates, missing = compile_rates(options, rounds)
    codes = code_ratios(options, rounds)
    speeds = [row["mb_per_core_second"] for row in rates.values()]
    against = [row["mb_per_core_second"] / row["liftoff"] for row in rates.values() if row["liftoff"]]
    return {
        "mb_code_per_s_core": common.digits(common.geomean(speeds)) if speeds else None,
        "vs_liftoff": common.digits(common.geomean(against)) if against else None,
        "code_vs_llvm": common.digits(common.geomean([r["median"] for r in codes.values()])) if codes else None,
        "compile": rates, "code": codes, "missing": missing, "rounds": rounds,
        "versions": {"node": common.version_of("node", "--version"), "wasmtime": common.version_of("wasmtime", "--version")},
    }
