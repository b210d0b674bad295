// Runs a WASI command in Node: wasi.mjs FILE [ARGS...]
// SPDX-License-Identifier: Apache-2.0
import fs from 'node:fs';
import { WASI } from 'node:wasi';

const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({
  version: 'preview1', args: [file, ...args], env: { LANG: 'C' }, returnOnExit: true,
});
const { instance } = await WebAssembly.instantiate(
  fs.readFileSync(file), wasi.getImportObject());
process.exitCode = wasi.start(instance);
