"""`proa lab run`: builds, checks, measures; goes on where it was interrupted.

What the time limit covers begins when everything is built; with --quick, at once.

SPDX-License-Identifier: Apache-2.0
"""
import concurrent.futures
import contextlib
import json
import math
import signal
import subprocess
import sys
import time
from dataclasses import replace

from lab import build, compare, host, load, places, plan, variants
from lab.places import BuildError

QUICK_MINUTES, FULL_MINUTES = 3.0, 25.0
REPORT_SECONDS = {True: 25, False: 40}  # quick or not: what drawing takes, with a reserve
LATE_SECONDS = {True: 0, False: 20}  # of that, what the last turn may take, before it is ended
FITTED_PART = 0.97  # of the time that is left: servers that get nothing done take longer
RESUMED_PART_MAX = 0.6  # of the time, said to be used when a run goes on: who asks again gets some more
STARTS_PART = {True: 0.2, False: 0.14}  # of the time that is left then, at most: section 4
BUILDS_PART, PREPARE_SECONDS = 0.42, 6  # of --quick's time, at most
# Which to build first where time may be short: what the others are compared with, then the longest.
BUILD_ORDER = ("node", "c-native", "c", "rust", "actix", "wasmtime", "go", "assemblyscript")


class TimeIsOver(BaseException):
    """Raised wherever we are when there is no more time; not an error that a run could have."""


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

    def part(self, share):
        """Another one, for this much of what is left."""
        return Clock(self.left() * share, now=self.now)

    def expect(self, seconds):
        """What is now begun should take so long."""
        self.all, self.done = max(seconds, 1e-9), 0.0

    def tell(self, text, seconds):
        left = min(self.left(), self.all - self.done)
        print(f"[{self.done / self.all:4.0%}, {max(0, left) / 60:4.1f} min left] {text}", flush=True)
        self.done += seconds


@contextlib.contextmanager
def no_longer_than(seconds):
    """What is within ends by TimeIsOver when the time is over, whatever it waits for."""
    def end(*_):
        raise TimeIsOver
    before = signal.signal(signal.SIGALRM, end)
    if seconds != math.inf:
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def make_all(names):
    """name -> what it is started from; name -> why there is nothing. As many at once as there are cores."""
    made, missing = {}, {}

    def make(name):
        start = time.monotonic()
        try:
            made[name] = variants.BY_NAME[name].build()
        except BuildError as why:
            missing[name] = str(why)
        print(f"building {name}: {missing.get(name) or f'{time.monotonic() - start:.1f} s'}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(len(host.cores())) as pool:
        list(pool.map(make, sorted(names, key=BUILD_ORDER.index)))
    return {name: made[name] for name in names if name in made}, missing


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
    if turns and not open_turns:
        print("every run is there from before; --fresh measures anew", flush=True)
    clock.expect(sum(map(plan.seconds_of, open_turns)))
    for number, turn in enumerate(open_turns):
        if clock.is_over(plan.seconds_of(turn)):
            print(f"the time is over: {len(open_turns) - number} of {len(turns)} turns are left", flush=True)
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
    """How long runs last is settled once, by the time that there is after all else;
    what was left out then may be done by the run that goes on."""
    if about["fitted"]:
        settings = replace(settings, unit=about["settings"]["unit"], repetitions=about["settings"]["repetitions"])
    else:
        settings = plan.fit(settings, clock.left() * FITTED_PART)
    for size, method in settings.left_out:
        print(f"left out, there is no time for it: {method} of {size}", flush=True)
    about["settings"], about["fitted"] = settings.__dict__, True
    return settings


def keep(store, about, clock):
    about["spent_seconds"] = round(clock.spent())
    store.write_text("plan.json", json.dumps(about, indent=1) + "\n")


def clock_of(options, about, now):
    """The time that there is, without the report's."""
    whole = minutes_of(options) * 60
    clock = Clock(whole - REPORT_SECONDS[options.quick], about["spent_seconds"], now)
    if about["spent_seconds"]:
        print(f"going on after {about['spent_seconds'] / 60:.1f} of {whole / 60:g} minutes", flush=True)
        clock = Clock(clock.limit, min(about["spent_seconds"], clock.limit * RESUMED_PART_MAX), now)
    return clock


def run(options, store, now=time.monotonic):
    """True when all that was asked for is there."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begun, settings = now(), settings_of(options)
    about = prepare(store, settings, options)
    clock = clock_of(options, about, now)
    clock.start += begun - now()
    try:
        with no_longer_than(clock.left() if options.quick else math.inf):
            made, cases = make(settings, about, options, clock)
        if not options.quick:
            clock.start += now() - begun
        with no_longer_than(clock.left() + LATE_SECONDS[options.quick]):
            return within(clock, settings, about, options, store, made, cases)
    except TimeIsOver:
        print("the time is over; what was begun is left", flush=True)
        return False
    finally:
        keep(store, about, clock)


def make(settings, about, options, clock):
    """Everything that is measured, on all cores; with --quick a part of its time at most."""
    if options.quick:
        places.DEADLINE[0] = time.monotonic() + clock.left() * BUILDS_PART
    made, about["missing"] = make_all(settings.variants)
    if options.quick:  # most of what starts is there by now, but for making sure
        places.DEADLINE[0] = time.monotonic() + PREPARE_SECONDS
    cases = compare.prepare(options.quick) if options.only != "load" else {}
    places.DEADLINE[0] = math.inf
    host.pin_self()
    return made, cases


def within(clock, settings, about, options, store, made, cases):
    """What the clock covers."""
    look_around(about, "before")
    results = check_all(made, store)
    good = {name: made[name] for name in made if not results[name]["failed"]}
    if options.only != "load":
        compare.run(store, cases, options.quick, clock.part(STARTS_PART[options.quick]))
    is_whole = True
    if options.only != "compare":
        settings = fitted(replace(settings, variants=tuple(good)), about, clock)
        keep(store, about, clock)
        turns = list(plan.turns(settings))
        print(f"{len(turns)} turns, some {plan.total(settings) / 60:.0f} minutes; interrupt at will, the same command "
              "goes on", flush=True)
        is_whole = measure_all(turns, good, store, clock) and not settings.left_out
    look_around(about, "after")
    return is_whole and not about["missing"] and len(good) == len(made)
