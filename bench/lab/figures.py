"""From raw samples to the figures of the report; no drawing, no running.

SPDX-License-Identifier: Apache-2.0
"""
import math
import statistics

from lab import plan

GOOD_MS, FINE_MS = 20, 30
Z95 = 1.96
T95 = (math.inf, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36)  # by how many values, from 1


def bucket(ms):
    """As figures 5.1 to 5.3 of the paper count."""
    return "good" if ms < GOOD_MS else "fine" if ms <= FINE_MS else "bad"


def milliseconds(run):
    """Of every request, from when it was due; without an answer: infinite, so bad."""
    return [(row[2] - row[0]) / 1000 if row[3] == 200 else math.inf for row in run["samples"]]


def quantile(values, part):
    """Of sorted values: the least that `part` of them do not exceed."""
    return values[min(len(values) - 1, max(0, math.ceil(part * len(values)) - 1))]


def wilson(hits, count):
    """Where the true share lies, with 95 % confidence if requests were independent."""
    if count == 0:
        return 0.0, 1.0
    share = hits / count
    middle = share + Z95**2 / (2 * count)
    reach = Z95 * math.sqrt(share * (1 - share) / count + Z95**2 / (4 * count**2))
    whole = 1 + Z95**2 / count
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def quantile_95(values, part):
    """Between which of the sorted values the true quantile lies, with 95 % confidence
    if requests were independent; infinite where there are too few to say."""
    count = len(values)
    reach = Z95 * math.sqrt(count * part * (1 - part))
    low, high = math.floor(count * part - reach), math.ceil(count * part + reach)
    return values[max(0, low - 1)], values[high - 1] if high <= count else math.inf


def mean_95(values):
    """(least, most) of the mean of few repetitions, by Student's t; None of one."""
    if len(values) < 2:
        return None
    t95 = T95[min(len(values), len(T95)) - 1]
    middle = statistics.mean(values)
    reach = t95 * statistics.stdev(values) / math.sqrt(len(values))
    return max(0.0, middle - reach), middle + reach


def shares(values):
    counts = {"good": 0, "fine": 0, "bad": 0}
    for value in values:
        counts[bucket(value)] += 1
    return {name: count / len(values) for name, count in counts.items()} if values else None


def key_of(run):
    cell = run["cell"]
    return cell["size"], cell["method"], cell["neighbours"], cell["cores"], cell["variant"]


def is_noisy(run):
    return any(mark.startswith("noisy machine") for mark in run["marks"])


def open_figures(runs):
    """One cell of the open loop, from its repetitions."""
    values = sorted(ms for run in runs for ms in milliseconds(run))
    if not values:
        return None
    good = [shares(milliseconds(run))["good"] for run in runs if run["samples"]]
    counted = sum(value < GOOD_MS for value in values)
    busy = [run for run in runs if run["samples"] and run.get("cpu_seconds") is not None]
    return {
        "count": len(values), "runs": len(runs), "shares": shares(values), "good_least": min(good),
        "good_most": max(good), "good_95": wilson(counted, len(values)),
        "p50": quantile(values, 0.5), "p90": quantile(values, 0.9), "p99": quantile(values, 0.99), "max": values[-1],
        "p99_95": quantile_95(values, 0.99),
        "p99_runs": [quantile(sorted(milliseconds(run)), 0.99) for run in runs if run["samples"]],
        "cpu_ms": statistics.median(cpu_per_request(run) for run in busy) if busy else None,
        "peak_bytes": max(run.get("memory_peak_bytes", 0) for run in runs),
        "rest_bytes": max(run.get("memory_rest_bytes", 0) for run in runs),
        "noisy": sum(is_noisy(run) for run in runs),
        "marks": sorted({mark for run in runs for mark in run["marks"]}),
    }


def window_seconds(run):
    """How long was measured: a closed loop goes on until there are a few answers."""
    cell = run["cell"]
    if cell["load"] != "full":
        return cell["seconds"]
    return max([cell["seconds"], *(row[2] / 1e6 - cell["warm_seconds"] for row in run["samples"])])


