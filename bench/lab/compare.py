"""Section 4: how a machine, a container, a process and a function start, and what
they hold. All by one clock (lab_first), to the first good answer over HTTP.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import gzip
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable

from lab import build, host, places, variants
from lab.places import BuildError

TARGET = "/items?n=1"
START_SECONDS_MAX = 120
ROUNDS = 7
EXTRA = 8  # instances beside the first, for what each of them adds
GUEST_PORT = "8080"
VM_MEGABYTES = "128"
MODULES = ("virtio", "virtio_ring", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "failover",
           "net_failover", "virtio_net")
KVM_TRY_SECONDS = 20


@dataclass(frozen=True)
class Case:
    """Something that starts and answers."""

    name: str
    label: str
    prepare: Callable  # () -> a Prepared
    rounds: int = ROUNDS
    extra: int = EXTRA  # instances beside the first, to weigh
    slow: bool = False  # left out of --quick


@dataclass
class Prepared:
    """`start` gives (command, environment) for a port; `image` what has to be shipped."""

    start: Callable
    image_bytes: int
    before: Callable = lambda port: None  # before each start
    after: Callable = lambda port: None
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


def process_c():
    program = build.native_c()
    return Prepared(lambda port: ([program, f"127.0.0.1:{port}"], {}), size_of(program, *libraries_of(program)),
                    note="with its shared libraries")


def process_actix():
    program = build.actix()
    return Prepared(lambda port: ([program, f"127.0.0.1:{port}", "1"], {}), size_of(program, *libraries_of(program)),
                    note="with its shared libraries")


def node_program():
    program = shutil.which("node")
    if not program:
        raise BuildError("no node: bench/peers node")
    return pathlib.Path(program).resolve()


def process_node():
    program, script = node_program(), build.node()
    return Prepared(lambda port: ([program, script, port], {}), size_of(program, script, *libraries_of(program)),
                    note="with its shared libraries")


def runtime_files():
    """What answers in production: proa, without a compiler, and its libraries."""
    return [places.PROA, *libraries_of(places.PROA)]


def function(cold):
    wasm = build.wasm_c()
    cache = places.work("compare-cache")
    env = {"PROA_CACHE_DIR": str(cache)}

    def clear(_):
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)

    def serve(port):
        return [places.PROA, "serve", wasm, "--addr", f"127.0.0.1:{port}", "--workers", "1", "--quiet"], env
    if cold:
        return Prepared(serve, size_of(wasm), clear, note="the module alone; the server is there already",
                        can_weigh=False)
    artifact = build.compiled(wasm)
    ready = ([places.PROA, "serve", artifact, "--workers", "1", "--quiet"], env)
    return Prepared(lambda port: ([*ready[0], "--addr", f"127.0.0.1:{port}"], env),
                    size_of(artifact, *runtime_files()), note="artifact, proa and its shared libraries")


def warm_pool():
    """The server runs and has answered: what the next request costs, on a new connection."""
    artifact = build.compiled(build.wasm_c())
    running = {}

    def before(port):
        command = variants.in_proa(artifact, port, 1)
        running["server"] = host.Process(command, host.split_cores()[0], ready=("127.0.0.1", port))
        ask(port)

    def after(_):
        running.pop("server").stop()
    return Prepared(lambda port: (["sleep", "60"], {}), size_of(artifact), before, after,
                    note="the artifact alone; the clock also starts `sleep`", can_weigh=False)


def ask(port):
    """One request by the same program; nanoseconds."""
    done = subprocess.run([str(places.program("lab_first")), str(port), TARGET, "30", "sleep", "30"],
                          capture_output=True, text=True, check=True, preexec_fn=host.pin(host.split_cores()[1]))
    ns, pid = (int(word) for word in done.stdout.split())
    os.kill(pid, signal.SIGKILL)
    return ns


def need(program, package):
    if not shutil.which(program):
        raise BuildError(f"no {program}: apt-get install {package}")


def oci_runtime():
    for name in ("runc", "crun"):
        if shutil.which(name):
            return name
    raise BuildError("no runc or crun: apt-get install runc")


def bundle(name, root, command, writable=False):
    """A folder as crun takes it: the runtime's own default specification, our
    command, and the host's network (no address translation in the way)."""
    folder = places.work(f"bundles/{name}")
    (folder / "config.json").unlink(missing_ok=True)
    places.run([oci_runtime(), "spec"], cwd=folder)
    spec = json.loads((folder / "config.json").read_text())
    spec["root"] = {"path": str(root), "readonly": not writable}
    spec["process"].update(terminal=False, args=command)
    spec["linux"]["namespaces"] = [one for one in spec["linux"]["namespaces"] if one["type"] != "network"]
    (folder / "config.json").write_text(json.dumps(spec))
    return folder, spec


