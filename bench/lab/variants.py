"""What is compared: each variant of the API, how it is built and started.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
from dataclasses import dataclass
from typing import Callable

from lab import build, places


@dataclass(frozen=True)
class Variant:
    """One way to answer the API."""

    name: str
    label: str  # as charts say it
    kind: str  # "native", "node", "wasm" (in proa) or "peer" (wasm elsewhere)
    language: str
    json: str  # the library that parses and writes JSON
    make: Callable[[], pathlib.Path]
    start: Callable[[pathlib.Path, int, int], list]  # (artifact, port, workers) -> command
    note: str = ""
    cores_max: int = 1024

    def build(self):
        """What it is started from; BuildError when it cannot be built here."""
        return self.make()


def address(port):
    return f"127.0.0.1:{port}"


def in_proa(artifact, port, workers):
    return [places.PROA, "serve", artifact, "--addr", address(port), "--workers", workers, "--quiet"]


def in_proa_prepared(artifact, port, workers):
    # _initialize runs once; each request calls handle in an instance that begins with what that left.
    return [*in_proa(artifact, port, workers), "--entry", "handle"]


def in_proa_of(make):
    return lambda: build.compiled(make())


def in_wasmtime(artifact, port, workers):
    # -S cli: Rust's standard library asks for an environment.
    return ["env", f"TOKIO_WORKER_THREADS={workers}", "wasmtime", "serve", "-S", "cli", "--allow-precompiled", "--addr",
            address(port), artifact]


VARIANTS = [
    Variant("node", "TypeScript on Node", "node", "TypeScript", "V8's JSON", build.node,
            lambda source, port, workers: ["node", source, port], "node:http, no framework", cores_max=1),
    Variant("actix", "Rust, actix-web", "native", "Rust", "serde_json", build.actix,
            lambda program, port, workers: [program, address(port), workers], "actix-web 4, typed extractors"),
    Variant("c-native", "C, handler in proa's server", "native", "C", "yyjson", build.native_c,
            lambda program, port, workers: [program, address(port)],
            "one event loop, the handler runs on it", cores_max=1),
    Variant("c", "C, WebAssembly in proa", "wasm", "C", "yyjson", in_proa_of(build.wasm_c), in_proa,
            "the same items.c as c-native"),
    Variant("rust", "Rust, WebAssembly in proa", "wasm", "Rust", "serde_json", in_proa_of(build.wasm_rust), in_proa,
            "the same items.rs as actix"),
    Variant("assemblyscript", "AssemblyScript, WebAssembly in proa", "wasm", "AssemblyScript",
            "json-as writes, an own reader reads", in_proa_of(build.wasm_assemblyscript), in_proa,
            "the language cannot catch what a library throws, so the reader is its own"),
    Variant("go", "Go, WebAssembly in proa", "wasm", "Go", "encoding/json", in_proa_of(build.wasm_go),
            in_proa_prepared, "a reactor: Go's runtime is started once, before the first request"),
    Variant("wasmtime", "Rust, WebAssembly in wasmtime serve", "peer", "Rust", "serde_json", build.component,
            in_wasmtime, "the same items.rs, as a component for wasi:http (wasmtime serve takes no WASI program), "
            "compiled ahead, in its pool, an instance a request"),
]
BY_NAME = {variant.name: variant for variant in VARIANTS}


def command(variant, artifact, port, workers=1):
    return [str(word) for word in variant.start(artifact, port, min(workers, variant.cores_max))]
