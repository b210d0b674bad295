// The lab's API on node:http: node server.ts PORT. JSON by V8.
// SPDX-License-Identifier: Apache-2.0
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";

interface Item {
  id: number;
  name: string;
  price: number;
  quantity: number;
  active: boolean;
  tags: string[];
  note: string;
}

interface Summary {
  count: number;
  active: number;
  quantity: number;
  total: number;
  tags: Record<string, number>;
}

const ADJECTIVES = ["small", "large", "red", "blue", "quiet", "heavy", "plain", "bright"];
const NOUNS = ["lamp", "chair", "table", "clock", "shelf", "desk", "stool", "frame"];
const TAGS = ["new", "sale", "used", "eco", "wood", "import", "gift", "bulk"];
const ITEMS_MAX = 100000;
const QUANTITY_MAX = 1000000;
const BODY_BYTES_MAX = 8 << 20;

function makeItem(id: number): Item {
  const x = Math.imul(id, 2654435761) >>> 0;
  return {
    id,
    name: `${ADJECTIVES[x % 8]} ${NOUNS[(x >>> 3) % 8]}`,
    price: ((x >>> 6) % 1000) + (1 + ((x >>> 16) % 3)) * 0.25,
    quantity: (x >>> 20) % 100,
    active: x >>> 31 !== 0,
    tags: [TAGS[(x >>> 4) % 8], TAGS[(x >>> 9) % 8]],
    note: 'Größe "M", line one\nline two',
  };
}

function isWhole(value: unknown, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

function isItem(value: unknown): value is Item {
  const item = value as Item;
  return (
    typeof item === "object" && item !== null &&
    isWhole(item.id, 2 ** 32 - 1) &&
    typeof item.name === "string" && item.name !== "" &&
    typeof item.price === "number" && item.price >= 0 &&
    isWhole(item.quantity, QUANTITY_MAX) &&
    typeof item.active === "boolean" &&
    Array.isArray(item.tags) && item.tags.every((tag) => TAGS.includes(tag)) &&
    typeof item.note === "string"
  );
}

function summarize(items: Item[]): Summary {
  const tags = Object.fromEntries(TAGS.map((tag) => [tag, 0]));
  const summary: Summary = { count: items.length, active: 0, quantity: 0, total: 0, tags };
  for (const item of items) {
    summary.active += item.active ? 1 : 0;
    summary.quantity += item.quantity;
    summary.total += item.price * item.quantity;
    for (const tag of item.tags) tags[tag]++;
  }
  return summary;
}

function send(response: ServerResponse, status: number, value: unknown, fields = {}): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length, ...fields });
  response.end(body);
}

function list(query: URLSearchParams, response: ServerResponse): void {
  const text = query.get("n") ?? "";
  const n = Number(text);
  if (!/^[0-9]+$/.test(text) || n > ITEMS_MAX) {
    send(response, 400, { error: "n must be a whole number from 0 to 100000" });
    return;
  }
  send(response, 200, { count: n, items: Array.from({ length: n }, (_, id) => makeItem(id)) });
}

async function accept(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) {
      send(response, 413, { error: "too large" }, { Connection: "close" });
      return;
    }
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    send(response, 400, { error: "invalid JSON" });
    return;
  }
  const items = (value as { items?: unknown } | null)?.items;
  if (!Array.isArray(items) || !items.every(isItem)) {
    send(response, 422, { error: "invalid items" });
    return;
  }
  send(response, 200, summarize(items));
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname !== "/items") send(response, 404, { error: "not found" });
  else if (request.method === "GET") list(url.searchParams, response);
  else if (request.method === "POST") accept(request, response).catch(() => response.destroy());
  else send(response, 405, { error: "method not allowed" }, { Allow: "GET, POST" });
});

server.listen(Number(process.argv[2]), process.argv[3] ?? "127.0.0.1");