def container(name, root, command_of, image_bytes, note):
    def start(port):
        words = command_of(port)
        folder, _ = bundle(f"{name}-{port}", root, words)
        return [oci_runtime(), "run", "--bundle", folder, f"lab-{name}-{port}"], {}

    def after(port):
        subprocess.run([oci_runtime(), "delete", "--force", f"lab-{name}-{port}"], capture_output=True, check=False)
    return Prepared(start, image_bytes, lambda port: bundle(f"{name}-{port}", root, ["/"]), after, note)


def unpacked(name, fill, add):
    """An image of one layer made with umoci, and unpacked: (root folder, image's bytes).

    `fill(root)` puts files into the root; what the image weighs is what a
    registry would hold: compressed."""
    need("umoci", "umoci")
    folder = places.work(f"images/{name}")
    image, root = folder / "image", folder / "bundle/rootfs"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        places.run(["umoci", "init", "--layout", image])
        places.run(["umoci", "new", "--image", f"{image}:lab"])
        places.run(["umoci", "unpack", "--image", f"{image}:lab", folder / "bundle"])
        fill(root)
        add(root)
        places.run(["umoci", "repack", "--image", f"{image}:lab", folder / "bundle"])
        (folder / "done").write_text("")
    return root, size_of(image)


def copy_into(root, program, to):
    target = root / to.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(program, target)
    target.chmod(0o755)


def static_server():
    build.native_c()
    places.build_programs(["lab_items_static", "lab_init"])
    return places.BUILD / "bench/lab_items_static"


def container_scratch():
    oci_runtime()
    program = static_server()
    root, size = unpacked("scratch", lambda root: None, lambda root: copy_into(root, program, "/server"))
    return container("scratch", root, lambda port: ["/server", f"127.0.0.1:{port}"], size,
                     "the image compressed, as a registry holds it")


def container_node():
    oci_runtime()
    need("debootstrap", "debootstrap")
    program, script = node_program(), build.node()

    def add(root):
        copy_into(root, program, "/usr/bin/node")
        copy_into(root, script, "/app/" + script.name)
        for library in libraries_of(program):
            if not (root / str(library).lstrip("/")).exists():
                copy_into(root, library, str(library))
    root, size = unpacked("debian-node", lambda root: places.run(
        ["debootstrap", "--variant=minbase", "stable" if not debian() else debian(), root]), add)
    return container("debian-node", root, lambda port: ["/usr/bin/node", f"/app/{script.name}", str(port)], size,
                     "the image compressed, as a registry holds it")


def debian():
    with contextlib.suppress(OSError):
        for line in open("/etc/os-release"):
            if line.startswith("VERSION_CODENAME="):
                return line.split("=")[1].strip()
    return None


def kernel():
    """(vmlinuz, its modules) of Debian's kernel for clouds, unpacked, not installed."""
    folder = places.work("kernel")
    if not list(folder.glob("boot/vmlinuz*")):
        need("dpkg-deb", "dpkg")
        text = places.run(["apt-cache", "depends", "linux-image-cloud-amd64"])
        names = [line.split()[-1] for line in text.splitlines() if "Depends: linux-image" in line]
        if not names:
            raise BuildError("Debian's linux-image-cloud-amd64 is not known: apt-get update")
        places.run(["apt-get", "download", names[0]], cwd=folder)
        places.run(["dpkg-deb", "-x", next(folder.glob("*.deb")), folder])
    return next(folder.glob("boot/vmlinuz*")), folder


