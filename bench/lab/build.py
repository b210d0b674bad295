"""How each variant of the API is built from its source.

A builder gives the path of what it made; it raises places.BuildError with one
line that says what is missing or wrong.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import json
import os
import shutil
import subprocess

from lab import places
from lab.places import BuildError

ASSEMBLYSCRIPT = "0.28.20"
RUST_TARGETS = ("wasm32-wasip1", "wasm32-wasi")


def wasm_c():
    """items.wasm from C, with yyjson."""
    library, source = places.yyjson(), places.VARIANTS / "c"
    if not library:
        raise BuildError("yyjson is not there: bench/peers yyjson")
    if not places.clang():
        raise BuildError("no clang that makes WebAssembly: apt-get install clang-19 lld-19 wasi-libc")
    target = places.work("c") / "items.wasm"
    sources = [library / "yyjson.c", source / "items.c", source / "main.c"]
    if not places.is_newer(target, sources):
        places.run([places.clang(), "--target=wasm32-wasi", "-Wno-deprecated", *places.OPTIMISED, "-s",
                    "-I", library, *sources, "-o", target])
    return target


def native_c():
    """The server of proa serve with the same C as its handler."""
    library, source = places.yyjson(), places.VARIANTS / "c"
    if not library:
        raise BuildError("yyjson is not there: bench/peers yyjson")
    folder = places.work("c-native")
    archive, sources = folder / "liblab_items.a", [library / "yyjson.c", source / "items.c"]
    if not places.is_newer(archive, sources):
        places.run([places.clang() or "cc", *places.OPTIMISED, f"-march={places.NATIVE_CPU}", "-fPIC", "-c",
                    "-I", library, *sources], cwd=folder)
        archive.unlink(missing_ok=True)
        places.run(["ar", "rcs", archive, "yyjson.o", "items.o"], cwd=folder)
    places.build_programs(["lab_items"], f"-DPROA_LAB_ITEMS={archive}")
    return places.program("lab_items")


def compiled(wasm):
    """The artifact that proa makes of a module, optimised, for this processor."""
    said = subprocess.run([str(places.PROA), "version"], capture_output=True).stdout
    # Code of another version, or for another processor, is another file.
    target = wasm.with_name(f"items-{hashlib.sha256(said).hexdigest()[:12]}.proa")
    if not places.is_newer(target, [wasm, places.PROA]):
        places.run([places.PROA, "compile", wasm, "-o", target])
    return target


def node():
    """TypeScript as it is, where node strips types itself; else through esbuild."""
    source = places.VARIANTS / "node/server.ts"
    program = shutil.which("node")
    if not program:
        raise BuildError("no node: bench/peers node")
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
    if not places.is_newer(target, [*sources_of_rust(), source / "src/main.rs", source / "Cargo.lock"]):
        places.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=source,
                   env={"CARGO_TARGET_DIR": str(places.work("actix")), "RUSTFLAGS": f"-Ctarget-cpu={places.NATIVE_CPU}"})
    return target


def rust_compiler():
    """(rustc, target) of the first rustc that has a standard library for WASI."""
    for rustc in filter(None, (os.environ.get("PROA_LAB_RUSTC"), shutil.which("rustc"), "/usr/bin/rustc")):
        for target in RUST_TARGETS:
            done = subprocess.run([rustc, "--print", "target-libdir", "--target", target],
                                  capture_output=True, text=True, check=False)
            if done.returncode == 0 and os.path.isdir(done.stdout.strip()):
                return rustc, target
    raise BuildError("no rustc with a standard library for WASI: apt-get install rustc cargo libstd-rust-dev-wasm32, "
                     "or rustup target add wasm32-wasip1")


def wasm_rust():
    source = places.VARIANTS / "rust"
    folder = places.work("rust")
    target = folder / "items.wasm"
    if places.is_newer(target, [*sources_of_rust(), source / "src/main.rs", source / "Cargo.lock"]):
        return target
    rustc, triple = rust_compiler()
    command = ["build", "--release", "--locked", "--quiet", "--target", triple]
    env = {"CARGO_TARGET_DIR": str(folder), "RUSTC": rustc}
    old = os.path.join(os.path.dirname(rustc), "cargo")
    if not os.path.exists(old):
        old = "cargo"
    if shutil.which("cargo") not in (None, old):
        # An old rustc needs the cargo of its age, which may not speak with
        # today's registry: the other cargo brings the sources.
        vendor = folder / "vendor"
        places.run(["cargo", "vendor", "--quiet", "--locked", vendor], cwd=source)
        command += ["--offline", "--config", 'source.crates-io.replace-with="vendored"',
                    "--config", f'source.vendored.directory="{vendor}"']
    places.run([old, *command], cwd=source, env=env)
    shutil.copyfile(folder / triple / "release/items-wasm.wasm", target)
    return target


def wasm_go():
    source = places.VARIANTS / "go"
    target = places.work("go") / "items.wasm"
    if not places.is_newer(target, [source / "main.go", source / "go.mod"]):
        places.run(["go", "build", "-trimpath", "-ldflags=-s -w", "-o", target, "."], cwd=source,
                   env={"GOOS": "wasip1", "GOARCH": "wasm"})
    return target


def wasm_assemblyscript():
    source = places.VARIANTS / "assemblyscript"
    folder = places.work("assemblyscript")
    target = folder / "items.wasm"
    sources = sorted((source / "assembly").glob("*.ts")) + [source / "package.json"]
    if places.is_newer(target, sources):
        return target
    shutil.copytree(source, folder, dirs_exist_ok=True)
    if not (folder / "node_modules/assemblyscript").exists():
        places.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder)
    places.run(["node", "node_modules/assemblyscript/bin/asc.js", "assembly/main.ts", "-O3", "--noAssert",
                "--transform", "json-as", "--config", "node_modules/@assemblyscript/wasi-shim/asconfig.json", "-o", "items.wasm"], cwd=folder)
    return target


def versions():
    """What the tools say of themselves."""
    from lab import host
    rust = None
    try:
        rust = host.version_of(rust_compiler()[0], "--version")
    except BuildError:
        pass
    lock = places.VARIANTS / "assemblyscript/package.json"
    asc = json.loads(lock.read_text())["devDependencies"]["assemblyscript"] if lock.exists() else None
    return {"proa": host.version_of(places.PROA, "--version"), "node": host.version_of("node", "--version"),
            "rustc (native)": host.version_of("rustc", "--version"), "rustc (wasm)": rust,
            "go": host.version_of("go", "version"), "clang": host.version_of(places.clang() or "clang", "--version"),
            "assemblyscript": asc, "wasmtime": host.version_of("wasmtime", "--version")}
