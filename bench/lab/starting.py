"""One start: what it needs, its clock, its weight.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
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


class Started:
    """What a command has started, once it has answered: `ns` after its start. It lives until
    it is ended, and no longer than we do (lab_first sees to it)."""

    def __init__(self, command, port, which, env=None, seconds=START_SECONDS_MAX, target=TARGET):
        words = [places.program("lab_first"), port, target, seconds, *command]
        self.child = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, text=True, env={**os.environ, **(env or {})},
                                      preexec_fn=host.pin(which))
        said = ""
        try:
            said = self.child.stdout.readline()
        finally:
            if not said:
                self.end()
        if not said:
            raise RuntimeError("no good answer")
        self.ns, self.pid = (int(word) for word in said.split())

    def end(self):
        """With all that came of it."""
        self.child.stdin.close()
        self.child.wait()
        self.child.stdout.close()


def start(prepared, port, which):
    """What `prepared` starts, and has answered."""
    prepared.before(port)
    command, env = prepared.start(port) or ([], {})
    try:
        return Started(command, port, which, env)
    except BaseException:
        prepared.after(port)
        raise


def one_start(prepared, which):
    """Nanoseconds of one start, which is ended at once."""
    port = host.free_port()
    started = start(prepared, port, which)
    started.end()
    prepared.after(port)
    return started.ns


def weigh(prepared, which, extra):
    """Bytes of one at rest, and what each of `extra` further ones adds."""
    ports, rest = [], 0
    try:
        for number in range(extra + 1):
            port = host.free_port()
            ports.append((port, start(prepared, port, which)))
            if number == 0:
                time.sleep(SETTLE_SECONDS)
                rest = prepared.weight(ports[0][1].pid)
        time.sleep(SETTLE_SECONDS)
        every = sum(prepared.weight(started.pid) for _, started in ports)
    finally:
        for port, started in ports:
            started.end()
            prepared.after(port)
    return rest, (every - rest) / extra
