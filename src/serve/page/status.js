// SPDX-License-Identifier: Apache-2.0
// The status page: asks for /status.json once a second and shows it.
"use strict";

const SECONDS = 120;
const SVG = "http://www.w3.org/2000/svg";
const ALL = ""; // stands for all functions together
const history = []; // of each second a Map: name -> { p50, p99 } in seconds; no entry: nothing came
let before = null;
let shown = ALL; // whose latency the chart shows

function make(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function duration(seconds) {
  if (!(seconds > 0)) return "–";
  if (seconds < 1e-3) return (seconds * 1e6).toPrecision(3) + " µs";
  if (seconds < 1) return (seconds * 1e3).toPrecision(3) + " ms";
  return seconds.toPrecision(3) + " s";
}

function bytes(count) {
  if (count >= 2 ** 20) return (count / 2 ** 20).toFixed(1) + " MiB";
  return count > 0 ? (count / 2 ** 10).toFixed(0) + " KiB" : "–";
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

// As proa_metrics_quantile_ns() does.
function quantile(buckets, bounds, share) {
  const wanted = sum(buckets) * share;
  let below = 0;
  if (sum(buckets) === 0) return 0;
  for (let i = 0; i < bounds.length; i++) {
    const from = i === 0 ? 0 : bounds[i - 1];
    if (buckets[i] > 0 && below + buckets[i] >= wanted)
      return from + (bounds[i] - from) * (wanted - below) / buckets[i];
    below += buckets[i];
  }
  return bounds[bounds.length - 1];
}

function bars(buckets, bounds) {
  const most = Math.max(...buckets, 1);
  const svg = make("svg", { viewBox: `0 0 ${buckets.length} 10`, preserveAspectRatio: "none" });
  svg.append(make("title", {}, buckets.map((count, i) => count === 0 ? null :
    `${i < bounds.length ? "up to " + duration(bounds[i]) : "longer"}: ${count}`).filter((text) => text).join(", ")));
  buckets.forEach((count, i) => {
    const height = count > 0 ? Math.max(1, 10 * count / most) : 0;
    svg.append(make("rect", { x: i + 0.1, y: 10 - height, width: 0.8, height }));
  });
  return svg;
}

function row(f, old, seconds, bounds) {
  const line = document.createElement("tr");
  const all = sum(f.requests), rate = old ? (all - sum(old.requests)) / seconds : 0;
  const cells = [
    f.name, rate.toFixed(rate < 10 ? 1 : 0), all, f.requests[2] + f.requests[3],
    duration(quantile(f.buckets, bounds, 0.5)), duration(quantile(f.buckets, bounds, 0.9)),
    duration(quantile(f.buckets, bounds, 0.99)), bars(f.buckets, bounds),
    f.running, f.queued, f.rejected, sum(Object.values(f.traps)), f.timeouts,
    f.cold_starts, duration(f.cpu_seconds), bytes(f.memory_bytes),
  ];
  for (const value of cells) {
    const cell = document.createElement("td");
    cell.append(value);
    line.append(cell);
  }
  if (f.name === shown) line.className = "shown";
  line.addEventListener("click", () => {
    shown = shown === f.name ? ALL : f.name;
    for (const other of line.parentNode.children) other.className = "";
    line.className = shown === f.name ? "shown" : "";
    draw();
  });
  return line;
}

// What came since the last look, by function and together.
function remember(now, old) {
  const point = new Map(), all = now.bounds_seconds.map(() => 0).concat(0);
  const add = (name, change) => sum(change) === 0 || point.set(name, {
    p50: quantile(change, now.bounds_seconds, 0.5),
    p99: quantile(change, now.bounds_seconds, 0.99),
  });
  for (const f of now.functions) {
    const was = old && old.functions.find((g) => g.name === f.name);
    const change = f.buckets.map((count, i) => count - (was ? was.buckets[i] : 0));
    change.forEach((count, i) => { all[i] += count; });
    add(f.name, change);
  }
  add(ALL, all);
  history.push(point);
  if (history.length > SECONDS) history.shift();
}

// From 10 µs at the bottom to 10 s at the top.
const height = (seconds) => 210 - (Math.log10(Math.min(10, Math.max(1e-5, seconds))) + 5) * 200 / 6;

function draw() {
  const chart = document.getElementById("chart");
  chart.replaceChildren();
  for (let power = -5; power <= 1; power++) {
    const y = height(10 ** power);
    chart.append(make("line", { class: "grid", x1: 60, x2: 800, y1: y, y2: y }));
    chart.append(make("text", { x: 0, y: y + 4 }, duration(10 ** power).replace(/\.0+ /, " ")));
  }
  for (const [x, anchor, text] of [[60, "start", "2 min ago"], [430, "middle", "1 min ago"], [800, "end", "now"]])
    chart.append(make("text", { x, y: 230, "text-anchor": anchor }, text));
  document.getElementById("whose").textContent = shown === ALL ? "all functions" : shown;
  for (const kind of ["p50", "p99"]) {
    let path = "", pen = "M";
    history.forEach((points, i) => {
      const point = points.get(shown);
      if (point === undefined) { pen = "M"; return; }
      const x = 800 - (history.length - 1 - i) * 740 / SECONDS;
      path += `${pen}${x.toFixed(1)},${height(point[kind]).toFixed(1)}h1`;
      pen = "L";
    });
    chart.append(make("path", { class: kind, d: path }));
  }
}

function show(now) {
  const seconds = before ? Math.max(0.001, now.uptime_seconds - before.uptime_seconds) : 1;
  const state = document.getElementById("state");
  const count = (status) => sum(status.functions.map((f) => sum(f.requests)));
  const rate = before ? (count(now) - count(before)) / seconds : 0;
  state.textContent = `${now.version}, up ${Math.floor(now.uptime_seconds)} s, ` +
    `${now.is_ready ? "ready" : "not ready"}, ${rate.toFixed(rate < 10 ? 1 : 0)} requests/s, ${now.reloads} reloads` +
    (now.reload_failures ? `, ${now.reload_failures} of them with something bad` : "");
  state.className = now.is_ready ? "" : "bad";
  // Files, and what found nothing, only where there were any.
  const told = now.functions.filter((f) => !/^\((none|files)\)$/.test(f.name) || sum(f.requests) > 0);
  document.getElementById("functions").replaceChildren(...told.map((f) =>
    row(f, before && before.functions.find((g) => g.name === f.name), seconds, now.bounds_seconds)));
  remember(now, before);
  draw();
  before = now;
}

async function refresh() {
  try {
    const answer = await fetch("/status.json", { cache: "no-store" });
    show(await answer.json());
  } catch (error) {
    const state = document.getElementById("state");
    state.textContent = "The server does not answer.";
    state.className = "bad";
  }
  setTimeout(refresh, 1000);
}

refresh();
