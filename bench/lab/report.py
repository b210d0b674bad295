"""The page: self-contained HTML from the samples alone, with its charts.

SPDX-License-Identifier: Apache-2.0
"""
import html
import json
import math
import pathlib

from lab import charts, figures, plan, summary

STYLE = """:root{color-scheme:light dark;--ink:#1f2328;--quiet:#59636e;--line:#d1d9e0;--head:#f3f4f6;--paper:#fff;--mark:#a4262c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--quiet:#a0a8b2;--line:#3d444d;--head:#23282f;--paper:#16191d;
--mark:#ff9a8f}}
*{box-sizing:border-box}body{font:16px/1.55 system-ui,sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem;
color:var(--ink);background:var(--paper)}h1{line-height:1.2}h2{margin-top:2.5rem}p,ul{max-width:48rem}
.wide{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
td,th{border:1px solid var(--line);padding:3px 8px;text-align:right;vertical-align:top}th{background:var(--head)}
td:first-child,th:first-child,.words td:not(:last-child),.words th:not(:last-child){text-align:left}
td:first-child{min-width:9rem}caption{text-align:left;font-weight:600;padding:4px 0}
figure{margin:1.5rem 0;overflow-x:auto;background:#fff;border:1px solid var(--line);border-radius:6px;padding:.5rem}
figure svg{display:block;width:100%;min-width:40rem;height:auto}summary{cursor:pointer;padding:.3rem 0}
.mark{color:var(--mark)}.small{font-size:13px;color:var(--quiet)}@media(max-width:40rem){.words td{min-width:8rem}}"""


def escaped(text):
    return html.escape(str(text))


def table(caption, head, rows, kind=""):
    """`kind` "words": columns of text, which begin at the left."""
    cells = "".join(f"<th scope=col>{escaped(one)}</th>" for one in head)
    lines = "".join("<tr>" + "".join(f"<td>{escaped(one)}</td>" for one in row) + "</tr>" for row in rows)
    return (f"<div class=wide tabindex=0><table{f' class={kind}' if kind else ''}><caption>{escaped(caption)}</caption>"
            f"<tr>{cells}</tr>{lines}</table></div>")


def folded(title, text):
    return f"<details><summary>{escaped(title)}</summary>{text}</details>"


def ms(value):
    return "no answer" if value is None or math.isinf(value) else f"{value:.3g}"


def megabytes(value):
    return "-" if not value else f"{value / 1e6:.3g}"


def bounds(pair):
    """An interval, open where it has no end."""
    low, high = pair
    return f"{ms(low)}-" + ("?" if math.isinf(high) else ms(high))


def percent(value):
    return f"{value * 100:.1f}"


def picture(folder, name, said):
    """A chart as part of the page; `said` is what it shows, for who does not see it."""
    text = (folder / f"{name}.svg").read_text()
    return f'<figure><svg role="img" aria-label="{escaped(said)}"{text[text.index("<svg") + 4:]}</figure>'


