"""Work done by second 1, 5, 20 and 120 of a program that was never compiled.

Each program prints a line for each piece of work and never ends by itself;
lines are counted as they come. Cold: nothing of the module is cached, and the
time counts from the start of the command. Ahead: proa with the artifact that
`proa compile` made. Twenty seconds of each unless --full is given.

SPDX-License-Identifier: Apache-2.0
"""
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
        with statements.open("w") as out:
            for _ in range(STATEMENTS // 1000):
                out.write(SQL * 1000)
    table = {
        "python": ("python", [], [], ["-c", PYTHON], None),
        "quickjs": ("quickjs", ["--allow-missing-imports", "--dir", f"{folder}::/w"],
                    ["-W", "unknown-imports-trap=y", "--dir", f"{folder}::/w"], ["/w/work.js"], None),
        "sqlite": ("sqlite.wasm", [], [], ["-batch", ":memory:"], statements),
    }
    found = {name: compiling.locate(row[0]) for name, row in table.items()}
    return {name: (found[name], *row[1:]) for name, row in table.items() if found[name]}, [
        name for name in table if not found[name]]


def count_lines(command, seconds, env, stdin):
    """Lines by each of the points up to `seconds`, or None when it ends before."""
    points = [p for p in POINTS if p <= seconds]
    with open(stdin or os.devnull, "rb") as given:
        start = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdin=given, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env={**os.environ, **env}, start_new_session=True)
        lines, counts = 0, {}
        while len(counts) < len(points):
            left = start + points[len(counts)] - time.monotonic()
            if left <= 0:
                counts[points[len(counts)]] = lines
                continue
            if select.select([process.stdout], [], [], left)[0]:
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    break
                lines += chunk.count(b"\n")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    return counts if len(counts) == len(points) else None


def cases(module, ours, theirs, arguments):
    """name -> (command, environment)"""
    cache = common.WORK / "warmup-cache"
    artifact = common.WORK / f"{module.stem}.ahead.proa"
    subprocess.run([common.PROA, "compile", module, "-o", artifact], check=True, stderr=subprocess.DEVNULL)
    result = {
        "proa": ([common.PROA, "run", *ours, module, *arguments], {"PROA_CACHE_DIR": str(cache)}),
        "proa ahead": ([common.PROA, "run", *ours, artifact, *arguments], {}),
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


def one_program(row, seconds):
    module, ours, theirs, arguments, stdin = row
    table, cache = cases(module, ours, theirs, arguments)
    rows = {}
    for name, (command, env) in table.items():
        shutil.rmtree(cache, ignore_errors=True)
        counts = count_lines(command, seconds, env, stdin)
        rows[name] = counts
        print(f"  {name:16}" + ("did not run" if counts is None else "".join(
            f"{count:>10} by {point:3} s" for point, count in counts.items())), flush=True)
    return rows


def ratios(rows, point, against):
    """Of proa's lines to the best of those, program by program."""
    found = []
    for row in rows.values():
        best = max((row[name][point] for name in row if row[name] and against(name)), default=0)
        if best and row["proa"]:
            found.append(row["proa"][point] / best)
    return common.digits(common.geomean([max(r, 1e-3) for r in found])) if found else None


def measure(options):
    seconds = POINTS[-1] if options.full else QUICK_SECONDS
    table, missing = programs()
    rows = {}
    for name, row in table.items():
        if options.only in name:
            print(name, flush=True)
            rows[name] = one_program(row, seconds)
    is_peer = lambda name: not name.startswith("proa")
    return {
        "at_1s": ratios(rows, 1, is_peer), "at_last_s": ratios(rows, seconds, is_peer),
        "at_120s_vs_aot": ratios(rows, seconds, lambda name: name == "proa ahead"),
        "seconds": seconds, "lines": rows, "missing": missing,
        "versions": {"node": common.version_of("node", "--version"),
                     "wasmtime": common.version_of("wasmtime", "--version")},
    }
