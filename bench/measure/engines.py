"""The engines that a WASI command may be run by, ours among them.

An engine: is it here, which version, how a module is made ready, how it runs.
What can compile ahead of time does.

SPDX-License-Identifier: Apache-2.0
"""
import shlex
import shutil

from . import common


class Engine:
    program = None
    version_args = ("--version",)

    def is_here(self):
        return shutil.which(self.program) is not None

    def version(self):
        return common.version_of(self.program, *self.version_args)

    def prepare(self, wasm):
        """Make the module ready once; returns what `command` wants."""
        return wasm

    def command(self, ready, *args):
        raise NotImplementedError

    def compile(self, command, target):
        code, _, err = common.run(command)
        if code != 0:
            raise RuntimeError(f"{self.program}: {err.strip()[-200:]}")
        return target


class Proa(Engine):
    program = str(common.PROA)

    def __init__(self, flags="", suffix=".proa"):
        self.flags = shlex.split(flags)
        self.suffix = suffix

    def prepare(self, wasm):
        target = wasm.with_suffix(self.suffix)
        return self.compile([self.program, "compile", wasm, "-o", target, "--cpu", common.CPU, *self.flags], target)

    def command(self, ready, *args):
        return [self.program, "run", ready, *args]


class Node(Engine):
    program = "node"

    def command(self, ready, *args):
        return [self.program, "--no-warnings", common.BENCH / "programs/wasi.mjs", ready, *args]


class Wasmtime(Engine):
    program = "wasmtime"

    def prepare(self, wasm):
        target = wasm.with_suffix(".cwasm")
        return self.compile([self.program, "compile", wasm, "-o", target], target)

    def command(self, ready, *args):
        return [self.program, "run", "--allow-precompiled", ready, *args]


class Wasmer(Engine):
    program = "wasmer"

    def prepare(self, wasm):
        target = wasm.with_suffix(".wasmu")
        try:
            return self.compile([self.program, "compile", "--llvm", wasm, "-o", target], target)
        except RuntimeError: # built without LLVM: its default
            return self.compile([self.program, "compile", wasm, "-o", target], target)

    def command(self, ready, *args):
        return [self.program, "run", ready, "--", *args]


class WasmEdge(Engine):
    program = "wasmedge"

    def prepare(self, wasm):
        target = wasm.with_suffix(".edge.so")
        return self.compile([self.program, "compile", wasm, target], target)

    def command(self, ready, *args):
        return [self.program, ready, *args]


class Iwasm(Engine):
    program = "iwasm"

    def prepare(self, wasm):
        if not shutil.which("wamrc"):
            return wasm # its interpreter, then
        target = wasm.with_suffix(".aot")
        return self.compile(["wamrc", "-o", target, wasm], target)

    def command(self, ready, *args):
        return [self.program, ready, *args]


class Wasm3(Engine):
    program = "wasm3"

    def command(self, ready, *args):
        return [self.program, ready, *args]


PEERS = {
    "node": Node(), "wasmtime": Wasmtime(), "wasmer": Wasmer(),
    "wasmedge": WasmEdge(), "iwasm": Iwasm(), "wasm3": Wasm3(),
}


def peers_here():
    """The peers that are installed, and the names of those that are not."""
    here = {name: engine for name, engine in PEERS.items() if engine.is_here()}
    return here, [name for name in PEERS if name not in here]
