"""Where the lab keeps things and finds tools.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import functools
import math
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

from lab import host

HOME = pathlib.Path.home()
DATA = pathlib.Path(os.environ.get("XDG_DATA_HOME") or HOME / ".local/share")
PEERS = DATA / "proa-bench"  # as bench/peers fills it
WORK = pathlib.Path(os.environ.get("PROA_LAB_WORK") or
                    pathlib.Path(os.environ.get("XDG_CACHE_HOME") or HOME / ".cache") / "proa-lab")
RUNS = pathlib.Path(os.environ.get("PROA_LAB_RUNS") or DATA / "proa-lab")
BUILD = pathlib.Path(os.environ.get("PROA_BUILD", host.ROOT / "build/release"))
PROA = pathlib.Path(os.environ.get("PROA", BUILD / "proa"))
INSTALLED = host.HERE.parent.parent.parent / "libexec/proa/lab"  # programs beside share/proa/lab
VARIANTS = host.HERE / "variants"
NATIVE_CPU = "x86-64-v3"
BUILDING = threading.Lock()
OPTIMISED = ("-O3", "-ffp-contract=off", "-D_GNU_SOURCE")

os.environ["PATH"] = f"{PEERS / 'bin'}:{os.environ['PATH']}"
BUILD_SECONDS_MAX = 1800
DEADLINE = [math.inf]  # when building must be over, by time.monotonic()


class BuildError(Exception):
    """Why something could not be built, in one line."""


def clang():
    """The newest clang that makes WebAssembly, the same for guest and native."""
    for name in ("clang-22", "clang-19", "clang"):
        if shutil.which(name):
            return name
    return None


class NoTime(BuildError):
    """It was not built because the time for building is over."""


def run(command, cwd=None, env=None):
    """A build step; what it said is the error when it fails."""
    seconds = min(BUILD_SECONDS_MAX, DEADLINE[0] - time.monotonic())
    if seconds <= 0:
        raise NoTime("not built: no time is left for building")
    try:
        child = subprocess.Popen([str(word) for word in command], cwd=cwd, stdin=subprocess.DEVNULL, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="replace",
                                 env={**os.environ, **(env or {})}, start_new_session=True)
    except FileNotFoundError:
        raise BuildError(f"{command[0]} is not installed") from None
    try:
        said, wrong = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise NoTime(f"not built: the time for building was over within {command[0]}") from None
    finally:
        if child.returncode is None:  # with all that it started
            with contextlib.suppress(OSError):
                os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    if child.returncode != 0:
        raise BuildError(f"{command[0]} failed: {' | '.join((wrong or said).strip().splitlines()[-3:])[-300:]}")
    return said


def is_newer(target, sources):
    return target.exists() and all(target.stat().st_mtime >= source.stat().st_mtime for source in sources)


def work(name):
    folder = WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def yyjson():
    """The folder with yyjson.c, or None."""
    for found in sorted((PEERS / "yyjson").glob("**/yyjson.c")):
        return found.parent
    return None


def peers(name):
    """How what `bench/peers` installs is said to a person."""
    script = host.HERE / "peers"
    return f"{script if script.exists() else 'bench/peers'} {name}"


def built(name):
    """A file of the lab's own in C (bench/CMakeLists.txt): in a build folder, or installed."""
    if (BUILD / "CMakeCache.txt").exists():
        target = "lab_server" if name.startswith("liblab_server") or name.startswith("lab_server") else name
        with BUILDING:  # two at once would be one too many for a build folder
            run(["cmake", "--build", BUILD, "--target", target])
    for folder in (BUILD / "bench", INSTALLED):
        if (folder / name).exists():
            return folder / name
    raise BuildError(f"{name} is neither in {BUILD / 'bench'} nor in {INSTALLED}: build the target lab_programs, "
                     "then install")


@functools.cache
def program(name):
    """One of the lab's own programs."""
    return built(name)
