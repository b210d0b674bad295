"""`proa lab run`: builds, checks, measures; goes on where it was interrupted.

What the time limit covers begins when everything is built.

SPDX-License-Identifier: Apache-2.0
"""
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

from lab import build, compare, host, load, places, plan, variants
from lab.places import BuildError

QUICK_MINUTES, FULL_MINUTES = 3.0, 25.0
REPORT_SECONDS = {True: 25, False: 40}  # quick or not: what drawing takes, with a reserve
FITTED_PART = 0.97  # of the time that is left: servers that get nothing done take longer
RESUMED_PART_MAX = 0.6  # of the time, said to be used when a run goes on: who asks again gets some more
STARTS_PART = {True: 0.25, False: 0.14}  # of the time, at most: section 4


class Clock:
    """Tells how far we are, and when the time is over."""

    def __init__(self, limit, spent=0.0, now=time.monotonic):
        self.now, self.limit = now, limit
        self.start = now() - spent
        self.all = self.done = 0.0

    def spent(self):
        return self.now() - self.start

    def left(self):
        return self.limit - self.spent()

    def is_over(self, needed=0.0):
        return self.left() < needed

    def expect(self, seconds):
        """What is now begun should take so long."""
        self.all, self.done = max(seconds, 1e-9), 0.0

    def tell(self, text, seconds):
        left = min(self.left(), self.all - self.done)
        print(f"[{self.done / self.all:4.0%}, {max(0, left) / 60:4.1f} min left] {text}", flush=True)
        self.done += seconds


def make_all(names):
    """name -> what it is started from; name -> why there is nothing."""
    made, missing = {}, {}
    for name in names:
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


def core_counts(options):
    """1, 2, 4, ... and all that there are, or --cores."""
    most = min(options.cores or len(host.cores()), len(host.cores()))
    return tuple(sorted({1, most, *(2**power for power in range(10) if 2**power <= most)}))


def settings_of(options):
    names = [variant.name for variant in variants.VARIANTS]
    chosen = tuple(name for name in names if not options.names or name in options.names)
    wanted = [text.replace(" ", "").lower() for text in options.sizes]
    settings = plan.Settings(
        chosen, sizes=tuple(size for size in plan.SIZES if not wanted or size.replace(" ", "").lower() in wanted),
        core_counts=core_counts(options), repetitions=options.repetitions,
        single=tuple(name for name in chosen if variants.BY_NAME[name].cores_max == 1),
        neighbours=(0, options.neighbours) if options.neighbours else (0,))
    if options.quick:
        quick = ("10 KB", "1 MB")
        return replace(settings, sizes=tuple(size for size in settings.sizes if wanted or size in quick),
                       core_counts=(1,), repetitions=1, warm_seconds=0.3)
    return settings


def minutes_of(options):
    return options.minutes or (QUICK_MINUTES if options.quick else FULL_MINUTES)


def measure_turn(turn, artifact, store):
    """Each cell is kept as soon as it is there."""
    done = set()
    try:
        for record in load.measure_turn(turn, artifact):
            done.add(record["name"])
            store.write(record["name"], record)
            if record["marks"]:
                print(f"  marked: {'; '.join(record['marks'])}", flush=True)
    except (RuntimeError, OSError, subprocess.SubprocessError) as why:
        for cell in turn.cells:
            if cell.name not in done:
                store.write(cell.name, load.failed(cell, why))
        print(f"  failed: {why}", flush=True)


def measure_all(turns, made, store, clock):
    """What the clock leaves no time for stays to be done by the next run."""
    open_turns = [left for left in (turn.without(store.has) for turn in turns) if left]
    clock.expect(sum(map(plan.seconds_of, open_turns)))
    for number, turn in enumerate(open_turns):
        if clock.is_over(plan.seconds_of(turn)):
            print(f"the time is over: {len(open_turns) - number} of {len(turns)} turns are left; "
                  "the same command goes on with them", flush=True)
            return False
        clock.tell(turn.name, plan.seconds_of(turn))
        measure_turn(turn, made[turn.about.variant], store)
    return True