def initramfs(modules):
    """The server, the first program and the card's modules; nothing else."""
    need("cpio", "cpio")
    program = static_server()
    folder = places.work("machine")
    target, root = folder / "initramfs.gz", folder / "root"
    if places.is_newer(target, [program, places.BUILD / "bench/lab_init"]):
        return target
    shutil.rmtree(root, ignore_errors=True)
    for name in ("proc", "dev", "modules"):
        (root / name).mkdir(parents=True)
    copy_into(root, places.BUILD / "bench/lab_init", "/init")
    copy_into(root, program, "/lab_items_static")
    for name in MODULES:
        for found in modules.rglob(f"{name}.ko"):
            shutil.copyfile(found, root / f"modules/{name}.ko")
    names = "\n".join(str(one.relative_to(root)) for one in sorted(root.rglob("*")))
    done = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=root, input=names.encode(),
                          capture_output=True, check=True)
    target.write_bytes(gzip.compress(done.stdout, 6, mtime=0))
    return target


def machine_command(accelerator, image, initrd, port):
    cpu = "host" if accelerator == "kvm" else "max"
    return ["qemu-system-x86_64", "-accel", accelerator, "-cpu", cpu, "-m", VM_MEGABYTES, "-display", "none",
            "-nodefaults", "-no-reboot", "-kernel", image, "-initrd", initrd, "-append", "quiet panic=-1",
            "-netdev", f"user,id=n,hostfwd=tcp:127.0.0.1:{port}-:{GUEST_PORT}",
            "-device", "virtio-net-pci,netdev=n,romfile="]


