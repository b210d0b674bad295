// Calls between JavaScript and a module, in nanoseconds: calls.mjs FILE
// SPDX-License-Identifier: Apache-2.0
import fs from 'node:fs';

const COUNT = 3000000;
const imports = { host: { nothing() {}, add(a, b) { return (a + b) | 0; } } };
const { instance } = await WebAssembly.instantiate(
  fs.readFileSync(process.argv[2]), imports);
const guest = instance.exports;

function measure(name, work) {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint();
    work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / COUNT);
  }
  console.log(`${name} ${best.toFixed(3)}`);
}

measure('host_to_guest_nothing', () => {
  for (let i = 0; i < COUNT; i++) guest.nothing();
});
measure('host_to_guest_add', () => {
  for (let i = 0; i < COUNT; i++) guest.add(i, 1);
});
measure('guest_to_host_nothing', () => guest.call_nothing(COUNT));
measure('guest_to_host_add', () => guest.call_add(COUNT));
measure('guest_to_guest_table', () => guest.call_table(COUNT));
