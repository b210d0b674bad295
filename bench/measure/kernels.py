"""Our kernels: how long the guest needs, as a multiple of native code.

Guest and native program come from the same source by the same compiler at -O3.
Each program times itself and repeats its work in one process; a round runs
every engine once, in an order that turns, so that what disturbs the machine
disturbs all of them. A figure is the least time of a process; a ratio is taken
within a round; what is reported is the median of the rounds' ratios.

SPDX-License-Identifier: Apache-2.0
"""
import statistics

from . import common, engines

REPETITIONS = 4
ROUNDS = 7


def sources(only):
    skip = {"main.c"}
    return [p for p in sorted((common.BENCH / "kernels").glob("*.c")) if p.name not in skip and only in p.stem]


def series(flags):
    """name -> (engine or None for native, is simd)"""
    here, absent = engines.peers_here()
    proa = engines.Proa(flags)
    baseline = engines.Proa("--tier baseline", ".baseline.proa")
    result = {"native": (None, False), "proa": (proa, False), "proa-baseline": (baseline, False)}
    for name, engine in here.items():
        result[name] = (engine, False)
    for name, engine in {"proa": proa, **here}.items():
        if name in ("proa", "node", "wasmtime"):
            result[f"{name}-simd"] = (engine, True)
    return result, absent


def family(source):
    """The word before the colon in the file's first sentence."""
    return source.read_text().split("*", 2)[2].strip().split(":", 1)[0]


def one_run(command):
    """(checksum, least nanoseconds) or the reason why not."""
    code, out, err = common.measured(command, seconds=120)
    lines = out.split()
    if code != 0 or len(lines) != REPETITIONS + 1:
        return None, f"exit {code}: {err.strip()[-160:]}"
    return lines[0], min(int(line) for line in lines[1:])


def prepare(source, all_series):
    """The command of each engine for this kernel."""
    commands, broken = {}, {}
    for name, (engine, simd) in all_series.items():
        try:
            if engine is None:
                program = common.native(source, extra=(common.BENCH / "kernels/main.c",))
                commands[name] = [program, str(REPETITIONS)]
            else:
                ready = engine.prepare(common.guest(source, simd=simd))
                commands[name] = engine.command(ready, str(REPETITIONS))
        except (RuntimeError, OSError) as error:
            broken[name] = str(error)
    return commands, broken


def measure_kernel(source, all_series, rounds):
    commands, broken = prepare(source, all_series)
    times = {name: [] for name in commands}
    expected = None
    for number in range(rounds):
        names = list(commands)
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            if name in broken:
                continue
            checksum, ns = one_run(commands[name])
            if checksum is None:
                broken[name] = ns
                continue
            expected = expected or checksum
            if checksum != expected:
                broken[name] = f"checksum {checksum}, expected {expected}"
            times[name].append(ns)
    return {name: t for name, t in times.items() if name not in broken and len(t) == rounds}, broken


def measure(options):
    all_series, absent = series(options.flags)
    if options.by:
        wanted = {"native", *options.by.split(",")}
        all_series = {name: how for name, how in all_series.items() if name in wanted}
    rounds = options.rounds or ROUNDS
    names = [name for name in all_series if name != "native"]
    rows, failures = {}, {}
    print(f"{'kernel':12} {'native ms':>9} " + " ".join(f"{name:>14}" for name in names))
    for source in sources(options.only):
        times, broken = measure_kernel(source, all_series, rounds)
        if broken:
            failures[source.stem] = broken
        if "native" not in times:
            continue
        row = {"family": family(source), "native_ms": common.spread([t / 1e6 for t in times["native"]])}
        for name in names:
            if name in times:
                row[name] = common.spread([t / n for t, n in zip(times[name], times["native"])])
        rows[source.stem] = row
        print(f"{source.stem:12} {row['native_ms']['median']:9.2f} " + " ".join(
            f"{row[n]['median']:7.2f}{'±%.2f' % ((row[n]['max'] - row[n]['min']) / 2):>7}" if n in row
            else f"{'-':>14}" for n in names), flush=True)
    geomeans = {}
    for name in names:
        values = [row[name]["median"] for row in rows.values() if name in row]
        if values:
            geomeans[name] = common.digits(common.geomean(values))
    print(f"{'geomean':22} " + " ".join(f"{geomeans.get(n, 0):7.2f}       " for n in names))
    for kernel, broken in failures.items():
        for name, why in broken.items():
            print(f"failed: {kernel} by {name}: {why}")
    ours = {kernel: row["proa"]["median"] for kernel, row in rows.items() if "proa" in row}
    worst = max(ours, key=ours.get) if ours else None
    families = {}
    for kernel, ratio in ours.items():
        families.setdefault(rows[kernel]["family"], []).append(ratio)
    return {
        "geomean_vs_native": geomeans.get("proa"), "worst": ours.get(worst), "worst_kernel": worst,
        "kernel_count": len(ours), "median_ratio": common.digits(statistics.median(ours.values())) if ours else None,
        "geomeans": geomeans, "families": {f: common.digits(common.geomean(v)) for f, v in families.items()},
        "rounds": rounds, "repetitions": REPETITIONS, "flags": options.flags, "failed": failures, "absent": absent,
        "versions": {n: e.version() for n, (e, simd) in all_series.items() if e and not simd},
        "kernels": rows,
    }
