# SPDX-License-Identifier: Apache-2.0
"""Checks $NETWORK with $PROGRAM, and tells the job's summary and the pull request what came out.

$OPTIONS are further options of `check`, $BASELINE results that it must not be worse than. Ends with the exit code of the
check: 1 where the network is refused. A comment that cannot be written is a warning: the summary has it.
"""

import http.client
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import urllib.request

READABLE = (0, 1)  # accepted, refused
# A server that refuses, cannot be reached or is late, one that hangs up, one that answers something else.
UNANSWERED = (OSError, http.client.HTTPException, ValueError)


def documents():
    """Where the documents of this action's source are served: of a repository that uses it, or of our own."""
    given = os.environ.get("DOCUMENTS", "")
    server = os.environ.get("GITHUB_SERVER_URL", "")
    if given or not server:
        return given
    path = os.environ.get("GITHUB_ACTION_PATH", "")
    elsewhere = re.search(r"/_actions/([^/]+)/([^/]+)/(.+)/\.github/actions/gate/?$", path)
    if elsewhere:
        owner, name, version = elsewhere.groups()
        return f"{server}/{owner}/{name}/blob/{version}/docs"
    return f"{server}/{os.environ['GITHUB_REPOSITORY']}/blob/{os.environ['GITHUB_SHA']}/docs"


def check(folder):
    """Runs the check; its exit code, and the files it wrote."""
    comment, results = os.path.join(folder, "comment.md"), os.path.join(folder, "results.jsonl")
    words = [os.environ["PROGRAM"], "check", os.environ["NETWORK"], "--format", "markdown", "-o", comment, "--json", results]
    if os.environ.get("BASELINE"):
        words += ["--baseline", os.environ["BASELINE"]]
    if documents():
        words += ["--documents", documents()]
    words += shlex.split(os.environ.get("OPTIONS", ""))
    return subprocess.run(words).returncode, comment, results


def append(variable, text):
    """A line for the runner, in the file that it names."""
    if os.environ.get(variable):
        with open(os.environ[variable], "a", encoding="utf-8") as file:
            file.write(text + "\n")


def ask(method, path, body=None):
    """One call of GitHub's interface; what it answers."""
    request = urllib.request.Request(
        os.environ["GITHUB_API_URL"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + os.environ["TOKEN"], "Accept": "application/vnd.github+json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def is_of_bot(comment):
    """Of a user that is gone there is null in place of one."""
    return (comment.get("user") or {}).get("type") == "Bot"


def earlier_comment(comments, mark):
    """The number of a bot's comment that begins with the mark; None without one. Other people's stay as they are."""
    for page in range(1, 100):
        some = ask("GET", f"{comments}?per_page=100&page={page}")
        if not isinstance(some, list):
            raise ValueError(f"the comments are no list but {json.dumps(some)[:100]}")
        for one in some:
            if is_of_bot(one) and (one.get("body") or "").startswith(mark):
                return one["id"]
        if len(some) < 100:
            return None
    return None


def tell_pull_request(number, mark, text):
    """Writes the comment, or changes that of an earlier run."""
    issues = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    try:
        earlier = earlier_comment(f"{issues}/{number}/comments", mark)
        if earlier is None:
            ask("POST", f"{issues}/{number}/comments", {"body": text})
        else:
            ask("PATCH", f"{issues}/comments/{earlier}", {"body": text})
    except UNANSWERED as refused:
        print(f"::warning::the comment is in the summary only; the pull request does not take it: {refused}")


def pull_request():
    """The number of the pull request that started the job; None without one."""
    if not os.environ.get("GITHUB_EVENT_PATH"):
        return None
    with open(os.environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
        return (json.load(file).get("pull_request") or {}).get("number")


def main():
    folder = tempfile.mkdtemp(prefix="shatterproof-", dir=os.environ.get("RUNNER_TEMP") or None)
    code, comment, results = check(folder)
    if code not in READABLE:
        sys.exit(code)
    # The name of a network could end the mark; it is written as JSON without what a comment of HTML ends with.
    mark = f"<!-- shatterproof gate {json.dumps(os.environ['NETWORK']).replace('-', '_').replace('>', '_')} -->"
    with open(comment, encoding="utf-8") as file:
        text = f"{mark}\n{file.read()}"
    append("GITHUB_STEP_SUMMARY", text)
    append("GITHUB_OUTPUT", f"accepted={'true' if code == 0 else 'false'}\nresults={results}\ncomment={comment}")
    number = pull_request()
    if number is not None and os.environ.get("TOKEN"):
        tell_pull_request(number, mark, text)
    sys.exit(code)


main()
