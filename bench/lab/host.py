"""This machine: cores, processes that are measured, and how quiet it is.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import ctypes
import functools
import os
import pathlib
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent  # the source tree, or where share/proa is installed
TICK = os.sysconf("SC_CLK_TCK")
START_SECONDS_MAX = 60
GOOD_GROUP = "-20"
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
QUIET_SHARE = 0.05
REALTIME = int(os.environ.get("PROA_LAB_REALTIME", "0"))  # priority; 0: none


@functools.cache
def cores():
    """The cores we may use, in order: as it was when we began."""
    return sorted(os.sched_getaffinity(0))


def split_cores(count=1):
    """(cores for servers, cores for load): apart if there are enough."""
    have = cores()
    if len(have) == 1:
        return have, have
    servers = have[-count:] if count < len(have) else have[1:]
    return servers, [core for core in have if core not in servers]


def pin_self():
    """We stay off the servers' cores."""
    os.sched_setaffinity(0, split_cores()[1])


def pin(which):
    """What a child does before it starts: its own session, cores, priority.

    The scheduler shares the processor between sessions (autogroups) first; the
    group's nice value, not the process's, keeps other sessions' work away. Where
    others work at real-time priority, only the same (REALTIME) helps. Nothing
    that we started outlives us: it would disturb the run that goes on."""
    parent = os.getpid()

    def prepare():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        os.setsid()
        os.sched_setaffinity(0, which)
        with contextlib.suppress(OSError):
            pathlib.Path("/proc/self/autogroup").write_text(GOOD_GROUP)
        if REALTIME:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REALTIME))
    return prepare


def has_priority():
    """Whether other sessions' work can be kept away."""
    probe = subprocess.run(["cat", "/proc/self/autogroup"], capture_output=True, text=True, preexec_fn=pin(cores()))
    return probe.stdout.strip().endswith(GOOD_GROUP)


def spin(seconds=0.5):
    """Of the time that we could have had a core: how much others had it."""
    ran, waited = (int(word) for word in pathlib.Path("/proc/thread-self/schedstat").read_text().split()[:2])
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    after = [int(word) for word in pathlib.Path("/proc/thread-self/schedstat").read_text().split()[:2]]
    return (after[1] - waited) / max(1, after[0] - ran + after[1] - waited)


def noise(seconds=0.5):
    """How quiet the machine is while we measure nothing: {"busy": share of the
    cores that others use, "waited": share of its time that a program, alone on
    its core but for them, waits for it: the worst core's}."""
    before, start = core_times(cores()), time.monotonic()
    time.sleep(seconds)
    after = core_times(cores())
    busy = (after[0] - before[0]) / ((time.monotonic() - start) * len(cores()))
    waited = 0.0
    for core in cores():
        done = subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE.parent)!r})\n"
                               f"from lab import host; print(host.spin({seconds}))"], capture_output=True, text=True,
                              preexec_fn=pin([core]))
        with contextlib.suppress(ValueError):
            waited = max(waited, float(done.stdout))
    return {"busy": round(busy, 4), "waited": round(waited, 4), "steal_seconds": round(after[1] - before[1], 3)}


def is_quiet(measured):
    return measured["busy"] <= QUIET_SHARE and measured["waited"] <= QUIET_SHARE


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tree(pid):
    """A process and all below it."""
    found, open_ones = [], [pid]
    while open_ones:
        one = open_ones.pop()
        found.append(one)
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                open_ones += [int(word) for word in (task / "children").read_text().split()]
    return found


