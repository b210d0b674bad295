#!/usr/bin/env python3
"""A small CGI server: spawner.py HOST:PORT WORKERS COMMAND...

Starts the command for each request, with the request in its environment and on
its standard input. For engines that run a WASI command but do not serve one.

SPDX-License-Identifier: Apache-2.0
"""
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    command: list = []

    def answer(self):
        url = urlsplit(self.path)
        size = self.headers.get("Content-Length", "0")
        variables = {"REQUEST_METHOD": self.command_name(), "PATH_INFO": unquote(url.path), "QUERY_STRING": url.query,
                     "CONTENT_LENGTH": size, "CONTENT_TYPE": self.headers.get("Content-Type", "")}
        words = [*self.program[:-1], *(f"--env={name}={value}" for name, value in variables.items()), self.program[-1]]
        done = subprocess.run(words, input=self.rfile.read(int(size)), capture_output=True, check=False)
        head, _, body = done.stdout.partition(b"\n\n")
        if done.returncode != 0 or not head:
            self.send_error(500)
            return
        fields = [line.split(": ", 1) for line in head.decode("latin-1").split("\n")]
        status = next((value for name, value in fields if name == "Status"), "200")
        self.send_response(int(status.split()[0]))
        for name, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def command_name(self):
        return self.requestline.split()[0]

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


def main():
    host, _, port = sys.argv[1].rpartition(":")
    Handler.program = sys.argv[3:]
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer((host, int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
