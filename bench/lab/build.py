"""How each variant of the API is built from its source.

A builder gives the path of what it made; it raises places.BuildError with one
line that says what is missing or wrong.

SPDX-License-Identifier: Apache-2.0
"""
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

from lab import places
from lab.places import BuildError

ASSEMBLYSCRIPT = "0.28.20"
RUST_TARGETS = ("wasm32-wasip1", "wasm32-wasi")
COMPONENT_TARGETS = ("wasm32-wasip2",)
RUST_HOW = {"wasm32-wasip1": "rustup target add wasm32-wasip1 (Rust 1.71 or newer)",
            "wasm32-wasip2": "rustup target add wasm32-wasip2 (Rust 1.82 or newer)"}


def wasm_c():
    """items.wasm from C, with yyjson."""
    library, source = places.yyjson(), places.VARIANTS / "c"
    if not library:
        raise BuildError(f"yyjson is not there: {places.peers('yyjson')}")
    if not places.clang():
        raise BuildError("no clang that makes WebAssembly: apt-get install clang-19 lld-19 wasi-libc")
    target = places.work("c") / "items.wasm"
    sources = [library / "yyjson.c", source / "items.c", source / "main.c"]
    if not places.is_newer(target, sources):
        places.run([places.clang(), "--target=wasm32-wasi", "-Wno-deprecated", *places.OPTIMISED, "-s",
                    "-I", library, *sources, "-o", target])
    return target


def objects_of_c():
    """items.c and yyjson for this processor."""
    library, source = places.yyjson(), places.VARIANTS / "c"
    if not library:
        raise BuildError(f"yyjson is not there: {places.peers('yyjson')}")
    folder = places.work("c-native")
    made, sources = [folder / "yyjson.o", folder / "items.o"], [library / "yyjson.c", source / "items.c"]
    if not all(places.is_newer(one, sources) for one in made):
        places.run([places.clang() or "cc", *places.OPTIMISED, f"-march={places.NATIVE_CPU}", "-fPIC", "-c",
                    "-I", library, *sources], cwd=folder)
    return made


def native_c(is_static=False):
    """The server of proa serve with the same C as its handler; static: for images that hold nothing else."""
    objects, archive = objects_of_c(), places.built("liblab_server.a")
    target = places.work("c-native") / ("items-static" if is_static else "items")
    link, libraries = (line.split() for line in places.built("lab_server.link").read_text().splitlines())
    if not places.is_newer(target, [*objects, archive]):
        places.run([*link, *(["-static", "-Wl,--strip-all"] if is_static else []), *objects, archive, *libraries,
                    "-o", target])
    return target


def compiled(wasm):
    """The artifact that proa makes of a module for this processor: all of it
    optimised, as who compiles ahead has the time for."""
    said = subprocess.run([str(places.PROA), "version"], capture_output=True).stdout
    # Code of another version, or for another processor, is another file.
    target = wasm.with_name(f"items-{hashlib.sha256(said).hexdigest()[:12]}-O3.proa")
    if not places.is_newer(target, [wasm, places.PROA]):
        places.run([places.PROA, "compile", "-O3", wasm, "-o", target])
    return target


def node():
    """TypeScript as it is, where node strips types itself; else through esbuild."""
    source = places.VARIANTS / "node/server.ts"
    program = shutil.which("node")
    if not program:
        raise BuildError(f"no node: {places.peers('node')}")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    if tuple(int(word) for word in version.lstrip("v").split(".")[:2]) >= (22, 18):
        return source
    folder = places.work("node")
    target = folder / "server.mjs"
    if not places.is_newer(target, [source]):
        places.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, "esbuild@0.27"])
        places.run([folder / "node_modules/.bin/esbuild", source, "--format=esm", f"--outfile={target}"])
    return target


def sources_of_rust():
    return [places.VARIANTS / "rust/src/items.rs", places.VARIANTS / "rust/Cargo.toml"]


def actix():
    source = places.VARIANTS / "actix"
    target = places.work("actix") / "release/items-actix"
    if not places.is_newer(target, [*sources_of_rust(), source / "src/main.rs", source / "Cargo.lock", source / "Cargo.toml"]):
        places.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=source,
                   env={"CARGO_TARGET_DIR": str(places.work("actix")), "RUSTFLAGS": f"-Ctarget-cpu={places.NATIVE_CPU}"})
    return target


def rust_compiler(targets=RUST_TARGETS):
    """(rustc, target) of the first rustc that has a standard library for one of the targets."""
    for rustc in filter(None, (os.environ.get("PROA_LAB_RUSTC"), shutil.which("rustc"), "/usr/bin/rustc")):
        for target in targets:
            with contextlib.suppress(OSError):
                done = subprocess.run([rustc, "--print", "target-libdir", "--target", target],
                                      capture_output=True, text=True, check=False)
                if done.returncode == 0 and os.path.isdir(done.stdout.strip()):
                    return rustc, target
    raise BuildError(f"no rustc with a standard library for {targets[0]}: {RUST_HOW[targets[0]]}")


