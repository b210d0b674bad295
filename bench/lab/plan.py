"""What is run: turns of cells, in an order in which variants take turns, and how
long each may take so that all of it fits the time that there is.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace

# What one answer or body weighs -> how many items that is, at some 142 bytes each.
SIZES = {"10 KB": 70, "100 KB": 704, "1 MB": 7040, "5 MB": 35200}
# Requests a second in the open loop: the same for all, some 4 to 12 MB/s a core.
RATES = {"10 KB": 400, "100 KB": 100, "1 MB": 12, "5 MB": 2.5}
# The larger, the fewer requests: these are measured longer, for the percentiles.
LONGER = {"10 KB": 1.0, "100 KB": 1.2, "1 MB": 2.2, "5 MB": 3.0}
FULL_PART = 0.5  # of such a run: one as fast as it goes
OPEN_CONNECTIONS = 64
FULL_CONNECTIONS = 8
SETTLE_SECONDS = 0.15  # of each cell, not measured: connections open
START_SECONDS = 0.4  # a turn: a server starts, is weighed, ends
CELL_SECONDS = 0.2  # a cell: the load's program starts, the last answers come, samples are kept
UNIT_MIN, UNIT_MAX = 0.25, 6.0


@dataclass(frozen=True)
class Cell:
    """One run: a variant, what is asked of it and how."""

    variant: str
    method: str  # GET or POST
    size: str
    load: str  # "open": at a rate; "full": as fast as it answers
    neighbours: int
    cores: int
    repetition: int
    seconds: float
    warm_seconds: float = SETTLE_SECONDS

    @property
    def name(self):
        words = (self.variant, self.method, self.size.replace(" ", ""), self.load, f"k{self.neighbours}",
                 f"c{self.cores}", f"r{self.repetition}")
        return "-".join(words).lower()

    @property
    def rate(self):
        return RATES[self.size] * self.cores if self.load == "open" else 0

    @property
    def connections(self):
        return OPEN_CONNECTIONS if self.load == "open" else FULL_CONNECTIONS * self.cores

    @property
    def seed(self):
        """The same for every variant, so that all are asked at the same times."""
        words = (self.method, self.size, self.load, self.neighbours, self.cores, self.repetition)
        return int.from_bytes(hashlib.sha256(repr(words).encode()).digest()[:4], "little")


@dataclass(frozen=True)
class Turn:
    """Cells that one server answers, one after the other."""

    cells: tuple
    warm_seconds: float

    @property
    def about(self):
        """Variant, method, size, cores and repetition are the same in each of its cells."""
        return self.cells[0]

    @property
    def name(self):
        cell = self.about
        return f"{cell.variant} {cell.method} {cell.size}" + (f" on {cell.cores} cores" if cell.cores > 1 else "") + \
            f", repetition {cell.repetition + 1}"

    def without(self, is_done):
        """The same with the cells that are still to be run, or None."""
        left = tuple(cell for cell in self.cells if not is_done(cell.name))
        return replace(self, cells=left) if left else None


@dataclass(frozen=True)
class Settings:
    """How thoroughly."""

    variants: tuple
    sizes: tuple = tuple(SIZES)
    methods: tuple = ("GET", "POST")
    neighbours: tuple = (0, 3)
    core_counts: tuple = (1,)
    core_sizes: tuple = ("10 KB", "1 MB")  # on more than one core
    single: tuple = ()  # variants that use one core
    repetitions: int = 3
    warm_seconds: float = 0.5
    left_out: tuple = ()  # of (size, method): what there is no time for at all
    unit: float = 1.0  # seconds of an open run of the smallest size: see fit()

    def fingerprint(self, versions):
        """Changes when samples could not be put beside those of before; how
        long they last is settled when it is known how much time there is."""
        text = json.dumps([{**asdict(self), "unit": 0, "left_out": ()}, versions], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def settings_from(known):
    """Settings as they were kept in a file; what another version kept besides is passed over."""
    names = {field.name for field in fields(Settings)}

    def plain(value):
        return tuple(map(plain, value)) if isinstance(value, list) else value
    return Settings(**{name: plain(value) for name, value in known.items() if name in names})


def rotated(items, by):
    """The same in another order: it begins later, goes round."""
    by %= max(1, len(items))
    return list(items[by:]) + list(items[:by])


def turn(settings, variant, method, size, cores, repetition):
    """What one start of a server is used for."""
    unit, wide = settings.unit * LONGER[size], {"cores": cores, "repetition": repetition}
    full = Cell(variant, method, size, "full", 0, seconds=round(unit * FULL_PART, 3), **wide)
    if cores > 1:
        return Turn((full,), settings.warm_seconds)
    return Turn((*(Cell(variant, method, size, "open", count, seconds=round(unit, 3), **wide)
                   for count in settings.neighbours), full), settings.warm_seconds)


def turns(settings):
    """All of it: repetitions outermost, variants innermost, so that what changes
    on the machine meanwhile hits all of them."""
    for repetition in range(settings.repetitions):
        for size in settings.sizes:
            for method in settings.methods:
                if (size, method) in settings.left_out:
                    continue
                for cores in settings.core_counts:
                    if cores > 1 and size not in settings.core_sizes:
                        continue
                    for variant in rotated(settings.variants, repetition):
                        if cores == 1 or variant not in settings.single:
                            yield turn(settings, variant, method, size, cores, repetition)


def seconds_of(one):
    """About how long a turn takes."""
    return START_SECONDS + one.warm_seconds + sum(cell.seconds + cell.warm_seconds + CELL_SECONDS for cell in one.cells)


def total(settings):
    return sum(seconds_of(one) for one in turns(settings))


def less(settings):
    """The same settings, and what is tried when they do not fit: fewer repetitions; with
    one, fewer questions, the longest left out first, for all variants alike."""
    for repetitions in range(settings.repetitions, 0, -1):
        yield replace(settings, repetitions=repetitions)
    questions = [(size, method) for size in reversed(settings.sizes) for method in reversed(settings.methods)]
    for count in range(1, len(questions) + 1):
        yield replace(settings, repetitions=1, left_out=tuple(questions[:count]))


def fit(settings, seconds):
    """The same settings for this much time: runs as long as fit; where even short
    ones do not, less of them."""
    for fewer in less(settings):
        fixed, whole = total(replace(fewer, unit=0.0)), total(replace(fewer, unit=1.0))
        unit = (seconds - fixed) / (whole - fixed) if whole > fixed else UNIT_MAX
        if unit >= UNIT_MIN:
            break
    # Rounded down, so that the sum is not more than there is.
    return replace(fewer, unit=int(min(max(unit, UNIT_MIN), UNIT_MAX) * 100) / 100)


def named(settings, cells):
    """What these cells are, for a person: one line for all variants of a question, where
    all of them are among the cells."""
    found, every = {}, set(settings.variants)
    for cell in cells:
        about = f"{cell.method} of {cell.size}" + (f" on {cell.cores} cores" if cell.cores > 1 else "")
        about += {"full": ", as fast as it goes"}.get(cell.load, f", {cell.neighbours} neighbours")
        about += f", repetition {cell.repetition + 1}" if settings.repetitions > 1 else ""
        found.setdefault(about, []).append(cell.variant)
    return [f"{about}: " + ("all variants" if set(names) == every else ", ".join(names)) for about, names in found.items()]
