"""The figures in short, as Markdown: what a reader of a report looks for first.

SPDX-License-Identifier: Apache-2.0
"""
from lab import figures

P99_AIM = 1.15
AIMS = ("good share: actix-web's less 2 points", "good share: Node's", f"p99 within {P99_AIM} of native C")


def row(cells):
    return "| " + " | ".join(map(str, cells)) + " |\n"


def table(head, rows):
    return row(head) + row(["---", *["---:"] * (len(head) - 1)]) + "".join(map(row, rows)) + "\n"


def number(value):
    """Three digits that mean something."""
    if value is None or value == float("inf"):
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def met(found, kinds):
    """Wasm variant -> for each aim: (cells that meet it, cells)."""
    counts = {}
    for one in figures.verdicts(found["open"], kinds):
        reached = counts.setdefault(one["variant"], {"actix": [0, 0], "node": [0, 0], "p99": [0, 0]})
        ratio = one["p99_vs_native"]
        for name, value in (("actix", one["near_actix"]), ("node", one["above_node"]),
                            ("p99", None if ratio is None else ratio <= P99_AIM)):
            if value is not None:
                reached[name][0] += value
                reached[name][1] += 1
    return counts


def aims(found, kinds, labels):
    lines = [[labels[name], *(f"{hits} of {count}" for hits, count in one.values())]
             for name, one in met(found, kinds).items()]
    return table(["cells (size, method, neighbours) that meet the aim", *AIMS], lines) if lines else ""


def losses(found, kinds, labels):
    """A line for each wasm variant and aim that it misses anywhere: in which cells, and by how much."""
    missed = {}
    for one in figures.verdicts(found["open"], kinds):
        cell = f"{one['method']} {one['size']}" + (f" beside {one['neighbours']}" if one["neighbours"] else "")
        cells, name = found["open"], (one["size"], one["method"], one["neighbours"], 1)

        def good(variant, cells=cells, name=name):
            return cells[(*name, variant)]["shares"]["good"] * 100
        for aim, other, is_met in ((0, "actix", one["near_actix"]), (1, "node", one["above_node"])):
            if is_met is False:
                missed.setdefault((one["variant"], aim), []).append(
                    f"{cell} ({good(one['variant']):.3g} % to {good(other):.3g} %)")
        ratio = one["p99_vs_native"]
        if ratio is not None and ratio > P99_AIM:
            missed.setdefault((one["variant"], 2), []).append(f"{cell} ({ratio:.3g})")
    return [f"{labels[variant]}, {AIMS[aim]}, not in {len(cells)}: {', '.join(cells)}"
            for (variant, aim), cells in sorted(missed.items())]


def ratios(found, sizes, methods, labels, kinds):
    """Processor time a request of each wasm variant, as multiples of what it is compared with."""
    def cost(size, method, name):
        one = found["full"].get((size, method, 0, 1, name))
        return one["cpu_ms"] if one else None
    columns, lines = [(size, method) for method in methods for size in sizes], []
    for other in ("c-native", "actix", "node"):
        for name in labels:
            if kinds[name] == "wasm" and other in labels:
                pairs = [(cost(*column, name), cost(*column, other)) for column in columns]
                lines.append([f"{labels[name]} / {labels[other]}", *(number(own / its) if own and its else "-"
                                                                     for own, its in pairs)])
    head = ["processor time a request, ratio", *(f"{method} {size}" for size, method in columns)]
    return table(head, lines) if lines else ""


def by_size(title, cells, sizes, methods, labels, value_of):
    """A row a variant, a column a size and method."""
    columns = [(size, method) for method in methods for size in sizes]
    lines = [[labels[name], *(value_of(cells(size, method, name)) for size, method in columns)] for name in labels]
    return table([title, *(f"{method} {size}" for size, method in columns)], lines)


def shown(value_of):
    return lambda one: number(value_of(one)) if one else "-"


def text(found, sizes, kinds, labels):
    """All of it."""
    methods, parts = ("GET", "POST"), [aims(found, kinds, labels)]
    parts.append("".join(f"- {line}\n" for line in losses(found, kinds, labels)))
    groups = sorted({key[2] for key in found["open"]})
    for count in groups:
        def of_open(size, method, name, count=count):
            return found["open"].get((size, method, count, 1, name))
        beside = f"beside {count} neighbours" if count else "alone on the core"
        parts.append(by_size(f"good answers, %, {beside}", of_open, sizes, methods, labels,
                             shown(lambda one: one["shares"]["good"] * 100)))
        parts.append(by_size(f"median, ms, {beside}", of_open, sizes, methods, labels, shown(lambda one: one["p50"])))
        parts.append(by_size(f"99th percentile, ms, {beside}", of_open, sizes, methods, labels,
                             shown(lambda one: one["p99"])))
    for count in sorted({key[3] for key in found["full"]}):
        def of_full(size, method, name, count=count):
            return found["full"].get((size, method, 0, count, name))
        wide = [size for size in sizes if any(key[0] == size and key[3] == count for key in found["full"])]
        cores = "one core" if count == 1 else f"{count} cores, shared with the load"
        parts.append(by_size(f"answers a second, {cores}", of_full, wide, methods, labels, shown(lambda one: one["rate"])))
        if count == 1:
            parts.append(by_size("CPU ms a request", of_full, wide, methods, labels, shown(lambda one: one["cpu_ms"])))
            parts.append(ratios(found, sizes, methods, labels, kinds))
            parts.append(by_size("MB, the most", of_full, wide, methods, labels,
                                 shown(lambda one: one["peak_bytes"] / 1e6)))
    started = [[one["label"], number(one["ms"]["median"]), f"{number(one['ms']['least'])}-{number(one['ms']['most'])}",
                number((one.get("image_bytes") or 0) / 1e6), number((one.get("rest_bytes") or 0) / 1e6 or None),
                number((one.get("extra_bytes") or 0) / 1e6 or None), number(one["per_gb"])]
               for one in found["starts"] if one["ms"]]
    if started:
        parts.append(table(["to the first good answer", "ms", "least-most", "image MB", "MB at rest",
                            "MB each further one", "instances a GB"], started))
    return "\n".join(part for part in parts if part)