def cpu_per_request(run):
    """Milliseconds of the server; the warm-up's requests are as many a second."""
    seconds = window_seconds(run)
    part = seconds / (seconds + run["cell"]["warm_seconds"])
    return run["cpu_seconds"] * 1000 * part / len(run["samples"])


def rate(run):
    good = sum(row[3] == 200 for row in run["samples"])
    return good / window_seconds(run)


def full_figures(runs):
    """One cell of the closed loop: how many a second."""
    runs = [run for run in runs if run["samples"]]
    if not runs:
        return None
    rates, costs = [rate(run) for run in runs], [cpu_per_request(run) for run in runs]
    return {"count": sum(len(run["samples"]) for run in runs), "rate": statistics.median(rates), "rate_least": min(rates), "rate_most": max(rates),
            "rate_95": mean_95(rates), "runs": len(runs), "noisy": sum(is_noisy(run) for run in runs),
            "cpu_ms": statistics.median(costs), "cpu_ms_least": min(costs), "cpu_ms_most": max(costs),
            "peak_bytes": max(run["memory_peak_bytes"] for run in runs),
            "marks": sorted({mark for run in runs for mark in run["marks"]})}


def start_figures(record):
    values = sorted(ns / 1e6 for ns in record["start_ns"])
    found = dict(record)
    found["ms"] = {"median": statistics.median(values), "least": values[0], "most": values[-1]} if values else None
    extra = record.get("extra_bytes")
    found["per_gb"] = int(1e9 / extra) if extra and extra > 0 else None
    return found


def noise(runs):
    """How quiet the machine was while servers were alone on their cores: over all
    open runs, the middle and the worst of what others took of them."""
    alone = [run for run in runs if run.get("samples") and run["cell"]["load"] == "open" and
             run["cell"]["neighbours"] == 0 and "foreign_share" in run]
    if not alone:
        return None
    late = [quantile(sorted((row[1] - row[0]) / 1000 for row in run["samples"] if not row[5]) or [0], 0.99)
            for run in alone]

    def spread(values):
        return {"median": statistics.median(values), "worst": max(values)}
    return {"runs": len(alone), "foreign_share": spread([run["foreign_share"] for run in alone]),
            "wait_share": spread([run["wait_share"] for run in alone]), "late_ms": spread(late),
            "marked": sum(is_noisy(run) for run in alone)}


def collect(runs):
    """All figures of a folder: {"open": {key: figures}, "full": ..., "starts": [...], "conformance": {...}, "marked": [...]}"""
    runs = list(runs)
    grouped = {"open": {}, "full": {}}
    found = {"starts": [], "conformance": {}, "marked": []}
    for name, run in runs:
        for mark in run.get("marks", []):
            found["marked"].append((name, mark))
        if name == "conformance":
            found["conformance"] = run["results"]
        elif name.startswith("start-"):
            found["starts"].append(start_figures(run))
        elif "cell" in run:
            grouped[run["cell"]["load"]].setdefault(key_of(run), []).append(run)
    found["open"] = {key: open_figures(group) for key, group in grouped["open"].items()}
    found["noise"] = noise([run for _, run in runs if "cell" in run])
    found["full"] = {key: full_figures(group) for key, group in grouped["full"].items()}
    return found


def in_order(cell):
    """Of keys with figures: alone before beside neighbours, small before large."""
    (size, method, neighbours, cores, variant), _ = cell
    return neighbours, method, list(plan.SIZES).index(size), cores, variant


def verdicts(cells, order):
    """The aims, cell by cell: (size, method, neighbours) -> what each wasm variant reached."""
    rows = []
    for (size, method, neighbours, cores, variant), own in sorted(cells.items(), key=in_order):
        if order.get(variant) != "wasm" or own is None:
            continue

        def other(name):
            return cells.get((size, method, neighbours, cores, name))
        actix, node, native = other("actix"), other("node"), other("c-native")
        rows.append({
            "size": size, "method": method, "neighbours": neighbours, "variant": variant,
            "near_actix": own["shares"]["good"] >= actix["shares"]["good"] - 0.02 if actix else None,
            "above_node": own["shares"]["good"] >= node["shares"]["good"] if node else None,
            "p99_vs_native": own["p99"] / native["p99"] if native and native["p99"] else None,
        })
    return rows
