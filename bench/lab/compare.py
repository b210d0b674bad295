"""Section 4: how a machine, a container, a process and a function start, and what
they hold. All by one clock (lab_first), to the first good answer over HTTP.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from typing import Callable

from lab import build, host, images, places, variants
from lab.places import BuildError
from lab.starting import Prepared, libraries_of, one_start, size_of, weigh

ROUNDS = 7
EXTRA = 8  # instances beside the first, for what each of them adds
FUNCTIONS = 64


@dataclass(frozen=True)
class Case:
    """Something that starts and answers."""

    name: str
    label: str
    prepare: Callable  # () -> a Prepared
    rounds: int = ROUNDS
    extra: int = EXTRA  # instances beside the first, to weigh
    image: str = ""  # made once, which takes minutes: --quick takes it if it is there


def process_c():
    program = build.native_c()
    return Prepared(lambda port: ([program, f"127.0.0.1:{port}"], {}), size_of(program, *libraries_of(program)),
                    note="with its shared libraries")


def process_actix():
    program = build.actix()
    return Prepared(lambda port: ([program, f"127.0.0.1:{port}", "1"], {}), size_of(program, *libraries_of(program)),
                    note="with its shared libraries")


def process_node():
    script = build.node()
    program = pathlib.Path(shutil.which("node")).resolve()
    return Prepared(lambda port: ([program, script, port], {}), size_of(program, script, *libraries_of(program)),
                    note="with its shared libraries")


def served(module, port):
    return [places.PROA, "serve", module, "--addr", f"127.0.0.1:{port}", "--workers", "1", "--quiet"]


def function(is_cold):
    """proa is started with the module; its cache is empty, or holds the code."""
    wasm, cache = build.wasm_c(), places.work("cache-cold" if is_cold else "cache-warm")
    env = {"PROA_CACHE_DIR": str(cache)}

    def clear(_):
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(mode=0o700)  # as proa itself makes it: one that others can read is refused
    clear(None)
    if not is_cold:  # whoever runs it optimised leaves the code there
        places.run([places.PROA, "run", "--tier", "optimized", "--env", "REQUEST_METHOD=GET", wasm], env=env)
    return Prepared(lambda port: (served(wasm, port), env), size_of(wasm), clear if is_cold else lambda port: None,
                    note="proa starts, too; the image: the module alone", can_weigh=False)


def function_ahead():
    artifact = build.compiled(build.wasm_c())
    return Prepared(lambda port: (served(artifact, port), {}),
                    size_of(artifact, places.PROA, *libraries_of(places.PROA)),
                    note="proa starts, too; the image: artifact, proa and its shared libraries")


def function_warm():
    """The server runs and has answered: what the next request costs, on a new connection."""
    artifact, running = build.compiled(build.wasm_c()), {}

    def before(port):
        running["server"] = host.Process(variants.in_proa(artifact, port, 1), host.split_cores()[0],
                                         ready=("127.0.0.1", port))
        ask(port, "/items?n=1")

    def after(_):
        running.pop("server").stop()
    return Prepared(lambda port: None, size_of(artifact), before, after,
                    note="proa runs already and has answered once; each further one: a function more in it; "
                    "the image: the artifact alone", can_weigh=False)


CASES = [
    Case("vm", "virtual machine: Debian's kernel, the C server as init", images.machine, 3, 2, "machine"),
    Case("container-node", "container from Debian with Node", images.container_node, 5, 4, "images/debian-node"),
    Case("container-scratch", "container from scratch with the C server", images.container_scratch,
         image="images/scratch"),
    Case("process-node", "process: Node", process_node, 5, 4),
    Case("process-actix", "process: actix-web", process_actix),
    Case("process-c", "process: the C server", process_c),
    Case("proa-cold", "proa function, cold cache", lambda: function(True)),
    Case("proa-cached", "proa function, warm cache", lambda: function(False)),
    Case("proa-ahead", "proa function, compiled ahead", function_ahead),
    Case("proa-warm", "proa function, warm pool", function_warm, 15),
]


def system_python_has(module):
    return os.path.exists("/usr/bin/python3") and subprocess.run(
        ["/usr/bin/python3", "-c", f"import {module}"], capture_output=True).returncode == 0


def missing_of(name):
    wanted = {"vm": (("qemu-system-x86_64", "qemu-system-x86"), ("cpio", "cpio")),
              "container-node": (("umoci", "umoci"), ("debootstrap", "debootstrap"), ("node", "")),
              "container-scratch": (("umoci", "umoci"),)}
    found = [(program, f"apt-get install {package}" if package else places.peers(program))
             for program, package in wanted.get(name, ()) if not shutil.which(program)]
    if name.startswith("container") and not (shutil.which("runc") or shutil.which("crun")):
        found.append(("runc or crun", "apt-get install runc"))
    return found


def ask(port, target):
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}{target}", timeout=30).read()


def functions_weight(which, count):
    """(bytes of a server with one function, what each further one adds): routes of
    copies, each asked once."""
    artifact, totals = build.compiled(build.wasm_c()), []
    for routes in (1, count + 1):
        port, folder = host.free_port(), places.work("copies")
        command = [places.PROA, "serve", "--addr", f"127.0.0.1:{port}", "--workers", "1", "--quiet"]
        for number in range(routes):
            copy = folder / f"f{number}.proa"
            if not places.is_newer(copy, [artifact]):
                shutil.copyfile(artifact, copy)
            command += ["--route", f"/f{number}={copy}"]
        with host.Process(command, which, ready=("127.0.0.1", port)) as server:
            for number in range(routes):
                ask(port, f"/f{number}/items")
            totals.append(server.memory())
    return totals[0], (totals[1] - totals[0]) / count


def prepare(is_quick):
    """Case -> what it needs, or why there is nothing; images are built here, before any clock runs."""
    found = {}
    for case in CASES:
        if is_quick and case.image and not (places.WORK / case.image).exists():
            found[case.name] = "left out of --quick, which does not build its image; run once without it"
            continue
        print(f"preparing {case.label}", flush=True)
        try:
            found[case.name] = case.prepare()
        except (BuildError, OSError, TypeError) as why:
            found[case.name] = f"failed: {why}"[:300]
            print(f"  {why}", flush=True)
    return found


def measure(case, prepared, is_quick, clock):
    """The record of a case: fewer rounds when the time runs out, never none."""
    which, values, marks = host.split_cores()[0], [], []
    rounds = min(3, case.rounds) if is_quick else case.rounds
    begin = time.monotonic()
    took = one_start(prepared, which)  # fills the page cache
    for number in range(rounds):
        if number and clock.is_over(time.monotonic() - begin):
            marks.append(f"{number} of {rounds} rounds: no more time")
            break
        begin = time.monotonic()
        values.append(one_start(prepared, which))
    rest = extra = None
    further = min(2, case.extra) if is_quick else case.extra
    if prepared.can_weigh and not clock.is_over(took / 1e9 * (further + 1) + 1):
        rest, extra = weigh(prepared, which, further)
    elif prepared.can_weigh:
        marks.append("not weighed: no more time")
    record = {"start_ns": values, "rest_bytes": rest, "extra_bytes": extra, "marks": marks}
    if case.name == "proa-warm":
        rest, extra = functions_weight(which, 8 if is_quick else FUNCTIONS)
        record.update(rest_bytes=rest, extra_bytes=extra)
    return record


def run(store, cases, is_quick, clock):
    """Every case, one file each."""
    for case in CASES:
        name, prepared = f"start-{case.name}", cases.get(case.name)
        if store.has(name) or prepared is None:
            continue
        record = {"start_ns": [], "marks": [prepared] if isinstance(prepared, str) else []}
        if isinstance(prepared, Prepared):
            print(f"starting: {case.label}", flush=True)
            try:
                record = {**measure(case, prepared, is_quick, clock), "image_bytes": prepared.image_bytes,
                          "note": prepared.note}
            except (BuildError, RuntimeError, OSError, subprocess.SubprocessError) as why:
                record["marks"].append(f"failed: {why}"[:300])
                print(f"  {why}", file=sys.stderr, flush=True)
        store.write(name, {"name": name, "case": case.name, "label": case.label, **record})
