"""Where things are, how a program is run and timed, and statistics.

SPDX-License-Identifier: Apache-2.0
"""
import json
import math
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "bench"
RESULTS = BENCH / "results"
BUILD = pathlib.Path(os.environ.get("PROA_BUILD", ROOT / "build/release"))
WORK = ROOT / "build/bench-work"
TESTDATA = pathlib.Path(os.environ.get("PROA_TESTDATA", ROOT.parent / "shared/testdata"))
PEERS = pathlib.Path(os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share") / "proa-bench/bin"
PROA = pathlib.Path(os.environ.get("PROA", BUILD / "proa"))
RUN_SECONDS_MAX = 900

# One setting for guest, compiler and native code, so that ratios compare.
CPU = "x86-64-v3" if platform.machine() == "x86_64" else "native"
CLANG = os.environ.get("PROA_BENCH_CLANG", "clang-22")

os.environ["PATH"] = f"{PEERS}:{os.environ['PATH']}"


def build():
    """The release programs and the measuring programs in C."""
    WORK.mkdir(parents=True, exist_ok=True)
    if "PROA_BUILD" not in os.environ and "PROA" not in os.environ:
        quiet = {"cwd": ROOT, "check": True, "stdout": subprocess.DEVNULL}
        subprocess.run(["cmake", "--preset", "release"], **quiet)
        subprocess.run(["cmake", "--build", "--preset", "release"], **quiet)
    if not PROA.exists():
        sys.exit(f"bench/run: {PROA} is not there; build it or set PROA_BUILD")


def c_program(name):
    """A program of bench/programs that uses include/proa, by the build."""
    subprocess.run(["cmake", "--build", BUILD, "--target", f"bench_{name}"],
                   check=True, stdout=subprocess.DEVNULL)
    return BUILD / "bench" / f"bench_{name}"


def newer(target, sources):
    return target.exists() and all(target.stat().st_mtime >= s.stat().st_mtime for s in sources)


def make(target, sources, command):
    """Run the command unless the target is newer than what it is made of."""
    if not newer(target, sources):
        subprocess.run([str(word) for word in command], check=True)
    return target


def guest(source, *, simd=False):
    """A C file to a WASI command, by the LLVM that also makes native code."""
    target = WORK / (source.stem + (".simd" if simd else "") + ".wasm")
    flags = ["-msimd128"] if simd else []
    extra = [BENCH / "kernels/main.c"] if source.parent.name == "kernels" else []
    return make(target, [source, *extra, BENCH / "kernels/kernel.h"],
                [CLANG, "--target=wasm32-wasi", "-Wno-deprecated", "-O3", "-ffp-contract=off", "-s",
                 *flags, source, *extra, "-o", target])


def native(source, *, extra=(), flags=()):
    target = WORK / (source.stem + ".native")
    return make(target, [source, *extra],
                [CLANG, "-O3", f"-march={CPU}", "-ffp-contract=off", *flags, source, *extra, "-lm", "-o", target])


# What comes before a measured command; see prefer().
PREFIX = []


def prefer():
    """Let what is measured go before all else on this machine, as far as we may."""
    if run(["chrt", "-f", "1", "true"])[0] != 0:
        sys.exit("bench/run: --realtime needs chrt and the right to use it")
    PREFIX[:] = ["chrt", "-f", "1"]


def measured(command, **options):
    return run([*PREFIX, *command], **options)


def run(command, *, env=None, seconds=RUN_SECONDS_MAX, stdin=subprocess.DEVNULL):
    """(exit code, stdout, stderr); a time-out is code None."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              errors="replace", stdin=stdin, timeout=seconds, env={**os.environ, **(env or {})})
    except subprocess.TimeoutExpired:
        return None, "", "took too long"
    return done.returncode, done.stdout, done.stderr


def usage(command, *, env=None):
    """Run a command and all it starts: (exit code, wall s, CPU s, peak bytes, stderr).

    The peak is that of the largest single process."""
    tool = native(BENCH / "programs/usage.c", flags=("-D_GNU_SOURCE",))
    read_end, write_end = os.pipe()
    with open(WORK / "stderr", "w+") as errors:
        process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3>&{write_end} {write_end}>&-', "sh", *PREFIX, tool, *[str(word) for word in command]],
            stdout=subprocess.DEVNULL, stderr=errors, stdin=subprocess.DEVNULL,
            pass_fds=(write_end,), env={**os.environ, **(env or {})})
        os.close(write_end)
        with os.fdopen(read_end) as report:
            words = report.read().split()
        process.wait()
        errors.seek(0)
        text = errors.read()
    if len(words) != 4:
        return 127, 0, 0, 0, text
    code, wall, cpu, peak = (int(word) for word in words)
    return code, wall / 1e9, cpu / 1e9, peak, text


def version_of(command, *args):
    if not shutil.which(str(command)):
        return None
    _, out, err = run([command, *args])
    lines = (out or err).strip().splitlines()
    return lines[0].strip() if lines else None


def machine():
    """What the figures depend on."""
    model = "unknown"
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return {
        "cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "native_cpu": CPU,
        "clang": version_of(CLANG, "--version"), "proa": version_of(PROA, "--version"),
        "commit": commit.stdout.strip(), "date": time.strftime("%Y-%m-%d"),
    }


def keep(name, result):
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


def spread(values):
    """Median, least and most, each to four digits."""
    return {"median": digits(statistics.median(values)), "min": digits(min(values)), "max": digits(max(values))}


def digits(value):
    return float(f"{value:.4g}")


def geomean(values):
    return math.exp(sum(math.log(v) for v in values) / len(values))


def leb128(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def code_section_size(path):
    """Bytes of a module's code section."""
    data = path.read_bytes()
    at = 8
    while at < len(data):
        kind = data[at]
        size, at = leb128(data, at + 1)
        if kind == 10:
            return size
        at += size
    return 0
