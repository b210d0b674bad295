"""proa serve beside the same server answering a string, the same code natively,
node:http and `wasmtime serve`: throughput, latency beside a neighbour that
computes, memory of idle connections and parked requests, time to the first answer.

The servers have one core and one worker, the load has another core (wrk for
throughput; lab_load, an open loop, for latency). Cases take turns within a
round; ratios are of one round, the median of the rounds is told.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import json
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import threading
import time
import urllib.request

from lab import build, host, places, starting

from . import common

ROUNDS = 5
SECONDS = 2.0
CONNECTIONS = 32
IDLE_COUNT = 10000
NOISY_SECONDS = 6
HOST = "127.0.0.1"
BIG_ITEMS = 7000  # some 1 MB


class Case:
    """A server that can be started, and what is asked of it."""

    def __init__(self, command, target="/", body=None, env=None):
        self.command, self.target, self.body, self.env = command, target, body, env

    def start(self, which):
        port = host.free_port()
        words = [str(word).replace("{port}", str(port)) for word in self.command]
        server = host.Process(words, which, env=self.env, ready=(HOST, port), log=common.WORK / "serve.log")
        server.port = port
        return server


def proa(*words):
    return [common.PROA, "serve", *words, "--workers", "1", "--quiet", "--addr", HOST + ":{port}"]


def ask(port, target, body=None):
    with urllib.request.urlopen(f"http://{HOST}:{port}{target}", body, 60) as answer:
        return answer.read()


def wrk(port, case, load_cores, seconds):
    """Requests a second, or why there is no figure."""
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "10s"]
    if case.body:
        script = common.WORK / "post.lua"
        script.write_text(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
                          f'local f = io.open("{case.body}", "rb")\nwrk.body = f:read("*a")\nf:close()\n')
        words += ["-s", script]
    done = subprocess.run([str(word) for word in [*words, f"http://{HOST}:{port}{case.target}"]],
                          capture_output=True, text=True, preexec_fn=host.pin(load_cores))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)", done.stdout)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if bad:
        return None, bad.group(0)
    return (float(found.group(1)), None) if found else (None, done.stderr.strip()[-160:])


def guests():
    """name -> artifact of our small programs, optimised."""
    found = {}
    for name in ("hello", "burn", "sleep"):
        wasm = common.guest(common.BENCH / f"programs/serve_{name}.c")
        target = wasm.with_suffix(".proa")
        found[name] = common.make(target, [wasm, common.PROA], [common.PROA, "compile", wasm, "-o", target])
    return found


def cases(made):
    """name -> Case; absent peers are named."""
    table = {"static": Case([places.program("lab_string"), HOST + ":{port}"]), "hello": Case(proa(made["hello"]))}
    absent = []
    if shutil.which("node"):
        table["node"] = Case(["node", common.BENCH / "programs/serve_hello.mjs", "{port}"])
    else:
        absent.append("node")
    component = common.BENCH / "programs/serve_hello_component.wat"
    if shutil.which("wasmtime") and component.exists():
        table["wasmtime"] = Case(["wasmtime", "serve", "--addr", HOST + ":{port}", component])
    else:
        absent.append("wasmtime serve")
    return table, absent


def bodies():
    """Bodies of JSON for the echo and the summary."""
    files = {}
    server = Case([build.native_c(), HOST + ":{port}"]).start(host.cores())
    try:
        for name, count in (("1k", 6), ("100k", 690), ("1m", BIG_ITEMS)):
            files[name] = common.WORK / f"items-{name}.json"
            files[name].write_bytes(ask(server.port, f"/items?n={count}"))
    finally:
        server.stop()
    return files


def json_cases():
    """what -> {native, wasm}: the same C both ways."""
    files = bodies()
    asked = {"echo 1 KB": ("/echo", files["1k"]), "echo 100 KB": ("/echo", files["100k"]),
             "GET 1 MB": (f"/items?n={BIG_ITEMS}", None), "POST 1 MB": ("/items", files["1m"])}
    native, wasm = [build.native_c(), HOST + ":{port}"], proa(build.compiled(build.wasm_c()))
    return {what: {"native": Case(native, target, body), "wasm": Case(wasm, target, body)}
            for what, (target, body) in asked.items()}


def throughput(table, which, load, rounds):
    """name -> requests a second, one a round; failed -> why."""
    figures, failed = {name: [] for name in table}, {}
    for number in range(rounds):
        names = list(table)
        for name in names[number % len(names):] + names[:number % len(names)]:
            case = table[name]
            try:
                server = case.start(which)
            except (RuntimeError, OSError) as wrong:
                failed[name] = str(wrong)
                figures[name].append(None)
                continue
            with server:
                wrk(server.port, case, load, 1)  # wrk takes whole seconds only
                rate, why = wrk(server.port, case, load, SECONDS)
                figures[name].append(rate)
                if why:
                    failed[name] = why
    return figures, failed


def ratio(top, bottom):
    """The median of the rounds' ratios, least and most; None without figures."""
    both = [one / other for one, other in zip(top, bottom) if one and other]
    return common.spread(both) if both else None


