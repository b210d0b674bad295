"""One run: start the server and its neighbours, load it, weigh it.

SPDX-License-Identifier: Apache-2.0
"""
import subprocess
import threading
import time

from lab import conformance, host, places, plan, variants

HOST = "127.0.0.1"
BURN_US = (5000, 5000)  # a neighbour computes half of its time, in turns of some 5 ms
WAIT_SHARE_MAX = 0.10  # of a server alone on its core: ready, but others had the core
LATE_US_MAX = 2000  # of the generator itself, 99th percentile
WATCH_SECONDS = 0.1


def body_file(size):
    path = places.work("bodies") / f"{plan.SIZES[size]}.json"
    if not path.exists():
        path.write_bytes(conformance.body_of(plan.SIZES[size]))
    return path


class Watcher:
    """The most memory that the server held while it was loaded."""

    def __init__(self, server):
        self.server, self.peak, self.over = server, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def watch(self):
        while not self.over.wait(WATCH_SECONDS):
            self.peak = max(self.peak, self.server.memory())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def target_of(cell):
    return f"/items?n={plan.SIZES[cell.size]}" if cell.method == "GET" else "/items"


def generate(cell, port, cores):
    """The load, with its own process and cores: rows of DUE SENT DONE STATUS BYTES WAITED."""
    body = "-" if cell.method == "GET" else body_file(cell.size)
    words = [places.program("lab_load"), HOST, port, target_of(cell), body, cell.rate, cell.connections,
             int(cell.warm_seconds * 1000), int(cell.seconds * 1000), cell.seed]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, preexec_fn=host.pin(cores),
                          timeout=cell.warm_seconds + cell.seconds + 60)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-200:])
    return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]


def marks_of(cell, rows, wait_share, is_shared):
    """What makes a run bad, in words; nothing when it is good."""
    found = []
    late = sorted(row[1] - row[0] for row in rows if row[3] and not row[5])
    if cell.load == "open" and late and late[int(len(late) * 0.99)] > LATE_US_MAX:
        found.append(f"noisy machine: the generator was up to {late[int(len(late) * 0.99)] / 1000:.1f} ms late (p99)")
    if cell.neighbours == 0 and not is_shared and wait_share > WAIT_SHARE_MAX:
        found.append(f"noisy machine: the server waited {wait_share:.0%} of its time for a core that others had")
    if is_shared:
        found.append("server and load share cores")
    unanswered = sum(row[3] == 0 for row in rows)
    wrong = sum(row[3] not in (0, 200) for row in rows)
    if unanswered:
        found.append(f"{unanswered} of {len(rows)} without an answer")
    if wrong:
        found.append(f"{wrong} of {len(rows)} with another status than 200")
    if not rows:
        found.append("no samples")
    sizes = {row[4] for row in rows if row[3] == 200}
    if len(sizes) > 1:
        found.append(f"answers of {len(sizes)} sizes")
    return found


def burners(cell, cores):
    return [host.Process([places.program("lab_burn"), str(cell.seed + number), *map(str, BURN_US)], cores)
            for number in range(cell.neighbours)]


def measure(cell, artifact):
    """The record of one run."""
    variant = variants.BY_NAME[cell.variant]
    port = host.free_port()
    server_cores, load_cores = host.split_cores(cell.cores)
    is_shared = bool(set(server_cores) & set(load_cores)) or len(server_cores) < cell.cores
    if len(server_cores) < cell.cores:
        server_cores = load_cores = host.cores()[:cell.cores]
    command = variants.command(variant, artifact, port, cell.cores)
    log = places.work("logs") / f"{cell.variant}.log"
    noise = []
    with host.Process(command, server_cores, ready=(HOST, port), log=log) as server:
        try:
            rest = server.memory()
            noise = burners(cell, server_cores)
            before, ours = host.core_times(server_cores), server.cpu()
            waits = host.schedules(server.pid)
            start = time.monotonic()
            with Watcher(server) as watcher:
                rows = generate(cell, port, load_cores)
            wall = time.monotonic() - start
            after, cpu = host.core_times(server_cores), server.cpu() - ours
            wait_share = host.wait_share(waits, host.schedules(server.pid))
            burnt = sum(one.cpu() for one in noise)
        finally:
            for one in noise:
                one.stop()
    foreign = max(0.0, after[0] - before[0] - cpu - burnt) / (wall * len(server_cores))
    return {
        "name": cell.name, "cell": cell.__dict__, "rate": cell.rate, "connections": cell.connections,
        "seed": cell.seed, "command": [word.replace(str(places.HOME), "~") for word in command],
        "marks": marks_of(cell, rows, wait_share, is_shared),
        "cpu_seconds": round(cpu, 3), "wall_seconds": round(wall, 3), "foreign_share": round(foreign, 4),
        "wait_share": round(wait_share, 4),
        "steal_seconds": round(after[1] - before[1], 3), "memory_rest_bytes": rest,
        "memory_peak_bytes": watcher.peak, "burnt_seconds": round(burnt, 3),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "samples": rows,
    }


def quick_check(variant, artifact):
    """(passed, failed) of the contract, on a server of its own."""
    port = host.free_port()
    command = variants.command(variant, artifact, port)
    with host.Process(command, host.cores(), ready=(HOST, port), log=places.work("logs") / f"{variant.name}.log"):
        return conformance.check(port)
