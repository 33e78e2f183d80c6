# SPDX-License-Identifier: Apache-2.0
"""server.py FOLDER [CERTIFICATE]: serves a folder on a free port of this machine, well or badly; prints the port.

The first part of a path says how: whole (with ranges), plain (ranges ignored), cut (breaks off after half of what it
announced), short (announces and sends half), long (one byte too many), slow (a byte now and then), moved (redirects to
whole); anything else is not found. Each request is a line of FOLDER/requests: path and first byte.
"""

import http.server
import os
import ssl
import sys
import time

FOLDER = sys.argv[1]
SECONDS_BETWEEN_BYTES = 0.02


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        way, _, name = self.path.lstrip("/").partition("/")
        asked = self.headers.get("Range", "bytes=0-")
        begin = int(asked.removeprefix("bytes=").split("-")[0])
        with open(os.path.join(FOLDER, "requests"), "a", encoding="utf-8") as log:
            log.write(f"{self.path} {begin}\n")
        if way == "moved":
            self.send_response(302)
            self.send_header("Location", "/whole/" + name)
            self.end_headers()
            return
        file = os.path.join(FOLDER, os.path.basename(name))
        if way not in ("whole", "plain", "cut", "short", "long", "slow") or not os.path.isfile(file):
            self.send_error(404)
            return
        with open(file, "rb") as opened:
            self.answer(way, opened.read(), begin if way != "plain" else 0)

    def answer(self, way, bytes_, begin):
        if begin > 0 and begin >= len(bytes_):
            self.send_error(416)
            return
        rest = bytes_[begin:]
        if way == "short":
            rest = rest[:len(rest) // 2]
        if way == "long":
            rest += b"x"
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(bytes_) - 1}/{len(bytes_)}")
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.send(way, rest)

    def send(self, way, rest):
        if way == "slow":
            for byte in rest:
                self.wfile.write(bytes([byte]))
                time.sleep(SECONDS_BETWEEN_BYTES)
        else:
            self.wfile.write(rest[:len(rest) // 2] if way == "cut" else rest)

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.handle_error = lambda *_: None  # a client that goes away is part of the tests
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


main()
