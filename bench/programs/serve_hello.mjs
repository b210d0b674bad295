// The same answer by node:http.
// SPDX-License-Identifier: Apache-2.0
import { createServer } from "node:http";

createServer((request, response) => {
  response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": 14 });
  response.end("Hello, world!\n");
}).listen(Number(process.argv[2]), "127.0.0.1");
