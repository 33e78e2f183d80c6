# SPDX-License-Identifier: Apache-2.0
"""lab_test.py PROGRAM: the laboratory behind its sockets: who is let in, who leaves, and how it ends."""

import concurrent.futures
import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time

PROGRAM = sys.argv[1]
SMALL = "results?depth=4&width=16"
LONG = "results?depth=200&width=216"


def expect(holds, what):
    if not holds:
        sys.exit(f"does not hold: {what}")
    print(f"holds: {what}")


class Lab:
    def __init__(self, *words):
        self.child = subprocess.Popen([PROGRAM, "lab", "--no-browser", *words], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
        self.address = self.child.stdout.readline().strip()
        rest = self.address.removeprefix("http://")
        self.host, self.token = rest.split("/")[0], rest.split("/")[1]
        self.port = int(self.host.split(":")[1])

    def ask(self, part, host=None, token=None, method="GET", headers=None, body=None, port=None):
        """Status, headers and body of one answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=60)
        path = f"/{self.token if token is None else token}/{part}"
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", self.host if host is None else host)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode("utf-8", "replace")

    def raw(self, *pieces, pause=0.0):
        """What comes back for bytes as they are."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as own:
            try:
                for piece in pieces:
                    own.sendall(piece)
                    time.sleep(pause)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = b""
            try:
                while some := own.recv(4096):
                    answer += some
            except ConnectionResetError:
                pass
            return answer

    def end(self, how=signal.SIGINT):
        """Seconds until it has ended, and its exit code."""
        began = time.monotonic()
        self.child.send_signal(how)
        code = self.child.wait(timeout=20)
        return time.monotonic() - began, code


def admission(lab):
    status, headers, page = lab.ask("")
    expect(status == 200 and "Shatterproof laboratory" in page, "its own address shows the page")
    expect(headers["Cache-Control"] == "no-store" and headers["X-Content-Type-Options"] == "nosniff"
           and "frame-ancestors 'none'" in headers["Content-Security-Policy"], "with what forbids keeping and framing")
    expect(lab.ask("", host=f"localhost:{lab.port}")[0] == 200, "localhost is its name, too")
    for host in ("evil.example", f"evil.example:{lab.port}", "127.0.0.1", f"127.0.0.1:{lab.port + 1}", ""):
        expect(lab.ask(SMALL, host=host)[0] == 403, f"Host '{host}' is refused")
    for token in ("", "0" * 32, lab.token[:-1], lab.token + "0", lab.token.upper() + "x"):
        status, _, body = lab.ask(SMALL, token=token)
        expect(status == 403 and "reading" not in body, f"token of {len(token)} characters is refused")
    for address in ("127.0.0.2", "::1"):
        try:
            socket.create_connection((address, lab.port), timeout=1).close()
            sys.exit(f"does not hold: nothing listens on {address}")
        except OSError:
            print(f"holds: nothing listens on {address}")


def bounds(lab):
    status, _, body = lab.ask("results?depth=100000000")
    expect(status == 400 and body.count("\n") == 1 and "depth must be" in body, "a huge depth is refused in one line")
    status, _, body = lab.ask("results?depth=200&width=512")
    expect(status == 400 and "fewer layers" in body, "so is too much work")
    expect(lab.ask(SMALL, method="POST", body=b"x" * 10, headers={"Content-Length": "10"})[0] == 405, "no POST")
    expect(lab.ask(SMALL, headers={"Content-Length": "1000000000000"})[0] == 413, "no body")
    long = lab.raw(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n")
    expect(b" 431 " in long.split(b"\r\n")[0], "a request that is too long is refused")
    many = lab.raw(b"GET / HTTP/1.1\r\n", *[b"a%d: b\r\n" % k * 100 for k in range(100)])
    expect(b" 431 " in many.split(b"\r\n")[0], "and one of too many headers")
    expect(b" 400 " in lab.raw(b"\x16\x03\x01 nonsense\r\n\r\n").split(b"\r\n")[0], "and what is no HTTP")


def leaving(lab):
    began = time.monotonic()
    lab.ask(LONG + "&seed=2")
    whole = time.monotonic() - began
    for _ in range(3):  # closed in the middle
        own = socket.create_connection(("127.0.0.1", lab.port))
        own.sendall(f"GET /{lab.token}/{LONG}&seed=3 HTTP/1.1\r\nHost: {lab.host}\r\n\r\n".encode())
        time.sleep(0.2)
        own.close()
    began = time.monotonic()
    expect(lab.ask(SMALL)[0] == 200, "who comes after three that left is answered")
    after = time.monotonic() - began
    print(f"seconds: {whole:.2f} of the long one, {after:.2f} behind three that were called off")
    expect(after < max(1.5, 1.5 * whole), "and does not wait for what they asked")


def together(lab):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        asked = [(f"results?depth={3 + k % 2}&width=16&seed={1 + k % 3}", k) for k in range(16)]
        answers = list(pool.map(lambda one: lab.ask(one[0]), asked))
    expect(all(status == 200 for status, _, _ in answers), "sixteen requests of eight clients are answered")
    alone = [line for line in lab.ask(asked[0][0])[2].split("\n") if '"kind":"reading"' in line]
    beside = [line for line in answers[0][2].split("\n") if '"kind":"reading"' in line]
    expect(alone == beside and alone, "with the numbers of one alone")


def crowded():
    """More come than are taken in: who is one too many reads why, whenever the request came."""
    lab = Lab()
    idle = [socket.create_connection(("127.0.0.1", lab.port)) for _ in range(32)]
    for own in idle:
        own.sendall(b"GET / HT")
    time.sleep(0.3)
    for comes_at_once in (True, False):
        if comes_at_once:
            lab.child.send_signal(signal.SIGSTOP)
        with socket.create_connection(("127.0.0.1", lab.port), timeout=20) as own:
            time.sleep(0 if comes_at_once else 0.1)
            own.sendall(f"GET /{lab.token}/{SMALL} HTTP/1.1\r\nHost: {lab.host}\r\n\r\n".encode())
            lab.child.send_signal(signal.SIGCONT)
            time.sleep(0.2)
            answer, is_reset = b"", False
            try:
                while some := own.recv(4096):
                    answer += some
            except ConnectionResetError:
                is_reset = True
        expect(answer.startswith(b"HTTP/1.1 503 ") and not is_reset, "one connection too many reads that it is")
    for own in idle:
        own.close()
    time.sleep(0.3)
    expect(lab.ask(SMALL)[0] == 200, "and is answered when the others have left")
    lab.end()


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limited(pid, kind, soft):
    """Sets a limit of another process; what it was."""
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (soft, before[1]))
    return before


def without_descriptors():
    """The system gives no descriptor: whoever waits is answered later, and waiting costs nothing."""
    lab = Lab()
    before = limited(lab.child.pid, resource.RLIMIT_NOFILE, 3)
    with socket.create_connection(("127.0.0.1", lab.port), timeout=20) as own:
        own.sendall(f"GET /{lab.token}/{SMALL} HTTP/1.1\r\nHost: {lab.host}\r\n\r\n".encode())
        began = processor_seconds(lab.child.pid)
        time.sleep(1)
        spent = processor_seconds(lab.child.pid) - began
        expect(spent < 0.1, f"a second without a descriptor costs {spent:.2f} s of the processor")
        resource.prlimit(lab.child.pid, resource.RLIMIT_NOFILE, before)
        expect(own.recv(4096).startswith(b"HTTP/1.1 200 "), "then whoever waited is answered")
    lab.end()


def without_threads():
    """The system gives no thread, here because it has no place for its stack."""
    lab = Lab()
    with open(f"/proc/{lab.child.pid}/maps", encoding="ascii") as maps:
        if "libasan" in maps.read():
            print("left out: the sanitizer ends a program that has no place left")
            lab.end()
            return
    with open(f"/proc/{lab.child.pid}/statm", encoding="ascii") as statm:
        now = int(statm.read().split()[0]) * resource.getpagesize()
    before = limited(lab.child.pid, resource.RLIMIT_AS, now + 2**20)
    status, _, body = lab.ask(SMALL)
    expect(status == 503 and body.count("\n") == 1, f"who gets no thread is told so: {body.strip()}")
    resource.prlimit(lab.child.pid, resource.RLIMIT_AS, before)
    expect(lab.ask(SMALL)[0] == 200, "and is answered when there are threads again")
    lab.end()


def ended(busy):
    """Seconds until one has ended that is idle or at work."""
    lab = Lab()
    if busy:
        own = socket.create_connection(("127.0.0.1", lab.port))
        own.sendall(f"GET /{lab.token}/{LONG} HTTP/1.1\r\nHost: {lab.host}\r\n\r\n".encode())
        idle = socket.create_connection(("127.0.0.1", lab.port))
        idle.sendall(b"GET / HT")
        time.sleep(0.3)
    seconds, code = lab.end()
    expect(code == 130, "Ctrl-C ends it as it ends every command")
    expect(lab.child.stderr.read().count("\n") == 2, "with nothing but its two lines")
    return seconds


def main():
    lab = Lab()
    expect(lab.address.startswith("http://127.0.0.1:"), "it listens on this machine only")
    admission(lab)
    bounds(lab)
    together(lab)
    leaving(lab)
    crowded()
    without_descriptors()
    without_threads()
    taken = subprocess.run([PROGRAM, "lab", "--no-browser", "--port", str(lab.port)], capture_output=True, text=True)
    expect(taken.returncode == 2 and "cannot listen on" in taken.stderr, "a port that is taken is said to be")
    expect(lab.end(signal.SIGTERM)[1] in (130, -signal.SIGTERM), "SIGTERM ends it")
    for busy in (False, True):
        best = min(ended(busy) for _ in range(3))  # of three, for other work on the machine
        print(f"seconds until it has ended: {best:.2f}")
        expect(best < 1, f"within a second ({'at work' if busy else 'idle'})")


main()
