"""`proa lab run`: builds, checks, measures; goes on where it was interrupted.

SPDX-License-Identifier: Apache-2.0
"""
import json
import signal
import subprocess
import sys
import time

from lab import build, compare, host, load, places, plan, variants
from lab.places import BuildError

QUICK_SECONDS_MAX = 165  # of the three minutes; the report needs the rest
QUICK_BUILD_SECONDS_MAX = 60


class Clock:
    """Tells how far we are; the line is written over on a terminal."""

    def __init__(self, seconds, limit=None):
        self.all, self.done, self.start = max(seconds, 1), 0.0, time.monotonic()
        self.limit = limit

    def is_over(self, needed=0.0):
        return self.limit is not None and time.monotonic() - self.start + needed > self.limit

    def left(self):
        spent = time.monotonic() - self.start
        return spent / self.done * (self.all - self.done) if self.done > 5 else self.all - self.done

    def tell(self, text, seconds):
        left = self.left()
        if self.limit is not None:
            left = min(left, self.limit - (time.monotonic() - self.start))
        print(f"[{self.done / self.all:4.0%}, {left / 60:4.1f} min left] {text}", flush=True)
        self.done += seconds


def make_all(names, limit=None):
    """name -> what it is started from; name -> why there is nothing."""
    made, missing = {}, {}
    start = time.monotonic()
    for name in names:
        if limit is not None:
            left = limit - (time.monotonic() - start)
            if left <= 0:
                missing[name] = "not built in time: run without --quick once, which builds it"
                continue
            places.BUILD_SECONDS_MAX = left
        print(f"building {name}", flush=True)
        try:
            made[name] = variants.BY_NAME[name].build()
        except BuildError as why:
            missing[name] = str(why)
            print(f"  {name}: {why}", flush=True)
    return made, missing


def check_all(made, store):
    """Conformance of each; what failed is marked and not timed."""
    results = {}
    for name, artifact in made.items():
        try:
            passed, failed = load.quick_check(variants.BY_NAME[name], artifact)
        except (RuntimeError, OSError) as why:
            passed, failed = 0, [str(why)]
        results[name] = {"passed": passed, "failed": failed}
        print(f"{name}: {passed} of {passed + len(failed)} answers as API.md says", flush=True)
        for line in failed[:5]:
            print(f"  {line}", flush=True)
    store.write("conformance", {"name": "conformance", "results": results})
    return results


def settings_of(options):
    names = [variant.name for variant in variants.VARIANTS]
    chosen = tuple(name for name in names if not options.names or name in options.names)
    if options.quick:
        return plan.Settings(chosen, sizes=("10 KB", "1 MB"), neighbours=(0,), repetitions=1, seconds=1.5,
                             warm_seconds=0.5, full_seconds=0.7)
    cores = tuple(range(1, len(host.cores()) + 1)) if options.cores == 0 else (1, options.cores)
    sizes = tuple(size for size in plan.SIZES if not options.sizes or size.replace(" ", "") in options.sizes)
    return plan.Settings(chosen, sizes=sizes, core_counts=tuple(sorted(set(cores))), repetitions=options.repetitions,
                         seconds=options.seconds, neighbours=(0, options.neighbours) if options.neighbours else (0,))


def measure_one(cell, artifact, store):
    try:
        run = load.measure(cell, artifact)
    except (RuntimeError, OSError, subprocess.SubprocessError) as why:
        run = {"name": cell.name, "cell": cell.__dict__, "samples": [], "marks": [f"failed: {why}"[:300]]}
    store.write(cell.name, run)
    if run["marks"]:
        print(f"  marked: {'; '.join(run['marks'])}", flush=True)


def measure_all(cells, made, store, clock):
    for cell in cells:
        if store.has(cell.name):
            clock.all -= plan.seconds_of(cell)
            continue
        if clock.is_over(plan.seconds_of(cell)):
            store.write(cell.name, {"name": cell.name, "cell": cell.__dict__, "samples": [],
                                    "marks": ["left out: no time left of --quick"]})
            continue
        clock.tell(cell.name, plan.seconds_of(cell))
        measure_one(cell, made[cell.variant], store)


def prepare(store, settings, options):
    versions = {**build.versions(), "machine": host.machine()}
    about = {"fingerprint": settings.fingerprint(build.versions()), "settings": settings.__dict__,
             "versions": build.versions(), "machine": host.machine(), "quick": options.quick,
             "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "variants": {}, "missing": {}}
    for name in settings.variants:
        one = variants.BY_NAME[name]
        about["variants"][name] = {"label": one.label, "kind": one.kind, "language": one.language,
                                   "json": one.json, "note": one.note, "cores_max": one.cores_max}
    if not store.prepare(about):
        sys.exit(f"proa lab: {store.folder} holds runs of another plan or of other versions; "
                 "take another folder with --out, or --fresh to move those aside")
    if not versions["machine"]["priority"]:
        print("without the right to raise priority: other work on this machine will disturb more", flush=True)


def run(options, store):
    """True when all that was asked for is there."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    settings = settings_of(options)
    begin = time.monotonic()
    prepare(store, settings, options)
    made, missing = make_all(settings.variants, QUICK_BUILD_SECONDS_MAX if options.quick else None)
    results = check_all(made, store)
    good = {name: made[name] for name in made if not results[name]["failed"]}
    about = store.plan()
    about["missing"] = missing
    about["seconds_to_build"] = round(time.monotonic() - begin)
    store.write_text("plan.json", json.dumps(about, indent=1) + "\n")
    cells = [cell for cell in plan.cells(settings) if cell.variant in good and
             cell.cores <= max(1, variants.BY_NAME[cell.variant].cores_max)]
    limit = QUICK_SECONDS_MAX - (time.monotonic() - begin) if options.quick else None
    clock = Clock(sum(plan.seconds_of(cell) for cell in cells), limit)
    if not options.quick:
        print(f"{len(cells)} runs, some {clock.all / 60:.0f} minutes; interrupt at will, the same command goes on",
              flush=True)
    if options.only != "compare":
        measure_all(cells, good, store, clock)
    if options.only != "load":
        compare.run(store, quick=options.quick, left=(lambda: not clock.is_over(8)))
    return not missing and len(good) == len(made)