def accelerator(image, initrd):
    """kvm where it is there and really starts a machine; else tcg."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg", "no /dev/kvm: software emulation (TCG)"
    port = host.free_port()
    words = machine_command("kvm", image, initrd, port)
    done = subprocess.run([str(word) for word in [places.program("lab_first"), port, TARGET, KVM_TRY_SECONDS, *words]],
                          capture_output=True, text=True)
    if done.returncode == 0:
        os.kill(int(done.stdout.split()[1]), signal.SIGKILL)
        return "kvm", "KVM"
    return "tcg", "/dev/kvm is there but starts no machine: software emulation (TCG)"


def machine():
    need("qemu-system-x86_64", "qemu-system-x86")
    image, modules = kernel()
    initrd = initramfs(modules)
    kind, note = accelerator(image, initrd)
    return Prepared(lambda port: (machine_command(kind, image, initrd, port), {}), size_of(image, initrd), note=note)


CASES = [
    Case("vm", "virtual machine: Debian's kernel, the C server as init", machine, rounds=3, extra=2, slow=True),
    Case("container-node", "container from Debian with Node", container_node, slow=True),
    Case("container-scratch", "container from scratch with the C server", container_scratch),
    Case("process-node", "process: Node", process_node),
    Case("process-actix", "process: actix-web", process_actix),
    Case("process-c", "process: the C server", process_c),
    Case("proa-cold", "proa function, cold cache", lambda: function(True)),
    Case("proa-cached", "proa function, compiled ahead", lambda: function(False)),
    Case("proa-warm", "proa function, warm pool", warm_pool),
]


def missing_of(name):
    wanted = {"vm": (("qemu-system-x86_64", "qemu-system-x86"), ("cpio", "cpio")),
              "container-node": (("runc", "runc"), ("umoci", "umoci"), ("debootstrap", "debootstrap")),
              "container-scratch": (("runc", "runc"), ("umoci", "umoci"))}
    return [(program, f"apt-get install {package}") for program, package in wanted.get(name, ())
            if not shutil.which(program)]


def system_python_has(module):
    return os.path.exists("/usr/bin/python3") and subprocess.run(
        ["/usr/bin/python3", "-c", f"import {module}"], capture_output=True).returncode == 0


def first(prepared, port, which):
    """(nanoseconds, process number) of one start; the process goes on."""
    command, env = prepared.start(port)
    words = [places.program("lab_first"), port, TARGET, START_SECONDS_MAX, *command]
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          stdin=subprocess.DEVNULL, env={**os.environ, **env}, preexec_fn=host.pin(which))
    if done.returncode != 0:
        raise RuntimeError("no good answer")
    ns, pid = (int(word) for word in done.stdout.split())
    return ns, pid


def end(prepared, port, pid):
    for one in reversed(host.tree(pid)):
        with contextlib.suppress(OSError):
            os.kill(one, signal.SIGKILL)
    prepared.after(port)


def weigh(prepared, which, extra):
    """Bytes of one at rest, and what each further one adds (PSS of its processes)."""
    ports = [host.free_port() for _ in range(extra + 1)]
    pids = []
    try:
        for port in ports:
            prepared.before(port)
            pids.append((port, first(prepared, port, which)[1]))
            if len(pids) == 1:
                time.sleep(0.3)
                rest = host.memory_bytes(pids[0][1])
        time.sleep(0.3)
        every = sum(host.memory_bytes(pid) for _, pid in pids)
    finally:
        for port, pid in pids:
            end(prepared, port, pid)
    return rest, (every - rest) / extra


def functions_weight(which, count=64):
    """What each further function adds in one server: routes of copies, each asked once."""
    artifact = build.compiled(build.wasm_c())
    totals = []
    for routes in (1, count + 1):
        port = host.free_port()
        command = [places.PROA, "serve", "--addr", f"127.0.0.1:{port}", "--workers", "1", "--quiet"]
        folder = places.work("copies")
        for number in range(routes):
            copy = folder / f"f{number}.proa"
            if not copy.exists():
                shutil.copyfile(artifact, copy)
            command += ["--route", f"/f{number}={copy}"]
        with host.Process(command, which, ready=("127.0.0.1", port)) as server:
            import urllib.request
            for number in range(routes):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/f{number}", timeout=30).read()
            totals.append(server.memory())
    return totals[0], (totals[1] - totals[0]) / count


def measure(case, rounds, weighs=True):
    prepared = case.prepare()
    which = host.split_cores()[0]
    values, pids = [], []
    for number in range(rounds + 1):
        port = host.free_port()
        prepared.before(port)
        try:
            ns, pid = first(prepared, port, which)
            pids.append(pid)
            end(prepared, port, pid)
        except (RuntimeError, OSError):
            prepared.after(port)
            raise
        if number > 0 or rounds == 1:  # the first one fills the page cache
            values.append(ns)
    rest = extra = None
    if weighs and prepared.can_weigh:
        rest, extra = weigh(prepared, which, case.extra)
    return {"start_ns": values, "image_bytes": prepared.image_bytes, "rest_bytes": rest, "extra_bytes": extra,
            "note": prepared.note, "marks": []}


def run(store, quick=False, left=lambda: True):
    """Every case, one file each."""
    for case in CASES:
        name = f"start-{case.name}"
        if store.has(name):
            continue
        record = {"start_ns": [], "marks": []}
        if quick and case.slow:
            record["marks"].append("left out of --quick")
        elif not left():
            record["marks"].append("left out: no time left of --quick")
        else:
            print(f"starting: {case.label}", flush=True)
            try:
                record = measure(case, 3 if quick else case.rounds, weighs=not quick or case.name != "container-scratch")
                if case.name == "proa-cached":
                    rest, extra = functions_weight(host.split_cores()[0], 8 if quick else 64)
                    record.update(function_rest_bytes=rest, function_extra_bytes=extra)
            except (BuildError, RuntimeError, OSError, subprocess.SubprocessError) as why:
                record["marks"].append(f"failed: {why}"[:300])
                print(f"  {why}", file=sys.stderr, flush=True)
        store.write(name, {"name": name, "case": case.name, "label": case.label, **record})
