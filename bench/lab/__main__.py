"""proa lab list | run [NAME...] [--quick] | report

Measures one API in several languages, natively and as WebAssembly in proa, and
how functions, processes, containers and machines start and what they hold.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lab import build, compare, host, places, plan, variants  # noqa: E402
from lab.store import Store  # noqa: E402

EXIT_INTERRUPTED = 130


def parse():
    parser = argparse.ArgumentParser(prog="proa lab", description=__doc__.split("\n\n")[1])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what is compared, and what is missing for it here")
    runs = commands.add_parser("run", help="build, check, measure, report")
    runs.add_argument("names", nargs="*", metavar="NAME", help="only these variants")
    runs.add_argument("--quick", action="store_true", help="less of everything, within three minutes, building too")
    runs.add_argument("--minutes", type=float, default=0, help="that it may take, apart from building: runs are as long "
                      "as fit; 25 unless given (--quick: 3, with building)")
    runs.add_argument("--repetitions", type=int, default=3)
    runs.add_argument("--neighbours", type=int, default=3, help="how many noisy ones, besides none")
    runs.add_argument("--sizes", type=lambda text: text.split(","), default=[], help="10KB,100KB,1MB,5MB")
    runs.add_argument("--cores", type=int, default=0, help="up to how many for throughput; all unless given")
    runs.add_argument("--realtime", type=int, default=0, metavar="PRIORITY", help="servers, neighbours and load at this "
                      "real-time priority, where others work on the machine; a server then waits for a neighbour's whole turn")
    runs.add_argument("--only", choices=("load", "compare"), default=None)
    runs.add_argument("--fresh", action="store_true", help="move runs of another plan aside")
    reports = commands.add_parser("report", help="the page and the charts again, from the samples alone")
    for one in (runs, reports):
        one.add_argument("--out", type=pathlib.Path, default=None, help="the folder of the samples")
        one.add_argument("--page", type=pathlib.Path, default=None, help="the folder of the page and charts")
    return parser.parse_args()


def list_all():
    """What could run here; what is missing, and how it is installed."""
    for variant in variants.VARIANTS:
        print(f"{variant.name:16} {variant.label}; JSON: {variant.json}")
        for what, how in missing_of(variant.name):
            print(f"{'':16}   missing: {what}: {how}")
    print("\nsizes: " + ", ".join(f"{size} ({plan.RATES[size]:g}/s)" for size in plan.SIZES))
    print("\nstarting:")
    for case in compare.CASES:
        print(f"{case.name:24} {case.label}")
        for what, how in compare.missing_of(case.name):
            print(f"{'':24}   missing: {what}: {how}")
    print()
    for what, how in general_missing():
        print(f"missing: {what}: {how}")
    print(f"most of what may be missing: {places.peers('node wasmtime yyjson lab')}")


NEEDS = {
    "node": [("node", places.peers("node"))],
    "actix": [("cargo", "rustup, or apt-get install cargo")],
    "c-native": [(places.clang() or "clang-19", "apt-get install clang-19 lld-19 wasi-libc")],
    "c": [(places.clang() or "clang-19", "apt-get install clang-19 lld-19 wasi-libc")],
    "rust": [("cargo", "rustup, or apt-get install cargo")],
    "assemblyscript": [("npm", "apt-get install npm"), ("node", places.peers("node"))],
    "go": [("go", "Go 1.24 or newer: from go.dev")],
    "wasmtime": [("wasmtime", places.peers("wasmtime")), ("cargo", "rustup")],
}
HEADERS = (("libssl.so", "libssl-dev"), ("libnghttp2.so", "libnghttp2-dev"))


def missing_of(name):
    """(what, how it is installed) of all that a variant lacks here."""
    found = [(what, how) for what, how in NEEDS[name] if not shutil.which(what)]
    if name in ("c", "c-native") and not places.yyjson():
        found.append(("yyjson", places.peers("yyjson")))
    if name == "c-native":
        found += [(what, f"apt-get install {package}") for what, package in HEADERS if not links(what)]
    for one, targets in (("rust", build.RUST_TARGETS), ("wasmtime", build.COMPONENT_TARGETS)):
        if name == one:
            try:
                build.rust_compiler(targets)
            except places.BuildError:
                found.append((f"a standard library of Rust for {targets[0]}", build.RUST_HOW[targets[0]]))
    return found


def links(library):
    """Whether programs can be linked with it."""
    done = subprocess.run(["cc", f"-print-file-name={library}"], capture_output=True, text=True, check=False) \
        if shutil.which("cc") else None
    return done is not None and "/" in done.stdout


def general_missing():
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        if not compare.system_python_has("matplotlib"):
            yield "matplotlib", "apt-get install python3-matplotlib"
    for name in ("lab_load", "lab_first", "lab_burn"):
        if not (places.BUILD / "CMakeCache.txt").exists() and not (places.INSTALLED / name).exists():
            yield name, "build the target lab_programs before installing"
    if not places.PROA.exists():
        yield str(places.PROA), "build it: cmake --preset release && cmake --build --preset release"
    if len(host.cores()) < 2:
        yield "a second core", "load and server share the only one; runs are marked"


def report(store, page):
    """In a Python that has matplotlib, which need not be this one."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        if sys.executable != "/usr/bin/python3" and compare.system_python_has("matplotlib"):
            os.execv("/usr/bin/python3", ["/usr/bin/python3", str(host.HERE), "report", "--out", str(store.folder),
                                          "--page", str(page)])
        sys.exit("proa lab: the report needs matplotlib: apt-get install python3-matplotlib")
    from lab import report as pages
    print(pages.write(store, page))


def folder_of(options):
    base = places.RUNS / ("quick" if getattr(options, "quick", False) else "full")
    folder = options.out or base
    if getattr(options, "fresh", False) and folder.exists():
        folder.rename(folder.with_name(folder.name + time.strftime("-until-%Y%m%d-%H%M%S")))
    return folder


def main():
    options = parse()
    if options.command == "list":
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as other commands: proa lab list | head
        list_all()
        return 0
    store = Store(folder_of(options))
    page = options.page or store.folder / "report"
    if options.command == "run":
        from lab import run
        host.REALTIME = options.realtime or host.REALTIME
        unknown = [name for name in options.names if name not in variants.BY_NAME]
        if unknown:
            sys.exit(f"proa lab: no variant is called {unknown[0]}; there are {', '.join(variants.BY_NAME)}")
        try:
            run.run(options, store)
        except KeyboardInterrupt:
            print("\nproa lab: interrupted; the same command goes on from here", file=sys.stderr)
            return EXIT_INTERRUPTED
    elif not (store.folder / "plan.json").exists():
        sys.exit(f"proa lab: no runs in {store.folder}; first: proa lab run")
    report(store, page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
