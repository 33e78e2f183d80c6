# SPDX-License-Identifier: Apache-2.0
"""form_test.py PROGRAM: what `check --format` writes is what those read for whom it is made, whatever a file is called.

JUnit: the elements, attributes and counts that Jenkins' schema (junit-10) demands. SARIF: what the standard's schema demands of
the objects that are used here, and what GitHub asks for beyond it.
"""

import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

PROGRAM = sys.argv[1]
SICK = "feedforward:depth=30,width=40,norm=batch,input=40,output=10"
SUITE = {"name", "tests", "failures", "errors", "skipped", "timestamp"}
CASE = {"name", "classname"}
OUTCOMES = {"failure": {"type", "message"}, "skipped": {"message"}, "system-out": set()}


def form(word, network, *more):
    done = subprocess.run([PROGRAM, "check", network, "--seeds", "2", "--no-rehearsal", "--format", word, *more],
                          capture_output=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{network}: exit {done.returncode}\n{done.stderr.decode()}")
    return done.stdout, done.returncode


def expect(holds, what):
    if not holds:
        sys.exit(f"does not hold: {what}")


def check_junit(network, *more):
    text, code = form("junit", network, *more)
    root = xml.etree.ElementTree.fromstring(text)
    suites = list(root)
    expect(root.tag == "testsuites" and len(suites) == 1 and suites[0].tag == "testsuite", "one suite")
    suite = suites[0]
    expect(set(suite.attrib) == SUITE and suite.attrib["name"] == network, f"the suite's attributes: {suite.attrib}")
    cases = suite.findall("testcase")
    outcome = {case.attrib["name"]: [child.tag for child in case] for case in cases}
    expect(len(outcome) == len(cases), "names are unique")
    for case in cases:
        expect(set(case.attrib) == CASE, f"a case's attributes: {case.attrib}")
        for child in case:
            expect(set(child.attrib) == OUTCOMES[child.tag], f"{child.tag}: {child.attrib}")
    for tag, key in (("failure", "failures"), ("skipped", "skipped")):
        count = sum(tag in tags for tags in outcome.values())
        expect(suite.attrib[key] == str(count), f"{count} {key} are counted")
    expect(suite.attrib["tests"] == root.attrib["tests"] == str(len(cases)), "tests are counted")
    expect((code == 1) == (suite.attrib["failures"] != "0"), "the exit code is that of the failures")
    print(f"junit of {network!r}: {suite.attrib}")


def check_sarif(network, *more):
    text, code = form("sarif", network, *more)
    log = json.loads(text)
    expect(set(log) == {"$schema", "version", "runs"} and log["version"] == "2.1.0" and len(log["runs"]) == 1, "one run of 2.1.0")
    run = log["runs"][0]
    driver = run["tool"]["driver"]
    expect(driver["name"] == "shatterproof" and len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"]), "rules")
    for rule in driver["rules"]:
        expect(rule["shortDescription"]["text"] and rule["help"]["text"] and rule["help"]["markdown"], rule["id"])
    for result in run["results"]:
        expect(driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"], "the index is the rule's")
        expect(result["level"] in ("error", "warning", "note") and result["message"]["text"], "level and message")
        place = result["locations"][0]
        expect(("physicalLocation" in place) == network.endswith(".onnx"), "files have a place")
        if "physicalLocation" in place:
            address = place["physicalLocation"]["artifactLocation"]["uri"]
            expect(all(c.isalnum() or c in "-._~/%:" for c in address), f"an address: {address}")
    expect(run["invocations"][0]["exitCode"] == code, "the exit code is said")
    print(f"sarif of {network!r}: {len(run['results'])} results")


def main():
    expect(form("junit", SICK, "--fail-on", "watch")[1] == 1, "the sick one is refused")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        baseline = "baseline.jsonl"
        subprocess.run([PROGRAM, "check", SICK, "--seeds", "2", "--no-rehearsal", "--json", baseline], capture_output=True)
        hostile = "a <b> & \"c\" ]]> \u00e9 \x1b[1m `|`.onnx"
        subprocess.run([PROGRAM, "build", "feedforward:depth=3,width=8,input=4,output=2", "-o", "net.onnx"], check=True)
        os.rename("net.onnx", hostile)
        for more in ([], ["--fail-on", "watch"], ["--fail-on", "watch", "--ignore", "exploding,stuck"], ["--baseline", baseline]):
            check_junit(SICK, *more)
            check_sarif(SICK, *more)
        check_sarif(hostile, "--init", "he")
        text, _ = form("junit", hostile, "--init", "he")
        name = xml.etree.ElementTree.fromstring(text)[0].attrib["name"]
        expect(name == hostile.replace("\x1b", "\\x1b"), f"the file's name: {name!r}")
        written = "written.xml"
        text, _ = form("junit", SICK, "-o", written)
        with open(written, "rb") as file:
            root = xml.etree.ElementTree.fromstring(file.read())
        expect(root.tag == "testsuites" and text.startswith(b"network"), "the file has the form, standard output the verdict")


main()
