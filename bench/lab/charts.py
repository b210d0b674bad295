"""The charts, by matplotlib, as SVG and PNG.

SPDX-License-Identifier: Apache-2.0
"""
import math

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "proa lab"
matplotlib.rcParams["svg.fonttype"] = "none"
from matplotlib import pyplot, ticker  # noqa: E402

from lab.summary import number  # noqa: E402

COLOURS = {"good": "#2f6fb7", "fine": "#c8322b", "bad": "#f2c230"}  # as in the paper: blue, red, yellow
KIND_COLOURS = {"node": "#6a994e", "native": "#5c5f66", "wasm": "#2f6fb7", "peer": "#a07cc5"}
LEGEND = {"good": "good: < 20 ms", "fine": "fine: 20-30 ms", "bad": "bad: > 30 ms"}
NO_ANSWER_MS = 10000  # what is drawn for no answer


def save(figure, folder, name):
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    figure.savefig(folder / f"{name}.png", dpi=110, metadata={"Software": None}, bbox_inches="tight")
    pyplot.close(figure)
    return name


def panels(count, width=5.2, height=3.0):
    columns = min(2, count)
    rows = math.ceil(count / columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(width * columns, height * rows), squeeze=False)
    flat = [axis for row in axes for axis in row]
    for axis in flat[count:]:
        axis.set_visible(False)
    return figure, flat


def beside(neighbours):
    return f"beside {neighbours} noisy neighbours" if neighbours else "alone on the core"


def plain_numbers(axis):
    """1, 2, 5, 10 on a logarithmic axis, as people write them."""
    axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_formatter(ticker.NullFormatter())


def buckets(folder, cells, sizes, method, neighbours, variants, labels):
    """Shares of good, fine and bad, a panel a size."""
    figure, axes = panels(len(sizes))
    for axis, size in zip(axes, sizes):
        for place, variant in enumerate(reversed(variants)):
            found = cells.get((size, method, neighbours, 1, variant))
            left = 0.0
            if not found:
                axis.text(0.5, place, "no figures", va="center", ha="center", fontsize=7, color="#777777")
                continue
            for name, colour in COLOURS.items():
                width = found["shares"][name] * 100
                axis.barh(place, width, left=left, color=colour, height=0.7)
                left += width
            # Between the repetitions' shares of good answers.
            axis.plot([found["good_least"] * 100, found["good_most"] * 100], [place, place], color="black", linewidth=1.2,
                      marker="|", markersize=5)
            if found["noisy"]:
                axis.text(101, place, f"* {found['noisy']} of {found['runs']}", va="center", fontsize=6)
        axis.set_yticks(range(len(variants)), [labels[one] for one in reversed(variants)], fontsize=7)
        axis.set_xlim(0, 100)
        axis.set_title(size, fontsize=9)
        axis.set_xlabel("% of requests", fontsize=8)
        axis.tick_params(axis="x", labelsize=7)
    handles = [pyplot.Rectangle((0, 0), 1, 1, color=colour) for colour in COLOURS.values()]
    figure.legend(handles, LEGEND.values(), loc="lower center", ncol=3, fontsize=8, bbox_to_anchor=(0.5, -0.04))
    figure.suptitle(f"{method} /items, {beside(neighbours)} (black: good answers of the worst and the best repetition; *: "
                    "runs on a noisy machine)", fontsize=9)
    figure.tight_layout()
    return save(figure, folder, f"buckets-{method.lower()}-k{neighbours}")


def latencies(folder, cells, sizes, method, neighbours, variants, labels, kinds):
    """Median, 90th and 99th percentile; the line spans the repetitions' 99th."""
    figure, axes = panels(len(sizes))
    for axis, size in zip(axes, sizes):
        for place, variant in enumerate(reversed(variants)):
            found = cells.get((size, method, neighbours, 1, variant))
            if not found:
                continue
            colour = KIND_COLOURS[kinds[variant]]
            values = [min(found[name], NO_ANSWER_MS) for name in ("p50", "p90", "p99")]
            spread = [min(value, NO_ANSWER_MS) for value in found["p99_runs"]]
            axis.plot([min(spread), max(spread)], [place, place], color=colour, linewidth=5, alpha=0.25)
            axis.plot(values, [place] * 3, color=colour, linewidth=1)
            for value, marker in zip(values, "|do"):
                axis.plot(value, place, marker, color=colour, markersize=6)
        axis.axvspan(20, 30, color=COLOURS["fine"], alpha=0.12, linewidth=0)
        axis.set_xscale("log")
        plain_numbers(axis.xaxis)
        axis.set_yticks(range(len(variants)), [labels[one] for one in reversed(variants)], fontsize=8)
        axis.set_title(size, fontsize=9)
        axis.set_xlabel("ms (log)", fontsize=8)
        axis.tick_params(axis="x", labelsize=7)
    grey = {"color": KIND_COLOURS["native"], "linestyle": "none"}
    handles = [pyplot.Line2D([], [], marker=marker, label=label, **grey)
               for marker, label in zip("|do", ("median", "90 %", "99 %"))]
    handles += [pyplot.Line2D([], [], color=grey["color"], linewidth=5, alpha=0.25, label="99 % of each repetition"),
                pyplot.Rectangle((0, 0), 1, 1, color=COLOURS["fine"], alpha=0.12, label="20-30 ms: fine; left of it: good")]
    figure.legend(handles=handles, loc="lower center", ncol=5, fontsize=8, bbox_to_anchor=(0.5, -0.04))
    figure.suptitle(f"{method} /items, {beside(neighbours)}: from when a request was due to its answer", fontsize=10)
    figure.tight_layout()
    return save(figure, folder, f"latency-{method.lower()}-k{neighbours}")


