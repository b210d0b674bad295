// Runs a WASI command in Node: wasi.mjs [--dir HOST::GUEST]... FILE [ARGS...]
// Imports that Node's WASI does not have throw when they are called.
// SPDX-License-Identifier: Apache-2.0
import fs from 'node:fs';
import { WASI } from 'node:wasi';

const words = process.argv.slice(2);
const preopens = {};
while (words[0] === '--dir') {
  const [host, guest] = words[1].split('::');
  preopens[guest ?? host] = host;
  words.splice(0, 2);
}
const [file, ...args] = words;
const module = await WebAssembly.compile(fs.readFileSync(file));
const wanted = WebAssembly.Module.imports(module);
const version = wanted.some(one => one.module === 'wasi_unstable') ? 'unstable' : 'preview1';
const wasi = new WASI({ version, args: [file, ...args], env: { LANG: 'C' }, preopens, returnOnExit: true });
const imports = wasi.getImportObject();
for (const one of wanted) {
  imports[one.module] ??= {};
  imports[one.module][one.name] ??= () => { throw new Error(`no ${one.module}.${one.name}`); };
}
process.exitCode = wasi.start(await WebAssembly.instantiate(module, imports));
