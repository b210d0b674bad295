"""How long LLVM takes for the slowest piece of a module, and for how much memory.

With one thread the compiler reports each partition when it is done, so the
processor time between two reports is that of one partition: no function takes
longer than the partition that it is in.

SPDX-License-Identifier: Apache-2.0
"""
import os
import subprocess
import time

from . import common

TARGET = "x86_64-unknown-linux-gnu"
SECONDS_MAX = 5
BYTES_MAX = 2e9


def command_of(fds, level):
    source, target, report = fds
    return [common.PROA.parent / "proa-compiler", "compile", "--input-fd", str(source), "--output-fd", str(target),
            "--report-fd", str(report), "--cpu", common.CPU, "--features", "", "--target", TARGET, level,
            "--threads", "1", "--tier", "optimized", "--module-sha256", "0" * 64]


def clock_of(pid):
    """Linux's number of the clock of another process's processor time."""
    return (~pid << 3) | 2


def gaps(report, clock):
    """(seconds, bytes of bodies) of each partition, as they come; what reading
    and planning take counts for the first."""
    before, done = 0, 0
    for line in report:
        words = line.split()
        if words[0] != "progress":
            raise RuntimeError(line.strip())
        now = time.clock_gettime(clock)
        yield now - before, int(words[1]) - done
        before, done = now, int(words[1])


def slowest(wasm, level):
    """The slowest partition of a module: seconds, bytes; and the peak of memory."""
    read_end, write_end = os.pipe()
    with open(wasm, "rb") as source, open(os.devnull, "wb") as target, os.fdopen(read_end) as report:
        fds = (source.fileno(), target.fileno(), write_end)
        process = subprocess.Popen(command_of(fds, level), pass_fds=fds)
        os.close(write_end)
        seconds, size = max(gaps(report, clock_of(process.pid)), default=(0, 0))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"exit {process.returncode}")
    peak = used.ru_maxrss * 1024
    return {"slowest_s": common.digits(seconds), "slowest_kb": common.digits(size / 1e3),
            "one_thread_peak_mb": common.digits(peak / 1e6),
            "is_within": seconds <= SECONDS_MAX and peak <= BYTES_MAX}


def all_modules(folders):
    """Every module below these folders, the smallest first, each content once."""
    seen = {}
    for folder in folders:
        for path in folder.rglob("*.wasm") if folder.exists() else ():
            seen.setdefault((path.name, path.stat().st_size), path)
    return sorted(seen.values(), key=lambda path: path.stat().st_size)


def survey(folders, level, only):
    rows, failed = {}, {}
    for path in all_modules(folders):
        name = "/".join(path.parts[-2:])
        if only not in name:
            continue
        try:
            rows[name] = row = slowest(path, level)
        except RuntimeError as why:
            failed[name] = str(why)
            continue
        print(f"{name:48} {path.stat().st_size / 1e3:9.1f} kB  slowest {row['slowest_s']:6.3f} s of {row['slowest_kb']:6.1f} kB  "
              f"peak {row['one_thread_peak_mb']:7.1f} MB{'' if row['is_within'] else '  OVER'}", flush=True)
    return rows, failed
