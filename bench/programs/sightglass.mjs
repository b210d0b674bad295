// Runs a benchmark of Sightglass in Node: sightglass.mjs FILE, in its folder.
// SPDX-License-Identifier: Apache-2.0
import fs from 'node:fs';
import { WASI } from 'node:wasi';

const [file] = process.argv.slice(2);
const wasi = new WASI({
  version: 'preview1', args: [file], preopens: { '.': '.' }, returnOnExit: true,
});
const { instance } = await WebAssembly.instantiate(fs.readFileSync(file), {
  ...wasi.getImportObject(), bench: { start() {}, end() {} },
});
process.exitCode = wasi.start(instance);
