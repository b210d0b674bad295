"""What is run: cells, in an order in which variants take turns.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import json
from dataclasses import asdict, dataclass

# What one answer or body weighs -> how many items that is, at some 142 bytes each.
SIZES = {"10 KB": 70, "100 KB": 704, "1 MB": 7040, "5 MB": 35200}
# Requests a second in the open loop: the same for all, some 5 to 10 MB/s a core.
RATES = {"10 KB": 400, "100 KB": 100, "1 MB": 10, "5 MB": 2}
# The larger, the fewer requests: these are measured longer, for the percentiles.
LONGER = {"10 KB": 1, "100 KB": 1, "1 MB": 2, "5 MB": 3}
OPEN_CONNECTIONS = 64
FULL_CONNECTIONS = 8


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
    warm_seconds: float

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
class Settings:
    """How thoroughly."""

    variants: tuple
    sizes: tuple = tuple(SIZES)
    methods: tuple = ("GET", "POST")
    neighbours: tuple = (0, 3)
    core_counts: tuple = (1,)
    repetitions: int = 3
    seconds: float = 4.0
    warm_seconds: float = 1.0
    full_seconds: float = 2.0

    def fingerprint(self, versions):
        """Changes when samples could not be put beside those of before."""
        text = json.dumps([asdict(self), versions], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def turned(items, by):
    """The same in another order: it begins later, goes round."""
    by %= max(1, len(items))
    return list(items[by:]) + list(items[:by])


def cells(settings):
    """Every run: repetitions outermost, variants innermost, so that what
    changes on the machine meanwhile hits all of them."""
    for repetition in range(settings.repetitions):
        for size in settings.sizes:
            for method in settings.methods:
                for neighbours in settings.neighbours:
                    for variant in turned(settings.variants, repetition):
                        yield Cell(variant, method, size, "open", neighbours, 1, repetition,
                                   settings.seconds * LONGER[size], settings.warm_seconds)
                for cores in settings.core_counts:
                    for variant in turned(settings.variants, repetition):
                        yield Cell(variant, method, size, "full", 0, cores, repetition,
                                   settings.full_seconds, settings.warm_seconds)


def seconds_of(cell):
    """About how long a run takes, with starting and ending the server."""
    return cell.seconds + cell.warm_seconds + 1.0