class Page:
    """What is known of one folder of runs."""

    def __init__(self, store, folder):
        self.folder = folder
        self.plan = store.plan()
        self.found = figures.collect(store.runs())
        about = self.plan["variants"]
        self.variants = list(about)
        self.labels = {name: one["label"] for name, one in about.items()}
        self.kinds = {name: one["kind"] for name, one in about.items()}
        present = {key[0] for key in [*self.found["open"], *self.found["full"]]}
        self.sizes = [size for size in plan.SIZES if size in present]
        self.unfinished = self.not_run(store)
        self.groups = sorted({(key[1], key[2]) for key in self.found["open"]})

    def head(self):
        machine, versions = self.plan["machine"], self.plan["versions"]
        said = "; ".join(f"{name}: {value}" for name, value in versions.items() if value)
        quick = " <b class=mark>Quick: few samples, one repetition; not for quoting.</b>" if self.plan["quick"] else ""
        return (f"<h1>Is WebAssembly better in the backend?</h1><p class=small>{escaped(machine['cpu'])}, "
                f"{machine['cores']} cores, {machine['memory_gb']} GB, Linux {escaped(machine['kernel'])}"
                f"{', virtual' if machine['hypervisor'] else ''}; scheduling: "
                f"{self.priority(machine)}; begun {self.plan['started']}. {escaped(said)}.{quick}</p>")

    def not_run(self, store):
        """What was planned and is not there, in words."""
        if not self.plan.get("fitted"):
            return ["every run: the time was over before the first"]
        settings = plan.settings_from(self.plan["settings"])
        left = [cell for turn in plan.turns(settings) for cell in turn.cells if not store.has(cell.name)]
        return [*(f"{method} of {size}: all variants" for size, method in settings.left_out), *plan.named(settings, left)]

    def noise_part(self):
        """How far the machine was quiet, by the lab's own measure."""
        measured, rows = self.found.get("noise"), []
        for when, one in self.plan.get("noise", {}).items():
            rows.append([f"{when} the runs, nothing running", f"{one['busy']:.1%} of all cores", f"{one['waited']:.1%}", "-"])
        if measured:
            for which in ("median", "worst"):
                rows.append([f"{which} of {measured['runs']} open runs without neighbours",
                             f"{measured['foreign_share'][which]:.1%} of the server's core",
                             f"{measured['wait_share'][which]:.1%}", f"{measured['late_ms'][which]:.2f}"])
        if not rows:
            return ""
        said = f"{measured['marked']} of {measured['runs']} such runs are marked as noisy. " if measured else ""
        return (f"<h2>How quiet the machine was</h2><p>{said}A run is marked when its server, alone on its core, "
                "waited more than 10 % of its time for it, others used more than 15 % of it, or the 99th percentile "
                "of the generator's own lateness was above 2 ms.</p>" +
                table("Noise", ["", "used by others", "ready, but waiting", "generator late, ms (p99)"], rows))

    @staticmethod
    def priority(machine):
        if machine.get("realtime"):
            return f"real-time {machine['realtime']}, neighbours too"
        return "the ordinary scheduler, all at the same weight" if machine["priority"] else "none"

    def variants_table(self):
        rows = []
        for name, one in self.plan["variants"].items():
            checked = self.found["conformance"].get(name)
            said = self.plan["missing"].get(name) or ("not checked" if not checked else
                                                      f"{checked['passed']} of "
                                                      f"{checked['passed'] + len(checked['failed'])}")
            if checked and checked["failed"]:
                said += ", so not timed: " + "; ".join(checked["failed"][:3])
            rows.append([one["label"], one["language"], one["json"], one["note"], said])
        return table("Variants", ["", "language", "JSON", "what it is", "answers as the contract says"], rows, "words")

    def short_part(self):
        """What a reader looks for first."""
        counts = summary.met(self.found, self.kinds)
        if not counts:
            return ""
        rows = [[self.labels[name], *(f"{hits} of {count}" for hits, count in one.values())] for name, one in counts.items()]
        lost = "".join(f"<li>{escaped(line)}</li>" for line in summary.losses(self.found, self.kinds, self.labels))
        return ("<h2>In short</h2><p>An answer within 20 ms is good, within 30 fine, later or none at all bad. The table "
                "counts the cells, each a size, a method and a number of neighbours, in which WebAssembly reaches what it "
                "is to reach.</p>" + table("Cells that meet the aim", ["", *summary.AIMS], rows) +
                folded("where it does not, cell by cell", f"<ul class=small>{lost}</ul>"))

    def open_part(self):
        out = ["<h2>Response times</h2><p>An open loop: requests come at times drawn beforehand, the same for every "
               "variant, whether or not the server keeps up; a time counts from when the request was due. One core "
               "serves, another loads. A neighbour computes half of its time on the server's core, in turns of some "
               "5 ms.</p>"]
        for method, neighbours in self.groups:
            about = f"{method} /items, {charts.beside(neighbours)}"
            out.append(f"<h3>{escaped(about)}</h3>")
            out.append(picture(self.folder, charts.buckets(self.folder, self.found["open"], self.sizes, method,
                                                           neighbours, self.variants, self.labels),
                               f"{about}: shares of good, fine and bad answers by size and variant; the table below has them"))
            out.append(picture(self.folder, charts.latencies(self.folder, self.found["open"], self.sizes, method,
                                                             neighbours, self.variants, self.labels, self.kinds),
                               f"{about}: median, 90th and 99th percentile by size and variant; the table below has them"))
            out.append(folded("the figures as a table", self.open_table(method, neighbours)))
        return "".join(out)

    def open_table(self, method, neighbours):
        rows = []
        for size in self.sizes:
            for name in self.variants:
                one = self.found["open"].get((size, method, neighbours, 1, name))
                if not one:
                    continue
                low, high = one["good_95"]
                rows.append([f"{size}, {self.labels[name]}", one["count"], percent(one["shares"]["good"]),
                             f"{percent(low)}-{percent(high)}", f"{percent(one['good_least'])}-{percent(one['good_most'])}",
                             percent(one["shares"]["fine"]), percent(one["shares"]["bad"]), ms(one["p50"]), ms(one["p90"]),
                             f"{ms(one['p99'])} ({bounds(one['p99_95'])})", ms(one["max"]), ms(one["cpu_ms"]), megabytes(one["rest_bytes"]),
                             megabytes(one["peak_bytes"]), f"{one['noisy']} of {one['runs']}"])
        return table(f"{method}, {neighbours} neighbours", ["", "requests", "good %", "95 %", "of repetitions", "fine %",
                     "bad %", "p50 ms", "p90", "p99 (95 %)", "max", "CPU ms", "MB at rest", "MB peak", "noisy runs"], rows)

    def full_part(self):
        cores = sorted({key[3] for key in self.found["full"]})
        out = ["<h2>Throughput and cost</h2><p>A closed loop: 8 connections a core, each asks again when it was answered, until the "
               "time is over and there are 8 answers at least. Lines: "
               "the least and the most of the repetitions. CPU is the server's, memory the most that it held.</p>"]
        for method in sorted({key[1] for key in self.found["full"]}):
            for name, title, unit, value_of in self.measures(method):
                out.append(picture(self.folder, charts.bars(
                    self.folder, f"{name}-{method.lower()}", f"{method} /items, one core: {title}", unit, self.sizes,
                    self.variants, self.labels, self.kinds, value_of), f"{method} /items, one core: {title}, {unit}"))
            if len(cores) > 1:
                wide = [size for size in self.sizes if any(key[0] == size and key[3] > 1 for key in self.found["full"])]
                out.append(picture(self.folder, charts.by_cores(self.folder, self.found["full"], wide, method, self.variants,
                                                                self.labels, self.kinds),
                                   f"{method} /items: answers a second by how many cores the server has"))
            out.append(folded("the figures as a table", self.full_table(method, cores)))
        return "".join(out)

    def measures(self, method):
        """(file, title, unit, value of a size and variant) of each chart of bars."""
        def full(size, name):
            return self.found["full"].get((size, method, 0, 1, name))

        def rate(size, name):
            one = full(size, name)
            return (one["rate"], one["rate_least"], one["rate_most"]) if one else None

        def cpu(size, name):
            one = full(size, name)
            return (one["cpu_ms"], one["cpu_ms_least"], one["cpu_ms_most"]) if one else None

        def peak(size, name):
            one = full(size, name)
            return (one["peak_bytes"] / 1e6,) * 3 if one else None
        return (("rate", "throughput", "answers a second", rate), ("cpu", "processor time", "CPU ms a request", cpu),
                ("memory", "the most memory, 8 requests at once", "MB", peak))

    def full_table(self, method, cores):
        rows = []
        for size in self.sizes:
            for name in self.variants:
                found = [self.found["full"].get((size, method, 0, count, name)) for count in cores]
                if not found[0]:
                    continue
                rate_95 = found[0]["rate_95"]
                rows.append([f"{size}, {self.labels[name]}", found[0]["count"],
                             *(f"{one['rate']:.4g} ({one['rate_least']:.4g}-{one['rate_most']:.4g})" if one else "-"
                               for one in found), f"{rate_95[0]:.4g}-{rate_95[1]:.4g}" if rate_95 else "-",
                             ms(found[0]["cpu_ms"]), megabytes(found[0]["peak_bytes"]),
                             "; ".join(sorted({mark for one in found if one for mark in one["marks"]}))[:160]])
        return table(f"{method}: answers a second, by cores: median (least-most)",
                     ["", "answers, 1 core", *(f"{count} cores" if count > 1 else "1 core" for count in cores), "95 % of the mean, 1 core",
                      "CPU ms a request", "MB peak", "marks"], rows)

    def aims_part(self):
        rows = figures.verdicts(self.found["open"], self.kinds)

        def word(value):
            return "-" if value is None else "yes" if value else "no"
        lines = [[f"{one['size']} {one['method']}, {one['neighbours']} neighbours, {self.labels[one['variant']]}",
                  word(one["near_actix"]), word(one["above_node"]),
                  "-" if one["p99_vs_native"] is None else f"{one['p99_vs_native']:.2f}"] for one in rows]
        return "<h2>The aims</h2>" + folded("cell by cell", table(
            "good share at least actix-web's less 2 points; at least Node's; p99 as a multiple of the native C handler's "
            "(aim 1.15)", ["", "near actix", "Node's or more", "p99 of native C"], lines))

    def starts_part(self):
        records = self.found["starts"]
        if not any(one["ms"] for one in records):
            return ""
        rows = []
        for one in records:
            took = one["ms"]
            extra = one.get("extra_bytes")
            rows.append([one["label"], f"{took['median']:.3g} ({took['least']:.3g}-{took['most']:.3g})" if took else "-",
                         megabytes(one.get("image_bytes")), megabytes(one.get("rest_bytes")), megabytes(extra),
                         one["per_gb"] or "-", "; ".join([one.get("note") or "", *one["marks"]]).strip("; ")])
        return ("<h2>Machine, container, process, function</h2><p>From the start of the command to the first good "
                "answer over HTTP, by one clock; memory is what belongs to the processes, shared pages in part "
                "(PSS).</p>" + picture(self.folder, charts.starts(self.folder, records), "milliseconds to the first good answer, and MB that "
                        "each further instance adds, of machine, container, process and function; the table below has them") +
                table("Starts", ["", "ms to the first answer", "image MB", "MB at rest", "MB each further one",
                                 "instances a GB", ""], rows))

    def marks_part(self):
        missing = ""
        if self.unfinished:
            lines = "".join(f"<li>{escaped(line)}</li>" for line in self.unfinished)
            missing = ("<p class=mark>Left out, because the time was over or the run was interrupted; the same command goes "
                       f"on with it:</p><ul class='small mark'>{lines}</ul>")
        lines = "".join(f"<li><code>{escaped(name)}</code>: {escaped(mark)}</li>" for name, mark in self.found["marked"])
        return (f"<h2>Marked runs</h2>{missing}<p>{len(self.found['marked'])} marks; none of these runs was left out of the "
                f"figures above.</p><details><summary>all</summary><ul class=small>{lines}</ul></details>")

    def text(self):
        parts = [self.head(), self.short_part(), "<h2>What is compared</h2>", self.variants_table(), self.noise_part()]
        if self.found["open"]:
            parts += [self.open_part(), self.aims_part()]
        if self.found["full"]:
            parts.append(self.full_part())
        parts += [self.starts_part(), self.marks_part()]
        return ("<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'>"
                f"<title>Is WebAssembly better in the backend? proa lab</title><style>{STYLE}</style>{''.join(parts)}</html>\n")


def plain(found):
    """The figures as JSON would have them."""
    def key(one):
        return "/".join(str(part) for part in one)
    return {"open": {key(name): value for name, value in found["open"].items()},
            "full": {key(name): value for name, value in found["full"].items()},
            "starts": found["starts"], "noise": found["noise"], "conformance": found["conformance"], "marked": found["marked"]}


def write(store, folder):
    """Write the page, its charts and the figures; the page's path."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    page = Page(store, folder)
    (folder / "index.html").write_text(page.text())
    (folder / "summary.md").write_text(summary.text(page.found, page.sizes, page.kinds, page.labels))
    text = json.dumps({"plan": page.plan, **plain(page.found)}, indent=1, default=str)
    (folder / "figures.json").write_text(text + "\n")
    return folder / "index.html"
