"""proa lab list | run [NAME...] [--quick] | report

Measures one API in several languages, natively and as WebAssembly in proa, and
how functions, processes, containers and machines start and what they hold.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lab import compare, host, places, plan, variants  # noqa: E402
from lab.store import Store  # noqa: E402

EXIT_INTERRUPTED = 130


def parse():
    parser = argparse.ArgumentParser(prog="proa lab", description=__doc__.split("\n\n")[1])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what is compared, and what is missing for it here")
    runs = commands.add_parser("run", help="build, check, measure, report")
    runs.add_argument("names", nargs="*", metavar="NAME", help="only these variants")
    runs.add_argument("--quick", action="store_true", help="less of everything, within three minutes")
    runs.add_argument("--repetitions", type=int, default=3)
    runs.add_argument("--seconds", type=float, default=4.0, help="of an open-loop run of small answers")
    runs.add_argument("--neighbours", type=int, default=3, help="how many noisy ones, besides none")
    runs.add_argument("--sizes", type=lambda text: text.split(","), default=[], help="10KB,100KB,1MB,5MB")
    runs.add_argument("--cores", type=int, default=0, help="up to how many for throughput; all unless given")
    runs.add_argument("--realtime", type=int, default=0, metavar="PRIORITY", help="servers, neighbours and load at this "
                      "real-time priority: where others on the machine work at one too")
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
    print("\nsizes: " + ", ".join(f"{size} ({plan.RATES[size]}/s)" for size in plan.SIZES))
    print("\nsection 4:")
    for case in compare.CASES:
        print(f"{case.name:24} {case.label}")
        for what, how in compare.missing_of(case.name):
            print(f"{'':24}   missing: {what}: {how}")
    for what, how in general_missing():
        print(f"missing: {what}: {how}")


NEEDS = {
    "node": [("node", "bench/peers node, or apt-get install nodejs")],
    "actix": [("cargo", "rustup, or apt-get install cargo")],
    "c-native": [("clang-22", "script/bootstrap"), ("cmake", "apt-get install cmake")],
    "c": [("clang-22", "script/bootstrap")],
    "rust": [("cargo", "apt-get install cargo rustc libstd-rust-dev-wasm32")],
    "assemblyscript": [("npm", "apt-get install npm"), ("node", "bench/peers node")],
    "go": [("go", "from go.dev, 1.21 or newer")],
    "wasmtime": [("wasmtime", "bench/peers wasmtime"), ("cargo", "apt-get install cargo")],
}


def missing_of(name):
    import shutil
    found = [(what, how) for what, how in NEEDS[name] if not shutil.which(what)]
    if name in ("c", "c-native") and not places.yyjson():
        found.append(("yyjson", "bench/peers yyjson"))
    return found


def general_missing():
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        if not compare.system_python_has("matplotlib"):
            yield "matplotlib", "apt-get install python3-matplotlib"
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
        list_all()
        return 0
    store = Store(folder_of(options))
    page = options.page or store.folder / "report"
    if options.command == "run":
        from lab import run
        host.REALTIME = options.realtime
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
