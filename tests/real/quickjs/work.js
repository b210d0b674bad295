// JSON, regular expressions, a hash, numbers, the language.
const words = ["reef", "keel", "mast", "sail", "hull", "rope", "tide", "wind"];
const text = Array.from({ length: 400 }, (_, i) =>
  Array.from({ length: 12 }, (_, j) => words[(i * 7 + j * 3) % 8] + ((i * 31 + j * 17) % 100)).join(" ")).join("\n");

const value = { name: "pröa ⛵", list: [1, 2.5, -3e10, null, true], deep: { a: { b: { c: [[]] } } }, text: "tab\t\"q\" \u0001" };
print(JSON.stringify(value));
print(JSON.stringify(JSON.parse(JSON.stringify(value)), null, 2));
const big = Array.from({ length: 5000 }, (_, id) => ({ id, square: id * id, name: `item ${id}` }));
print(JSON.stringify(big).length, JSON.stringify(JSON.parse(JSON.stringify(big))) === JSON.stringify(big));
try { JSON.parse('{"a": [1, 2,}'); } catch (error) { print(error.name); }

const counts = {};
for (const [, word] of text.matchAll(/\b([a-z]+)(?=\d*7\b)/g)) counts[word] = (counts[word] ?? 0) + 1;
print(JSON.stringify(Object.entries(counts).sort()));
print(text.replace(/(?<vowel>[aeiou])(?<digit>\d)/g, "$<digit>$<vowel>").slice(0, 100));
print(/^(\d{4})-(\d\d)-(\d\d)$/.exec("2024-02-29").slice(1).join("/"), "ÄÖÜ".replace(/\p{Lu}/gu, c => c.toLowerCase()));

const K = Uint32Array.from({ length: 64 }, (_, n) => {
  let found = 0, p = 1;
  while (found <= n) { p++; let prime = true; for (let d = 2; d * d <= p; d++) if (p % d === 0) prime = false; if (prime) found++; }
  return Math.floor((Math.cbrt(p) % 1) * 2 ** 32);
});
function sha256(bytes) {
  const state = Uint32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);
  const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, bytes.length * 8);
  const w = new Uint32Array(64), rotate = (x, n) => (x >>> n) | (x << (32 - n));
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 64; i++)
      w[i] = i < 16 ? view.getUint32(at + 4 * i)
        : w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >>> 3)) + (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >>> 10));
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const t1 = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((x, i) => { state[i] += x; });
  }
  return Array.from(state, x => x.toString(16).padStart(8, "0")).join("");
}
print(sha256(Uint8Array.from("abc", c => c.charCodeAt(0))));
print(sha256(Uint8Array.from(text, c => c.charCodeAt(0))));

print(3n ** 200n % (2n ** 61n - 1n), (2n ** 5000n).toString().length, 10 / 3, 2 ** 0.5, 0.1 + 0.2, 1e21, -0 === 0, NaN);
const primes = [];
for (let n = 2; n < 20000; n++) { let prime = true; for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; } if (prime) primes.push(n); }
print(primes.length, primes[primes.length - 1], primes.reduce((a, b) => a + b));

class Point { #x; constructor(x, y) { this.#x = x; this.y = y; } get x() { return this.#x; } static of(...a) { return new Point(...a); } }
const { x, ...rest } = { x: Point.of(1, 2).x, y: 2, z: 3 };
print(x, JSON.stringify(rest), [..."⛵a"].length, [3, 1, 2].toSorted?.().join() ?? [3, 1, 2].sort().join());
function* numbers() { let [a, b] = [0, 1]; for (;;) { yield a; [a, b] = [b, a + b]; } }
const even = []; for (const n of numbers()) { if (n > 5000) break; if (n % 2 === 0) even.push(n); }
print(even.join(" "));
label: for (let i = 0; i < 10; i++) for (let j = 0; j < 10; j++) if (i * j === 42) { print(i, j); break label; }
print([...new Map(Array.from({ length: 20000 }, (_, i) => ["k" + i % 1000, i]))].length, new Set("mississippi").size);
print(new Date(Date.UTC(2024, 1, 29, 12)).toISOString(), new Proxy({}, { get: (_, name) => name }).anything);
(async () => { await null; print("awaited", (await Promise.all([1, Promise.resolve(2)])).join()); })();
