// The lab's API in AssemblyScript as a WASI program in the CGI convention. JSON
// is written by json-as and read by reader.ts.
// SPDX-License-Identifier: Apache-2.0
import { JSON } from "json-as";
import { fd_read, fd_write } from "@assemblyscript/wasi-shim/assembly/bindings/wasi_snapshot_preview1";
import { Accepted, ITEMS_MAX, Problem, makeList } from "./items";

const vector = memory.data(16);

function variable(name: string): string {
  return process.env.has(name) ? process.env.get(name) : "";
}

function readBody(): ArrayBuffer {
  const body = new ArrayBuffer(I32.parseInt("0" + variable("CONTENT_LENGTH")));
  let at = 0;
  while (at < body.byteLength) {
    store<usize>(vector, changetype<usize>(body) + at);
    store<usize>(vector, body.byteLength - at, 4);
    if (fd_read(0, vector, 1, vector + 8) != 0) break;
    const size = load<u32>(vector, 8);
    if (size == 0) break;
    at += size;
  }
  return body;
}

function write(bytes: ArrayBuffer): void {
  let at: u32 = 0;
  while (at < <u32>bytes.byteLength) {
    store<usize>(vector, changetype<usize>(bytes) + at);
    store<usize>(vector, bytes.byteLength - at, 4);
    if (fd_write(1, vector, 1, vector + 8) != 0) process.exit(1);
    at += load<u32>(vector, 8);
  }
}

function send(status: i32, json: string, fields: string = ""): void {
  write(String.UTF8.encode(`Status: ${status}\nContent-Type: application/json\n${fields}\n`));
  write(String.UTF8.encode(json));
}

function sendProblem(status: i32, error: string, fields: string = ""): void {
  const problem = new Problem();
  problem.error = error;
  send(status, JSON.stringify(problem), fields);
}

/** The value of `n`, or -1. */
function readN(query: string): i32 {
  const pairs = query.split("&");
  for (let i = 0; i < pairs.length; i++) {
    if (!pairs[i].startsWith("n=")) continue;
    const text = pairs[i].slice(2);
    if (text.length == 0 || text.length > 6) return -1;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code < 0x30 || code > 0x39) return -1;
    }
    const n = I32.parseInt(text);
    return <u32>n <= ITEMS_MAX ? n : -1;
  }
  return -1;
}

function list(): void {
  const n = readN(variable("QUERY_STRING"));
  if (n < 0) sendProblem(400, "n must be a whole number from 0 to 100000");
  else send(200, JSON.stringify(makeList(n)));
}

function summarize(): void {
  const accepted = new Accepted(readBody());
  if (!accepted.isJson) sendProblem(400, "invalid JSON");
  else if (!accepted.isGood) sendProblem(422, "invalid items");
  else send(200, JSON.stringify(accepted.summary));
}

function main(): void {
  const method = variable("REQUEST_METHOD");
  if (variable("PATH_INFO") != "/items") sendProblem(404, "not found");
  else if (method == "GET") list();
  else if (method == "POST") summarize();
  else sendProblem(405, "method not allowed", "Allow: GET, POST\n");
}

main();
