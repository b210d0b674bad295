"""One start: what it needs, its clock, its weight.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import os
import pathlib
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Callable

from lab import host, places

TARGET = "/items?n=1"
START_SECONDS_MAX = 60
SETTLE_SECONDS = 0.3  # before it is weighed


@dataclass
class Prepared:
    """`start` gives (command, environment) for a port, or None for a server that
    `before` started; `image_bytes`: what has to be shipped."""

    start: Callable
    image_bytes: int
    before: Callable = lambda port: None  # before each start
    after: Callable = lambda port: None
    weight: Callable = host.memory_bytes  # of the process that was started
    note: str = ""
    can_weigh: bool = True


def size_of(*paths):
    total = 0
    for path in map(pathlib.Path, paths):
        files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file() and not one.is_symlink()]
        total += sum(one.stat().st_size for one in files)
    return total


def libraries_of(program):
    """The shared libraries that a program loads."""
    text = subprocess.run(["ldd", str(program)], capture_output=True, text=True).stdout
    return sorted({pathlib.Path(word).resolve() for word in text.split() if word.startswith("/") and
                   pathlib.Path(word).exists()})


def first(prepared, port, which):
    """(nanoseconds, process number) of one start; the process goes on."""
    command, env = prepared.start(port) or ([], {})
    words = [places.program("lab_first"), port, TARGET, START_SECONDS_MAX, *command]
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          stdin=subprocess.DEVNULL, env={**os.environ, **env}, preexec_fn=host.pin(which))
    if done.returncode != 0:
        raise RuntimeError("no good answer")
    ns, pid = (int(word) for word in done.stdout.split())
    return ns, pid


def end(prepared, port, pid):
    if pid:
        for one in reversed(host.tree(pid)):
            with contextlib.suppress(OSError):
                os.kill(one, signal.SIGKILL)
    prepared.after(port)


def one_start(prepared, which):
    """Nanoseconds of one start, which is ended at once."""
    port = host.free_port()
    prepared.before(port)
    try:
        ns, pid = first(prepared, port, which)
    except (RuntimeError, OSError):
        prepared.after(port)
        raise
    end(prepared, port, pid)
    return ns


def weigh(prepared, which, extra):
    """Bytes of one at rest, and what each of `extra` further ones adds."""
    pids, rest = [], 0
    try:
        for number in range(extra + 1):
            port = host.free_port()
            prepared.before(port)
            pids.append((port, first(prepared, port, which)[1]))
            if number == 0:
                time.sleep(SETTLE_SECONDS)
                rest = prepared.weight(pids[0][1])
        time.sleep(SETTLE_SECONDS)
        every = sum(prepared.weight(pid) for _, pid in pids)
    finally:
        for port, pid in pids:
            end(prepared, port, pid)
    return rest, (every - rest) / extra