def about_of(settings, options):
    found = {}
    for name in settings.variants:
        one = variants.BY_NAME[name]
        found[name] = {"label": one.label, "kind": one.kind, "language": one.language, "json": one.json,
                       "note": one.note, "cores_max": one.cores_max}
    return {"fingerprint": settings.fingerprint({**build.versions(), "realtime": host.REALTIME}),
            "settings": settings.__dict__, "minutes": minutes_of(options), "versions": build.versions(),
            "machine": host.machine(), "quick": options.quick, "fitted": False, "spent_seconds": 0,
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "variants": found, "missing": {}, "noise": {}}


def prepare(store, settings, options):
    """The folder is for this plan: what is known of it so far."""
    if not store.prepare(about_of(settings, options)):
        sys.exit(f"proa lab: {store.folder} holds runs of another plan or of other versions; "
                 "take another folder with --out, or --fresh to move those aside")
    about = store.plan()
    if not about["machine"]["priority"]:
        print("without the right to raise priority: other work on this machine will disturb more", flush=True)
    return about


def look_around(about, when):
    """Measure how quiet it is, and tell what follows."""
    found = about["noise"][when] = host.noise()
    said = f"others use {found['busy']:.0%} of the cores; a program alone on its core waits {found['waited']:.0%} of its time"
    if host.is_quiet(found):
        print(f"the machine is quiet: {said}", flush=True)
    elif host.REALTIME:
        print(f"others work here: {said}; all that is measured has real-time priority {host.REALTIME}", flush=True)
    else:
        print(f"others work here: {said}: expect marked runs. --realtime 10 keeps them away, but a server then waits "
              "for the whole turn of a neighbour", flush=True)


def fitted(settings, about, clock):
    """How long runs last is settled once, by the time that there is after all else."""
    if about["fitted"]:
        return replace(settings, unit=about["settings"]["unit"], repetitions=about["settings"]["repetitions"])
    settings = plan.fit(settings, clock.left() * FITTED_PART)
    about["settings"], about["fitted"] = settings.__dict__, True
    return settings


def keep(store, about, clock):
    about["spent_seconds"] = round(clock.spent())
    store.write_text("plan.json", json.dumps(about, indent=1) + "\n")


def run(options, store):
    """True when all that was asked for is there."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    settings = settings_of(options)
    about = prepare(store, settings, options)
    host.pin_self()
    made, about["missing"] = make_all(settings.variants)
    cases = compare.prepare(options.quick) if options.only != "load" else {}
    whole = minutes_of(options) * 60
    clock = Clock(whole - REPORT_SECONDS[options.quick], about["spent_seconds"])
    if about["spent_seconds"]:
        print(f"going on after {about['spent_seconds'] / 60:.1f} of {whole / 60:g} minutes", flush=True)
        clock = Clock(clock.limit, min(about["spent_seconds"], clock.limit * RESUMED_PART_MAX))
    try:
        return within(clock, settings, about, options, store, made, cases)
    finally:
        keep(store, about, clock)


def within(clock, settings, about, options, store, made, cases):
    """What the clock covers."""
    look_around(about, "before")
    results = check_all(made, store)
    good = {name: made[name] for name in made if not results[name]["failed"]}
    if options.only != "load":
        compare.run(store, cases, options.quick, Clock(clock.limit * STARTS_PART[options.quick]))
    is_whole = True
    if options.only != "compare":
        settings = fitted(replace(settings, variants=tuple(good)), about, clock)
        keep(store, about, clock)
        turns = list(plan.turns(settings))
        print(f"{len(turns)} turns, some {plan.total(settings) / 60:.0f} minutes; interrupt at will, the same command "
              "goes on", flush=True)
        is_whole = measure_all(turns, good, store, clock)
    look_around(about, "after")
    return is_whole and not about["missing"] and len(good) == len(made)
