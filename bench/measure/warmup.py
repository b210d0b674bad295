"""Work done by second 1, 5, 20 and 120 of a program that was never compiled.

Each program prints a line for each piece of work and never ends by itself;
lines are counted as they come, and told at each of these seconds. Cold: nothing
of the module is cached, and the time counts from the start of the command.
Ahead: proa with the artifact that `proa compile` made. Twenty seconds of each
unless --full is given: that takes two minutes a program and engine, but for the
two of one quick tier, whose code gets no better after twenty seconds; some 28
minutes in all. --by names fewer engines, --only one program. What was measured so far is in
build/bench-work/warmup.json, also when it is interrupted.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import select
import shutil
import signal
import subprocess
import time

from . import common, compiling

POINTS = (1, 5, 20, 120)
QUICK_SECONDS = 20
STATEMENTS = 2_000_000
ONE_TIER = ("proa baseline", "wasmtime winch")

PYTHON = """
n = 0
while True:
    words = {}
    for i in range(2000):
        key = "k%d" % (i * 7919 % 1009)
        words[key] = words.get(key, 0) + i
    n += sum(sorted(words.values())[:10])
    print(n, flush=True)
"""
JAVASCRIPT = """
let n = 0;
for (;;) {
    const words = new Map();
    for (let i = 0; i < 2000; i++) {
        const key = "k" + (i * 7919 % 1009);
        words.set(key, (words.get(key) || 0) + i);
    }
    n += [...words.values()].sort((a, b) => a - b)[3];
    print(n);
}
"""
SQL = "with recursive c(x) as (select 1 union all select x + 1 from c where x < 2000) select sum(x * x % 7) from c;\n"


def programs():
    """name -> (module, options of proa, options of wasmtime, arguments, standard input)"""
    folder = common.WORK / "warmup"
    folder.mkdir(exist_ok=True)
    (folder / "work.js").write_text(JAVASCRIPT)
    statements = folder / "work.sql"
    if not statements.exists():
        draft = folder / "work.sql.draft"
        with draft.open("w") as out:
            for _ in range(STATEMENTS // 1000):
                out.write(SQL * 1000)
        draft.rename(statements)
    table = {
        "python": ("python", [], [], ["-c", PYTHON], None),
        "quickjs": ("quickjs", ["--allow-missing-imports", "--dir", f"{folder}::/w"],
                    ["-W", "unknown-imports-trap=y", "--dir", f"{folder}::/w"], ["/w/work.js"], None),
        "sqlite": ("sqlite.wasm", [], [], ["-batch", ":memory:"], statements),
    }
    found = {name: compiling.locate(row[0]) for name, row in table.items()}
    return {name: (found[name], *row[1:]) for name, row in table.items() if found[name]}, [
        name for name in table if not found[name]]


def count_lines(command, seconds, env, stdin, tell):
    """Lines by each of the points up to `seconds`, or None when it ends before."""
    points = [p for p in POINTS if p <= seconds]
    with open(stdin or os.devnull, "rb") as given:
        start = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdin=given, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env={**os.environ, **env}, start_new_session=True)
    lines, counts = 0, {}
    try:
        while len(counts) < len(points):
            left = start + points[len(counts)] - time.monotonic()
            if left <= 0:
                tell(points[len(counts)], lines)
                counts[points[len(counts)]] = lines
                continue
            if select.select([process.stdout], [], [], left)[0]:
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    break
                lines += chunk.count(b"\n")
    finally: # also when we are interrupted
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        process.stdout.close()
    return counts if len(counts) == len(points) else None


def cases(module, ours, theirs, arguments):
    """name -> (command, environment)"""
    cache = common.WORK / "warmup-cache"
    artifact = common.WORK / f"{module.stem}.ahead.proa"
    artifact.unlink(missing_ok=True)
    common.run([common.PROA, "compile", module, "-o", artifact])
    result = {
        "proa": ([common.PROA, "run", *ours, module, *arguments], {"PROA_CACHE_DIR": str(cache)}),
        "proa ahead": ([common.PROA, "run", *ours, artifact, *arguments], {}), # without it, it "did not run"
        "proa baseline": ([common.PROA, "run", "--tier", "baseline", *ours, module, *arguments],
                          {"PROA_CACHE_DIR": str(cache)}),
    }
    if common.version_of("wasmtime", "--version"):
        result["wasmtime"] = (["wasmtime", "run", "-C", "cache=n", *theirs, module, *arguments], {})
        result["wasmtime winch"] = (
            ["wasmtime", "run", "-C", "cache=n,compiler=winch", *theirs, module, *arguments], {})
    if common.version_of("node", "--version"):
        folders = [word for word in ours if word == "--dir" or "::" in word]
        result["node"] = (["node", "--no-warnings", common.BENCH / "programs/wasi.mjs", *folders, module, *arguments], {})
    return result, cache


def names_of(options, table):
    """The engines that are asked for."""
    return [name for name in table if not options.by or name in options.by.split(",")]


def one_program(row, seconds, options, keep):
    module, ours, theirs, arguments, stdin = row
    table, cache = cases(module, ours, theirs, arguments)
    rows = {}
    for name in names_of(options, table):
        command, env = table[name]
        shutil.rmtree(cache, ignore_errors=True)
        print(f"  {name:16}", end="", flush=True)
        rows[name] = count_lines(command, min(seconds, QUICK_SECONDS) if name in ONE_TIER else seconds, env, stdin,
                                 lambda point, lines: print(f"{lines:>10} by {point:3} s", end="", flush=True))
        print("  did not run" if rows[name] is None else "", flush=True)
        keep(rows)
    return rows


def ratios(rows, against, last, lines):
    """Of proa's lines to the best of those that ran until `last`, program by program; lines: of an engine's counts."""
    found = []
    for row in rows.values():
        best = max((lines(row[name]) for name in row if row[name] and last in row[name] and against(name)), default=0)
        if best and row.get("proa"):
            found.append(lines(row["proa"]) / best)
    return common.digits(common.geomean([max(r, 1e-3) for r in found])) if found else None


def measure(options):
    seconds = POINTS[-1] if options.full else QUICK_SECONDS
    points = [p for p in POINTS if p <= seconds]
    table, missing = programs()
    rows = {}
    for name, row in table.items():
        if options.only in name:
            print(name, flush=True)

            def keep(part, name=name):
                rows[name] = part
                (common.WORK / "warmup.json").write_text(json.dumps(rows))

            one_program(row, seconds, options, keep)
    is_peer = lambda name: not name.startswith("proa")
    is_ahead = lambda name: name == "proa ahead"
    vs_ahead = ratios(rows, is_ahead, seconds, lambda counts: counts[seconds])
    return {
        "at_1s": ratios(rows, is_peer, 1, lambda counts: counts[1]),
        "at_120s_vs_aot": vs_ahead if options.full else None,
        "vs_peers": {f"{p}s": ratios(rows, is_peer, p, lambda counts, p=p: counts[p]) for p in points},
        "vs_aot": {f"{p}s": ratios(rows, is_ahead, p, lambda counts, p=p: counts[p]) for p in points},
        # the rate since the point before: what the code that is reached is worth
        "rate_vs_aot": ratios(rows, is_ahead, points[-1], lambda counts: counts[points[-1]] - counts[points[-2]]),
        "seconds": seconds, "lines": rows, "missing": missing,
        "versions": {"node": common.version_of("node", "--version"),
                     "wasmtime": common.version_of("wasmtime", "--version")},
    }
