"""One run: start the server and its neighbours, load it, weigh it.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import subprocess
import time

from lab import conformance, host, places, plan, variants

HOST = "127.0.0.1"
BURN_US = (5000, 5000)  # a neighbour computes half of its time, in turns of some 5 ms
WAIT_SHARE_MAX = 0.10  # of a server alone on its core: ready, but others had the core
FOREIGN_SHARE_MAX = 0.15  # of the server's cores: used by neither server nor neighbours
LATE_US_MAX = 2000  # of the generator itself, 99th percentile


def body_file(size):
    path = places.work("bodies") / f"{plan.SIZES[size]}.json"
    if not path.exists():
        path.write_bytes(conformance.body_of(plan.SIZES[size]))
    return path


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


def marks_of(cell, rows, wait_share=0.0, foreign_share=0.0, is_shared=False):
    """What makes a run bad, in words; nothing when it is good."""
    found = []
    late = sorted(row[1] - row[0] for row in rows if row[3] and not row[5])
    if cell.load == "open" and late and late[int(len(late) * 0.99)] > LATE_US_MAX:
        found.append(f"noisy machine: the generator was up to {late[int(len(late) * 0.99)] / 1000:.1f} ms late (p99)")
    if cell.neighbours == 0 and not is_shared and wait_share > WAIT_SHARE_MAX:
        found.append(f"noisy machine: the server waited {wait_share:.0%} of its time for a core that others had")
    if not is_shared and foreign_share > FOREIGN_SHARE_MAX:
        found.append(f"noisy machine: others used {foreign_share:.0%} of the server's core")
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


@contextlib.contextmanager
def burning(cell, cores):
    """The neighbours of a cell; they end with it."""
    made = []
    try:
        for number in range(cell.neighbours):
            made.append(host.Process([places.program("lab_burn"), str(cell.seed + number), *map(str, BURN_US)], cores))
        yield made
    finally:
        for one in made:
            one.stop()


def placed(count):
    """(cores of the server, cores of the load, whether they share any)"""
    servers, loaders = host.split_cores(count)
    if len(servers) < count:
        servers = loaders = host.cores()[:count]
    return servers, loaders, bool(set(servers) & set(loaders))


def measure(cell, server, port, where):
    """The record of one run on a server that is there."""
    server_cores, load_cores, is_shared = where
    server.forget_peak()
    with burning(cell, server_cores) as noise:
        before, ours, waits = host.core_times(server_cores), server.cpu(), host.schedules(server.pid)
        start = time.monotonic()
        rows = generate(cell, port, load_cores)
        wall = time.monotonic() - start
        after, cpu = host.core_times(server_cores), server.cpu() - ours
        wait_share = host.wait_share(waits, host.schedules(server.pid))
        burnt = sum(one.cpu() for one in noise)
        peak = server.peak()
    foreign = max(0.0, after[0] - before[0] - cpu - burnt) / (wall * len(server_cores))
    return {
        "name": cell.name, "cell": cell.__dict__, "rate": cell.rate, "connections": cell.connections,
        "seed": cell.seed, "command": [shown(word) for word in server.command],
        "marks": marks_of(cell, rows, wait_share, foreign, is_shared),
        "cpu_seconds": round(cpu, 3), "wall_seconds": round(wall, 3), "foreign_share": round(foreign, 4),
        "wait_share": round(wait_share, 4), "steal_seconds": round(after[1] - before[1], 3),
        "memory_peak_bytes": peak, "burnt_seconds": round(burnt, 3),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "samples": rows,
    }


def shown(word):
    """Of a command, as samples keep it: without where things are on this machine."""
    for place, name in ((host.ROOT, "."), (places.BUILD, "build"), (places.HOME, "~")):
        word = word.replace(f"{place}/", f"{name}/")
    return word


def failed(cell, why):
    return {"name": cell.name, "cell": cell.__dict__, "samples": [], "marks": [f"failed: {why}"[:300]]}


def is_behind(record):
    """Whether the server may still be busy with requests that nobody waits for, as
    after each closed loop, which comes last."""
    return any(row[3] == 0 for row in record["samples"]) or not record["samples"]


def measure_turn(turn, artifact):
    """The records of a turn's cells, one by one: by one server, and by another
    after a cell that it did not get done with."""
    left = list(turn.cells)
    while left:
        for record in measure_by_one(left, turn, artifact):
            left.pop(0)
            yield record
            if is_behind(record):
                break


def measure_by_one(cells, turn, artifact):
    """The records of some cells, of one server; it is warmed up by the turn's own
    questions, as fast as it answers them."""
    about = turn.about
    variant, port, where = variants.BY_NAME[about.variant], host.free_port(), placed(about.cores)
    command = variants.command(variant, artifact, port, about.cores)
    log = places.work("logs") / f"{about.variant}.log"
    with host.Process(command, where[0], ready=(HOST, port), log=log) as server:
        rest = server.memory()
        warm = plan.Cell(about.variant, about.method, about.size, "full", 0, about.cores, 0, turn.warm_seconds, 0.0)
        generate(warm, port, where[1])
        for cell in tuple(cells):
            try:
                record = {**measure(cell, server, port, where), "memory_rest_bytes": rest}
            except (RuntimeError, OSError, subprocess.SubprocessError) as why:
                record = failed(cell, why)
            yield record


def quick_check(variant, artifact):
    """(passed, failed) of the contract, on a server of its own."""
    port = host.free_port()
    command = variants.command(variant, artifact, port)
    with host.Process(command, host.cores(), ready=(HOST, port), log=places.work("logs") / f"{variant.name}.log"):
        return conformance.check(port)
