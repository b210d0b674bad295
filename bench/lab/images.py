"""Images of section 4: containers and a machine, made and started.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import functools
import gzip
import json
import os
import pathlib
import shutil
import subprocess

from lab import build, host, places
from lab.places import BuildError
from lab.starting import Prepared, Started, libraries_of, size_of

GUEST_PORT = "8080"
VM_MEGABYTES = "128"
MODULES = ("virtio", "virtio_ring", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "failover",
           "net_failover", "virtio_net")
TRY_SECONDS = 6  # for a program that may not work here to give its first answer


def need(program, package):
    if not shutil.which(program):
        raise BuildError(f"no {program}: apt-get install {package}")


def bundle(runtime, name, root, command):
    """A folder as an OCI runtime takes it: the runtime's own default specification, our
    command, and the host's network (no address translation in the way)."""
    folder = places.work(f"bundles/{name}")
    (folder / "config.json").unlink(missing_ok=True)
    places.run([runtime, "spec"], cwd=folder)
    spec = json.loads((folder / "config.json").read_text())
    spec["root"] = {"path": str(root), "readonly": True}
    spec["process"].update(terminal=False, args=command)
    spec["linux"]["namespaces"] = [one for one in spec["linux"]["namespaces"] if one["type"] != "network"]
    (folder / "config.json").write_text(json.dumps(spec))
    return folder


def run_command(runtime, name, root, words):
    return [runtime, "run", "--bundle", bundle(runtime, name, root, words), f"lab-{name}"]


def delete(runtime, name):
    subprocess.run([runtime, "delete", "--force", f"lab-{name}"], capture_output=True, check=False)
    shutil.rmtree(places.work("bundles") / name, ignore_errors=True)


def answers(command, port):
    """Whether what this starts gives a good answer soon; it is ended at once."""
    try:
        Started(command, port, host.cores(), seconds=TRY_SECONDS).end()
    except RuntimeError:
        return False
    return True


@functools.cache
def oci_runtime():
    """(runtime, what to say of it): the first that really starts a container here."""
    tried = []
    root, _ = scratch_image()
    for name in ("runc", "crun"):
        if not shutil.which(name):
            tried.append(f"{name} is not there")
            continue
        port = host.free_port()
        label = f"try-{port}"
        works = answers(run_command(name, label, root, ["/server", f"127.0.0.1:{port}"]), port)
        delete(name, label)
        if works:
            said = (host.version_of(name, "--version") or name).replace(" version ", " ")
            return name, "; ".join([said, *tried])
        tried.append(f"{name} starts no container")
    raise BuildError(f"{', '.join(tried)}: apt-get install runc crun")


def container(name, image, command_of):
    root, image_bytes = image
    runtime, note = oci_runtime()

    def of_container(pid):
        """Without the runtime's own process, which waits outside."""
        return host.memory_bytes(pid) - host.memory_of_one(pid)
    return Prepared(lambda port: (run_command(runtime, f"{name}-{port}", root, command_of(port)), {}), image_bytes,
                    after=lambda port: delete(runtime, f"{name}-{port}"), weight=of_container,
                    note=f"{note}; the host's network; the image compressed, as a registry holds it")


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


def scratch_image():
    program = build.native_c(is_static=True)
    return unpacked("scratch", lambda root: None, lambda root: copy_into(root, program, "/server"))


def node_image():
    need("debootstrap", "debootstrap")
    program, script = pathlib.Path(shutil.which("node") or "none").resolve(), build.node()

    def add(root):
        copy_into(root, program, "/usr/bin/node")
        copy_into(root, script, "/app/" + script.name)
        for library in libraries_of(program):
            if not (root / str(library).lstrip("/")).exists():
                copy_into(root, library, str(library))
    return unpacked("debian-node", lambda root: places.run(
        ["debootstrap", "--variant=minbase", debian() or "stable", root]), add)


def container_scratch():
    return container("scratch", scratch_image(), lambda port: ["/server", f"127.0.0.1:{port}"])


def container_node():
    name = build.node().name
    return container("debian-node", node_image(), lambda port: ["/usr/bin/node", f"/app/{name}", str(port)])


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
    program, first = build.native_c(is_static=True), places.program("lab_init")
    folder = places.work("machine")
    target, root = folder / "initramfs.gz", folder / "root"
    if places.is_newer(target, [program, first]):
        return target
    shutil.rmtree(root, ignore_errors=True)
    for name in ("proc", "dev", "modules"):
        (root / name).mkdir(parents=True)
    copy_into(root, first, "/init")
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
    if answers(machine_command("kvm", image, initrd, port), port):
        return "kvm", "KVM"
    return "tcg", "/dev/kvm is there but starts no machine: software emulation (TCG)"


def machine():
    need("qemu-system-x86_64", "qemu-system-x86")
    image, modules = kernel()
    initrd = initramfs(modules)
    kind, note = accelerator(image, initrd)
    return Prepared(lambda port: (machine_command(kind, image, initrd, port), {}), size_of(image, initrd),
                    note=f"{note}, {VM_MEGABYTES} MB, QEMU's user network; the image: kernel and initramfs")