def cargo_build(source, folder, rustc, triple):
    """`cargo build` by a rustc that need not be the cargo's own."""
    command = ["build", "--release", "--locked", "--quiet", "--target", triple]
    own = os.path.join(os.path.dirname(rustc), "cargo")
    if not os.path.exists(own):
        own = "cargo"
    if shutil.which("cargo") not in (None, own):
        # An old rustc needs the cargo of its age, which may not speak with
        # today's registry: the other cargo brings the sources.
        vendor = folder / "vendor"
        places.run(["cargo", "vendor", "--quiet", "--locked", vendor], cwd=source)
        command += ["--offline", "--config", 'source.crates-io.replace-with="vendored"',
                    "--config", f'source.vendored.directory="{vendor}"']
    places.run([own, *command], cwd=source, env={"CARGO_TARGET_DIR": str(folder), "RUSTC": rustc})
    return folder / triple / "release"


def wasm_rust():
    source = places.VARIANTS / "rust"
    rustc, triple = rust_compiler()
    folder = places.work(f"rust-{tag_of(rustc)}")
    target = folder / "items.wasm"
    if not places.is_newer(target, [*sources_of_rust(), source / "src/main.rs", source / "Cargo.lock"]):
        shutil.copyfile(cargo_build(source, folder, rustc, triple) / "items-wasm.wasm", target)
    return target


def tag_of(rustc):
    """Names what a compiler of this version made."""
    from lab import host
    words = (host.version_of(rustc, "--version") or "unknown").split()
    return words[1] if len(words) > 1 else words[0]


def component():
    """The component that `wasmtime serve` takes, with the same items.rs, compiled ahead."""
    if not shutil.which("wasmtime"):
        raise BuildError(f"no wasmtime: {places.peers('wasmtime')}")
    source = places.VARIANTS / "wasmtime"
    rustc, triple = rust_compiler(COMPONENT_TARGETS)
    folder = places.work(f"wasmtime-{tag_of(rustc)}")
    target = folder / f"items-{tag_of('wasmtime')}.cwasm"
    sources = [*sources_of_rust(), source / "src/lib.rs", source / "Cargo.lock", source / "Cargo.toml"]
    if not places.is_newer(target, sources):
        made = cargo_build(source, folder, rustc, triple) / "items_component.wasm"
        places.run(["wasmtime", "compile", made, "-o", target])
    return target


def wasm_go():
    source = places.VARIANTS / "go"
    target = places.work("go") / "items.wasm"
    if not places.is_newer(target, [*sorted(source.glob("*.go")), source / "go.mod", pathlib.Path(__file__)]):
        # A reactor: its runtime starts once, in _initialize, and not for each request.
        places.run(["go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", target, "."], cwd=source,
                   env={"GOOS": "wasip1", "GOARCH": "wasm"})
    return target


def wasm_assemblyscript():
    source = places.VARIANTS / "assemblyscript"
    folder = places.work("assemblyscript")
    target = folder / "items.wasm"
    sources = sorted((source / "assembly").glob("*.ts")) + [source / "package.json", pathlib.Path(__file__)]
    if places.is_newer(target, sources):
        return target
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if not (folder / "node_modules/assemblyscript").exists():
        places.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder)
    # The minimal runtime collects only when asked to: what lives as short as a request need not. json-as sets 1 MB
    # aside for a cache that is off unless asked for, too.
    places.run(["node", "node_modules/assemblyscript/bin/asc.js", "assembly/main.ts", "-O3", "--noAssert", "--runtime",
                "minimal", "--transform", "json-as", "--use", "JSON_CACHE_SIZE=0",
                "--config", "node_modules/@assemblyscript/wasi-shim/asconfig.json", "-o", "items.wasm"], cwd=folder)
    return target


def versions():
    """What the tools say of themselves."""
    from lab import host
    found = {}
    for name, targets in (("rustc (wasm)", RUST_TARGETS), ("rustc (component)", COMPONENT_TARGETS)):
        with contextlib.suppress(BuildError):
            found[name] = host.version_of(rust_compiler(targets)[0], "--version")
    lock = places.VARIANTS / "assemblyscript/package.json"
    asc = json.loads(lock.read_text())["devDependencies"]["assemblyscript"] if lock.exists() else None
    return {"proa": host.version_of(places.PROA, "--version"), "node": host.version_of("node", "--version"),
            "rustc (native)": host.version_of("rustc", "--version"), "rustc (wasm)": None, "rustc (component)": None,
            "go": host.version_of("go", "version"), "clang": host.version_of(places.clang() or "clang", "--version"),
            "assemblyscript": asc, "wasmtime": host.version_of("wasmtime", "--version"), **found}
