// Repeat in Node the calls that fuzz-call printed and print the same lines:
// call.mjs MODULE.wasm OUTPUT. See call.c.
// SPDX-License-Identifier: Apache-2.0
import fs from "node:fs";

const view = new DataView(new ArrayBuffer(8));
const hex = (bits, digits) => bits.toString(16).padStart(digits, "0");
const lines = [];

const formats = {
  i32: (x) => hex(x >>> 0, 8),
  i64: (x) => hex(BigInt.asUintN(64, x), 16),
  f32: (x) => Number.isNaN(x) ? "nan" : (view.setFloat32(0, x), hex(view.getUint32(0), 8)),
  f64: (x) => Number.isNaN(x) ? "nan" : (view.setFloat64(0, x), hex(view.getBigUint64(0), 16)),
  funcref: (x) => x === null ? "null" : "ref",
  externref: (x) => x === null ? "null" : "ref",
};

const parsers = {
  i32: (text) => parseInt(text, 16) | 0,
  i64: (text) => BigInt.asIntN(64, BigInt("0x" + text)),
  f32: (text) => text === "nan" ? NaN : (view.setUint32(0, parseInt(text, 16)), view.getFloat32(0)),
  f64: (text) => text === "nan" ? NaN : (view.setBigUint64(0, BigInt("0x" + text)), view.getFloat64(0)),
  funcref: () => null,
  externref: () => null,
};

const trapKinds = [
  [/unreachable/, "unreachable"],
  [/memory access out of bounds|data segment/, "memory"],
  [/divide by zero|remainder by zero/, "divide"],
  [/unrepresentable/, "overflow"],
  [/null function or function signature mismatch|signature mismatch/, "signature"],
  [/table (index|access|bounds)|element segment|out of bounds table|table or index/, "table"],
  [/call stack size/, "stack"],
  [/^host$|cannot pass v128/, "host"],
];

function trapKind(error) {
  const found = trapKinds.find(([pattern]) => pattern.test(error.message));
  return found ? found[1] : error.message;
}

function finish() {
  fs.writeSync(1, lines.map((line) => line + "\n").join(""));
  process.exit(0);
}

function attempt(run) {
  try {
    const results = run();
    lines.push("=" + results.map((result) => " " + result).join(""));
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError ||
          error instanceof TypeError)) throw error;
    lines.push(`= trap ${trapKind(error)}`);
    if (trapKind(error) === "stack") finish();
  }
}

const [file, output] = process.argv.slice(2);
const module = new WebAssembly.Module(fs.readFileSync(file));
const support = Object.fromEntries(["i32", "i64", "f32", "f64"].map((type) =>
  [`log-${type}`, (x) => { lines.push(`log ${type}:${formats[type](x)}`); }]));
let instance;

// Whatever else is imported traps, in both engines.
const imports = {};
for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
  imports[from] ??= {};
  imports[from][name] = kind === "global" ? new WebAssembly.Global({ value: "externref" }, null)
    : support[name] ?? (() => { throw new WebAssembly.RuntimeError("host"); });
}

// The lines of the other's output: the arguments of a call, and below the
// types of its results.
const said = fs.readFileSync(output, "utf8").split("\n");
said.forEach((line, at) => {
  if (!line.endsWith(" ->")) return;
  lines.push(line);
  if (line === "instantiate ->") {
    attempt(() => { instance = new WebAssembly.Instance(module, imports); return []; });
    return;
  }
  const [name, ...args] = line.slice(0, -3).split(" ");
  const values = args.map((arg) => parsers[arg.split(":")[0]](arg.split(":")[1]));
  const end = said.slice(at + 1).find((other) => other.startsWith("="));
  const types = end && !end.includes("trap") ? end.split(" ").slice(1).map((result) => result.split(":")[0]) : [];
  attempt(() => {
    const result = instance.exports[name](...values);
    const list = types.length > 1 ? [...result] : types.length === 1 ? [result] : [];
    return list.map((value, i) => `${types[i]}:${formats[types[i]](value)}`);
  });
});
finish();