def latencies(server, target, rate, load, seconds, seed):
    """Milliseconds of an open loop at this rate, from when each was due."""
    done = subprocess.run([str(places.program("lab_load")), HOST, str(server.port), target, "-", str(rate), "64",
                           "500", str(int(seconds * 1000)), str(seed)],
                          capture_output=True, text=True, check=True, preexec_fn=host.pin(load))
    rows = [[int(word) for word in line.split()] for line in done.stdout.splitlines()]
    return [(row[2] - row[0]) / 1000 for row in rows], sum(row[3] != 200 for row in rows)


def quantile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def noisy(made, which, load, rounds):
    """p99 of hello alone, and while /burn is asked by as many as there are cores, and more."""
    alone, beside, failures = [], [], 0
    command = proa("--route", f"/={made['hello']}", "--route", f"/burn={made['burn']}")
    for number in range(rounds):
        with Case(command).start(which) as server:
            values, bad = latencies(server, "/", 200, load, NOISY_SECONDS, number)
            alone.append(quantile(values, 0.99))
            failures += bad
            burner = host.Process([places.program("lab_load"), HOST, server.port, "/burn", "-", "0",
                                   str(2 * len(host.cores())), "0", str(int((NOISY_SECONDS + 2) * 1000)), "1"], load)
            with burner:
                time.sleep(0.5)
                values, bad = latencies(server, "/", 200, load, NOISY_SECONDS, number)
            beside.append(quantile(values, 0.99))
            failures += bad
    return alone, beside, failures


def rss(pid):
    return host.resident_bytes(pid)[0]


def connect_many(port, count):
    found = []
    for _ in range(count):
        one = socket.socket()
        one.settimeout(30)
        try:
            one.connect((HOST, port))
        except OSError:
            one.close()
            break
        found.append(one)
    return found