def bars(folder, name, title, unit, sizes, variants, labels, kinds, value_of):
    """One bar a variant, a panel a size; `value_of(size, variant)` gives (value, least, most) or None."""
    figure, axes = panels(len(sizes))
    for axis, size in zip(axes, sizes):
        for place, variant in enumerate(reversed(variants)):
            found = value_of(size, variant)
            if not found:
                continue
            value, least, most = found
            axis.barh(place, value, color=KIND_COLOURS[kinds[variant]], height=0.65,
                      xerr=[[max(0, value - least)], [max(0, most - value)]], error_kw={"linewidth": 0.8})
            axis.text(max(value, most), place, f"  {number(value)}", va="center", fontsize=7)
        axis.set_yticks(range(len(variants)), [labels[one] for one in reversed(variants)], fontsize=8)
        axis.set_title(size, fontsize=9)
        axis.set_xlabel(unit, fontsize=8)
        axis.margins(x=0.15)
        axis.tick_params(axis="x", labelsize=7)
    figure.suptitle(title, fontsize=10)
    figure.tight_layout()
    return save(figure, folder, name)


def by_cores(folder, cells, sizes, method, variants, labels, kinds):
    """Answers a second by how many cores the server had, a panel a size."""
    figure, axes = panels(len(sizes))
    for axis, size in zip(axes, sizes):
        counts = sorted({key[3] for key in cells if key[0] == size and key[1] == method})
        for variant, marker in zip(variants, "osD^vP*X"):
            found = [(count, cells[size, method, 0, count, variant]) for count in counts
                     if cells.get((size, method, 0, count, variant))]
            if not found:
                continue
            middle = [one["rate"] for _, one in found]
            axis.errorbar([count for count, _ in found], middle, label=labels[variant], color=KIND_COLOURS[kinds[variant]],
                          yerr=[[one["rate"] - one["rate_least"] for _, one in found],
                                [one["rate_most"] - one["rate"] for _, one in found]],
                          marker=marker, markersize=5, linewidth=1, capsize=2)
        axis.set_xticks(counts)
        axis.set_ylim(bottom=0)
        axis.set_xlabel("cores of the server", fontsize=7)
        axis.set_ylabel("answers a second", fontsize=8)
        axis.set_title(size, fontsize=9)
        axis.tick_params(labelsize=7)
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="lower center", ncol=3, fontsize=7, bbox_to_anchor=(0.5, -0.16))
    figure.suptitle(f"{method} /items by cores (the last count: load and server share them)", fontsize=10)
    figure.tight_layout()
    return save(figure, folder, f"cores-{method.lower()}")


def starts(folder, records):
    """Section 4: to the first answer, and what each further instance holds."""
    timed = sorted((one for one in records if one["ms"]), key=lambda one: -one["ms"]["median"])
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10.4, 0.36 * len(timed) + 1.4))
    for place, one in enumerate(reversed(timed)):
        ms = one["ms"]
        left.barh(place, ms["median"], color="#2f6fb7" if one["case"].startswith("proa") else "#5c5f66",
                  xerr=[[ms["median"] - ms["least"]], [ms["most"] - ms["median"]]], error_kw={"linewidth": 0.8})
        left.text(ms["most"], place, f"  {number(ms['median'])}", va="center", fontsize=7)
        extra = one.get("extra_bytes")
        if extra and extra > 0:
            right.barh(place, extra / 1e6, color="#2f6fb7" if one["case"].startswith("proa") else "#5c5f66")
            right.text(extra / 1e6, place, f"  {number(extra / 1e6)}", va="center", fontsize=7)
    for axis in (left, right):
        axis.set_yticks(range(len(timed)), [one["label"] for one in reversed(timed)], fontsize=7)
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axis.margins(x=0.2)
        axis.tick_params(axis="x", labelsize=7)
    right.set_yticklabels([])
    left.set_xlabel("ms from start to the first good answer (log)", fontsize=8)
    right.set_xlabel("MB that each further one adds (log; proa: one more function)", fontsize=8)
    figure.suptitle("Machine, container, process, function: start and weight", fontsize=10)
    figure.tight_layout()
    return save(figure, folder, "starts")
