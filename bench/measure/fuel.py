"""What counting fuel costs: our kernels with and without it, and the same of
Wasmtime.

As for the kernels: each program times itself, both kinds run in turn, a figure
is the least time of a process, a ratio is taken within a round, and what is
reported is the median of the rounds.

SPDX-License-Identifier: Apache-2.0
"""
from . import common, kernels

ROUNDS = 5
FUEL = str(10**17)
WASMTIME = ["wasmtime", "run", "--allow-precompiled"]


def compiled(wasm, name, command):
    target = common.WORK / f"{wasm.stem}.{name}"
    code, _, err = common.run([*command, "-o", target, wasm])
    if code != 0:
        raise RuntimeError(err)
    return target


def commands_of(wasm, flags, wanted):
    """series -> (plain command, the one that counts)"""
    proa = [common.PROA, "compile", "--cpu", common.CPU, *flags.split()]
    result = {}
    for name, more in {"proa": [], "proa-baseline": ["--tier", "baseline"]}.items():
        if name not in wanted:
            continue
        plain = compiled(wasm, f"{name}.plain.proa", [*proa, *more])
        counting = compiled(wasm, f"{name}.fuel.proa", [*proa, *more, "--fuel"])
        result[name] = ([common.PROA, "run", plain], [common.PROA, "run", "--fuel", FUEL, counting])
    if "wasmtime" in wanted and common.version_of("wasmtime", "--version"):
        compile = ["wasmtime", "compile"]
        plain = compiled(wasm, "plain.cwasm", compile)
        counting = compiled(wasm, "fuel.cwasm", [*compile, "-W", f"fuel={FUEL}"])
        result["wasmtime"] = ([*WASMTIME, plain], [*WASMTIME, "-W", f"fuel={FUEL}", counting])
    return result


def ratio(commands, turn):
    times = [0, 0]
    sums = [None, None]
    for which in ((0, 1), (1, 0))[turn % 2]:
        sums[which], times[which] = kernels.one_run([*commands[which], str(kernels.REPETITIONS)])
        if sums[which] is None:
            raise RuntimeError(times[which])
    if sums[0] != sums[1]:
        raise RuntimeError("the checksums differ")
    return times[1] / times[0]


def measure(options):
    rounds = options.rounds or ROUNDS
    wanted = options.by.split(",") if options.by else ["proa", "proa-baseline", "wasmtime"]
    rows, names = {}, []
    for source in kernels.sources(options.only):
        series = commands_of(common.guest(source), options.flags, wanted)
        names = list(series)
        values = {name: [] for name in series}
        for turn in range(rounds):
            for name, commands in series.items():
                values[name].append(ratio(commands, turn))
        rows[source.stem] = {name: common.spread(v) for name, v in values.items()}
        print(f"{source.stem:12} " + "  ".join(f"{n} {r['median']:5.3f}" for n, r in rows[source.stem].items()),
              flush=True)
    geomeans = {name: common.digits(common.geomean([row[name]["median"] for row in rows.values()])) for name in names}
    ours = {kernel: row["proa"]["median"] for kernel, row in rows.items()}
    worst = max(ours, key=ours.get)
    print("geomean      " + "  ".join(f"{n} {v:5.3f}" for n, v in geomeans.items()))
    return {"overhead": common.digits(geomeans["proa"] - 1), "worst": common.digits(ours[worst] - 1),
            "worst_kernel": worst, "geomeans": geomeans, "rounds": rounds,
            "repetitions": kernels.REPETITIONS, "flags": options.flags, "kernels": rows}
