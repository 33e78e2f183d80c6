# SPDX-License-Identifier: Apache-2.0
"""gate_action_test.py PROGRAM ROOT: the gate action's steps, run as GitHub would, beside a server that answers as it does."""

import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

PROGRAM, ROOT = sys.argv[1:3]
ACTION = os.path.join(ROOT, ".github", "actions", "gate")
SICK = "feedforward:depth=30,width=40,norm=batch,input=40,output=10"
WELL = "feedforward:depth=2,width=40,norm=batch,input=40,output=10"


class GitHub(http.server.BaseHTTPRequestHandler):
    """Comments of one issue, 7. `asked` is every call; `refuses` makes it a token that may not write, `answers` is sent in
    place of what there is, and a server that `hangs_up` sends nothing."""

    comments, asked, refuses, answers, hangs_up = [], [], False, None, False

    def answer(self, method):
        self.asked.append((method, self.path, self.headers["Authorization"]))
        if GitHub.hangs_up:
            self.close_connection = True
            return
        if method != "GET" and GitHub.refuses:
            self.send_error(403)
            return
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "null")
        issues = "/repos/us/net/issues"
        if method == "GET":
            assert self.path.startswith(f"{issues}/7/comments?per_page=100&page="), self.path
            page = int(self.path.rsplit("=", 1)[1])
            said = self.comments[100 * (page - 1) : 100 * page]
        elif method == "POST":
            assert self.path == f"{issues}/7/comments", self.path
            said = {"id": len(self.comments), "body": body["body"], "user": {"type": "Bot"}}
            self.comments.append(said)
        else:
            said = self.comments[int(self.path.removeprefix(f"{issues}/comments/"))]
            said["body"] = body["body"]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode() if GitHub.answers is None else GitHub.answers)

    def do_GET(self):  # noqa: N802
        self.answer("GET")

    def do_POST(self):  # noqa: N802
        self.answer("POST")

    def do_PATCH(self):  # noqa: N802
        self.answer("PATCH")

    def log_message(self, *_):
        pass


def gate(folder, url, network, options="", baseline="", event=None, **more):
    """The step "Check"; its exit code, what it printed, its outputs and its summary."""
    event_path, outputs, summary = (os.path.join(folder, name) for name in ("event.json", "outputs", "summary.md"))
    with open(event_path, "w", encoding="utf-8") as file:
        json.dump(event or {"pull_request": {"number": 7}}, file)
    for path in (outputs, summary):
        with open(path, "w", encoding="utf-8"):
            pass
    environment = {
        "PATH": os.environ["PATH"], "HOME": folder, "PROGRAM": PROGRAM, "NETWORK": network,
        "OPTIONS": "--seeds 2 --no-rehearsal " + options, "BASELINE": baseline, "TOKEN": "secret",
        "GITHUB_SERVER_URL": "https://github.com", "GITHUB_API_URL": url, "GITHUB_REPOSITORY": "us/net", "GITHUB_SHA": "abc",
        "GITHUB_ACTION_PATH": "/__w/_actions/them/shatterproof/v1/.github/actions/gate", "GITHUB_EVENT_PATH": event_path,
        "GITHUB_OUTPUT": outputs, "GITHUB_STEP_SUMMARY": summary, "RUNNER_TEMP": folder, **more}
    done = subprocess.run([sys.executable, os.path.join(ACTION, "gate.py")], env=environment, capture_output=True, text=True)
    with open(outputs, encoding="utf-8") as file:
        told = dict(line.rstrip("\n").split("=", 1) for line in file)
    with open(summary, encoding="utf-8") as file:
        return done.returncode, done.stdout + done.stderr, told, file.read()


def expect(holds, what):
    if not holds:
        sys.exit(f"does not hold: {what}")
    print(f"holds: {what}")


def tries(folder, url):
    GitHub.comments[:] = [{"id": i, "body": "a person's", "user": {"type": "User"}} for i in range(120)]
    code, printed, told, summary = gate(folder, url, SICK, "--fail-on watch")
    expect(code == 1 and told["accepted"] == "false", "a refused network ends the step with 1")
    expect("verdict   WATCH" in printed and "secret" not in printed, "the log has the verdict, and no token")
    expect(len(GitHub.comments) == 121 and GitHub.comments[-1]["body"] == summary.rstrip("\n") + "\n",
           "the comment is that of the summary")
    expect("(<https://github.com/them/shatterproof/blob/v1/docs/findings/exploding.md>)" in summary,
           "its links lead to the documents of the action's source")
    expect(all(token == "Bearer secret" for _, _, token in GitHub.asked), "every call has the token")
    baseline = told["results"]

    code, printed, told, summary = gate(folder, url, SICK, "--fail-on watch --ignore 'exploding'", baseline)
    expect(code == 0 and told["accepted"] == "true", "what the baseline has is accepted")
    expect(len(GitHub.comments) == 121 and "accepted" in GitHub.comments[-1]["body"], "the earlier comment is changed")
    gate(folder, url, WELL)
    expect(len(GitHub.comments) == 122, "another network has a comment of its own")

    GitHub.refuses = True
    code, printed, told, summary = gate(folder, url, WELL)
    expect(code == 0 and "::warning::the comment is in the summary only" in printed and "accepted" in summary,
           "a token that may not write leaves the summary and a warning")
    GitHub.refuses = False
    GitHub.hangs_up = True
    code, printed, told, summary = gate(folder, url, WELL)
    expect(code == 0 and "::warning::the comment is in the summary only" in printed and "Traceback" not in printed,
           "a server that hangs up leaves a warning")
    GitHub.hangs_up = False
    for answer in (b"null", b"", b"<html>"):
        GitHub.answers = answer
        code, printed, told, summary = gate(folder, url, WELL)
        expect(code == 0 and "::warning::" in printed and "Traceback" not in printed, f"so does the answer {answer}")
    GitHub.answers = None
    GitHub.comments[0] = {"id": 0, "body": None, "user": None}
    code, printed, told, summary = gate(folder, url, WELL)
    expect(code == 0 and "::warning::" not in printed, "a comment without words, of a user who is gone, is passed over")
    gate(folder, url, WELL, event={"pull_request": None})
    code, printed, _, summary = gate(folder, url, "feedforwrad")
    expect(code == 2 and "did you mean 'feedforward'?" in printed and summary == "", "what cannot be read ends with 2")
    GitHub.asked.clear()
    gate(folder, url, WELL, event={"push": 1})
    expect(not GitHub.asked, "a push asks for no comment")


def main():
    key = subprocess.run([os.path.join(ACTION, "build"), "key"], capture_output=True, text=True, check=True).stdout
    expect(key.startswith("key=") and len(key.strip().rsplit("-", 1)[1]) == 16, "the cache is named by the source")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), GitHub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        tries(folder, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()


main()