def waiting(made, which):
    """Memory of idle connections, then of requests that wait in a guest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    command = proa(made["sleep"], "--max-connections", "20000", "--max-queue", "20000", "--timeout", "120s")
    opened, peak, answered = [], 0, 0
    with Case(command).start(which) as server:
        ask(server.port, "/")
        before = rss(server.pid)
        opened = connect_many(server.port, IDLE_COUNT)
        time.sleep(1)
        idle = rss(server.pid)
        start = time.monotonic()
        stop = threading.Event()

        def watch():
            nonlocal peak
            while not stop.wait(0.1):
                with contextlib.suppress(OSError):
                    peak = max(peak, rss(server.pid))
        watcher = threading.Thread(target=watch)
        watcher.start()
        for one in opened:
            with contextlib.suppress(OSError):
                one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        for one in opened:
            with contextlib.suppress(OSError):
                one.settimeout(max(0.001, 30 - (time.monotonic() - start)))
                answered += one.recv(64).startswith(b"HTTP/1.1 200")
        took = time.monotonic() - start
        stop.set()
        watcher.join()
        for one in opened:
            one.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    count = max(1, len(opened))
    return {"idle_opened": len(opened), "idle_connection_bytes": round((idle - before) / count),
            "parked_answered": answered, "parked_seconds": common.digits(took),
            "parked_bytes": round((peak - idle) / count)}


def first_answers(made, which, rounds):
    """Milliseconds from the start of the command to the first answer; the artifact is in the cache."""
    values = []
    env = {"PROA_CACHE_DIR": str(common.WORK / "serve-cache")}
    wasm = common.guest(common.BENCH / "programs/serve_hello.c")
    for number in range(rounds + 1):
        port = host.free_port()
        command = [str(word).replace("{port}", str(port)) for word in proa(wasm)]
        try:
            first = starting.Started(command, port, which, env, target="/")
        except RuntimeError:
            return []
        if number > 0:
            values.append(first.ns / 1e6)
        else:
            time.sleep(3)  # it compiles; better code follows in the background
        first.end()
    return values


def tell(figures):
    for name, values in figures.items():
        good = [value for value in values if value]
        said = f"{statistics.median(good):10.0f} ({min(good):.0f}-{max(good):.0f})" if good else "failed"
        print(f"{name:22} {said} requests a second", flush=True)


def measure_json(which, load, rounds):
    """what -> {native, wasm, ratio}; and what failed."""
    rows, failed = {}, {}
    try:
        table = json_cases()
    except places.BuildError as why:
        return rows, {"json": str(why)}
    for what, both in table.items():
        figures, wrong = throughput(both, which, load, rounds)
        failed.update({f"{what}, {name}": why for name, why in wrong.items()})
        tell({f"{what}, {name}": values for name, values in figures.items()})
        rows[what] = {"native": figures["native"], "wasm": figures["wasm"],
                      "ratio": ratio(figures["wasm"], figures["native"])}
    return rows, failed


def measure(options):
    rounds = options.rounds or ROUNDS
    which, load = host.split_cores()
    (common.WORK / "serve.log").unlink(missing_ok=True)
    made = guests()
    table, absent = cases(made)
    figures, failed = throughput(table, which, load, rounds)
    tell(figures)
    rows, wrong = measure_json(which, load, rounds)
    failed.update(wrong)
    alone, beside, failures = noisy(made, which, load, max(1, rounds // 2))
    print(f"hello's p99: {statistics.median(alone):.2f} ms alone, {statistics.median(beside):.2f} ms beside "
          f"another that computes; {failures} failed", flush=True)
    still = waiting(made, which)
    print(json.dumps(still), flush=True)
    first = first_answers(made, which, 2 * rounds + 1)
    hello = [value for value in figures["hello"] if value]
    ratios = [row["ratio"]["median"] for row in rows.values() if row["ratio"]]

    def against(name):
        found = ratio(figures["hello"], figures.get(name, []))
        return found["median"] if found else None
    return {
        "hello_rps": common.digits(statistics.median(hello)) if hello else None,
        "hello_vs_static": against("static"), "hello_vs_node": against("node"),
        "hello_vs_wasmtime": against("wasmtime"), "json_vs_native": min(ratios) if ratios else None,
        "noisy_p99_ratio": common.digits(statistics.median(b / a for a, b in zip(alone, beside))),
        "idle_connection_bytes": still["idle_connection_bytes"],
        "first_answer_ms": common.digits(statistics.median(first)) if first else None,
        "rps": figures, "json": rows, "noisy_ms": {"alone": alone, "beside": beside, "failures": failures},
        "waiting": still, "first_ms": first, "failed": failed, "absent": absent, "rounds": rounds,
        "server_cores": which, "load_cores": load, "priority": host.has_priority(),
        "versions": {"node": common.version_of("node", "--version"), "wrk": "Debian's",
                     "wasmtime": common.version_of("wasmtime", "--version")},
    }