def stat(pid):
    """The fields of /proc/PID/stat from the third on, or None."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def cpu_seconds(pid):
    """CPU time of a tree of processes, with its children that have ended."""
    ticks = 0
    for one in tree(pid):
        fields = stat(one)
        if fields:
            ticks += sum(int(word) for word in fields[11:15])
    return ticks / TICK


def schedules(pid):
    """Thread -> (seconds on a core, seconds ready without one), of a tree."""
    found = {}
    for one in tree(pid):
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                ran, waited, _ = (task / "schedstat").read_text().split()
                found[task.name] = (int(ran) / 1e9, int(waited) / 1e9)
    return found


def wait_share(before, after):
    """Of the thread that did most of the work: how much of its time it was ready
    and had no core. The others of a server wait for that one, rightly."""
    both = [(ran - before.get(task, (0, 0))[0], waited - before.get(task, (0, 0))[1])
            for task, (ran, waited) in after.items()]
    ran, waited = max(both, default=(0, 0))
    return waited / max(waited + ran, 0.01)


def memory_of_one(pid):
    """What one process holds: pages shared with others count in part (PSS)."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        for line in open(f"/proc/{pid}/smaps_rollup"):
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def memory_bytes(pid):
    """Of a tree of processes."""
    return sum(map(memory_of_one, tree(pid)))


def resident_bytes(pid):
    """(now, the most so far) in memory, of a tree of processes."""
    sums = {"VmRSS": 0, "VmHWM": 0}
    for one in tree(pid):
        with contextlib.suppress(OSError, IndexError, ValueError):
            for line in open(f"/proc/{one}/status"):
                name, _, rest = line.partition(":")
                if name in sums:
                    sums[name] += int(rest.split()[0]) * 1024
    return sums["VmRSS"], sums["VmHWM"]


def core_times(which):
    """Seconds that cores were busy, and were kept by other machines (steal)."""
    busy = steal = 0
    for line in open("/proc/stat"):
        words = line.split()
        if words[0].startswith("cpu") and words[0][3:].isdigit() and int(words[0][3:]) in which:
            user, nice, system, _, _, irq, soft, stolen = (int(word) for word in words[1:9])
            busy += user + nice + system + irq + soft
            steal += stolen
    return busy / TICK, steal / TICK


class Process:
    """A child on its cores, ended with all that it started."""

    def __init__(self, command, which, env=None, log=None, ready=None, cwd=None):
        self.command = [str(word) for word in command]
        self.log = open(log, "ab") if log else subprocess.DEVNULL
        self.child = subprocess.Popen(self.command, preexec_fn=pin(which), env={**os.environ, **(env or {})},
                                      cwd=cwd, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.pid = self.child.pid
        if ready:
            self.wait_for(*ready)

    def wait_for(self, host, port):
        """Until it can be connected to."""
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end:
            if self.child.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended with {self.child.returncode}")
            with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
                return
            time.sleep(0.01)
        self.stop()
        raise RuntimeError(f"{self.command[0]} did not listen within {START_SECONDS_MAX} s")

    def cpu(self):
        return cpu_seconds(self.pid)

    def memory(self):
        return memory_bytes(self.pid)

    def forget_peak(self):
        """peak() counts from here."""
        for one in tree(self.pid):
            with contextlib.suppress(OSError):
                pathlib.Path(f"/proc/{one}/clear_refs").write_text("5")

    def peak(self):
        """The most that it held: by the kernel's own mark, so that nobody has to
        look while it answers; pages shared with others in part, as they are now."""
        now, most = resident_bytes(self.pid)
        return self.memory() + max(0, most - now)

    def stop(self):
        """At once: nothing of it is kept, and the next one waits."""
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        self.child.wait(10)
        if self.log is not subprocess.DEVNULL:
            self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def version_of(*command):
    """The first line that a program says of itself, or None."""
    if not shutil.which(str(command[0])):
        return None
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0].strip() if lines else None


def machine():
    """What figures depend on."""
    model = "unknown"
    with contextlib.suppress(OSError):
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"cpu": model, "cores": len(cores()), "kernel": platform.release(),
            "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
            "hypervisor": "hypervisor" in open("/proc/cpuinfo").read(), "priority": has_priority(),
            "realtime": REALTIME}
