# SPDX-License-Identifier: Apache-2.0
"""A patch applies byte for byte to the file that ran, or there is none."""

import subprocess

import pytest
from written_files import DRAWS, HALVES, NORMS, net

from shatterproof.edits import edits_of
from shatterproof.report import Report

BODY = "self.fc(torch.relu(self.fc(x)))"
SOURCE = net(ran=f"return self.head(x + {BODY})")
IMPORTS = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
WHOLE = IMPORTS + SOURCE


def with_finding(report, remedy):
    """The report with a finding that has this one remedy."""
    found = Report("", None)
    found.records = [*report.records, {"kind": "finding", "id": "made", "severity": "watch", "remedies": [remedy]}]
    found.graph = report.graph
    return found


def patched(file, remedy, root):
    """The bytes of a file after ``patch -p1`` with the patch of a report; ``None`` where it has none."""
    patch = with_finding(file.report(), remedy).patch(root)
    if not patch:
        return None
    done = subprocess.run(["patch", "-p1", "--fuzz=0"], input=patch.encode(), cwd=root, capture_output=True)
    assert done.returncode == 0 and b"offset" not in done.stdout, done.stdout + done.stderr + patch.encode()
    return file.file.read_bytes()


RAW = {
    "plain": WHOLE.encode(),
    "carriage_returns": WHOLE.replace("\n", "\r\n").encode(),
    "both_ends_of_lines": WHOLE.replace("\n", "\r\n", 4).encode(),
    "without_end": WHOLE.rstrip("\n").encode(),
    "umlauts": (WHOLE + "# grüß ∂ 🜂\n").encode(),
    "form_feed": WHOLE.replace("class Net", "\x0c\nclass Net").encode(),
    "separators": (WHOLE + "# a\u2028b\x85c\x0bd\n").encode(),
    "tabs": WHOLE.replace("        ", "\t\t").replace("    ", "\t").encode(),
    "utf_8_said": ("# -*- coding: utf-8 -*-\n" + WHOLE).encode(),
}


@pytest.mark.parametrize("remedy", [HALVES, DRAWS], ids=["line", "lines"])
@pytest.mark.parametrize("kind", RAW)
def test_a_patch_changes_no_other_byte(kind, remedy, written, tmp_path):
    file = written("", raw=RAW[kind])
    before = RAW[kind]
    after = patched(file, remedy, tmp_path)
    if remedy is HALVES:
        assert after == before.replace(b"x + self", b"x + 0.5 * self")
    else:
        end = b"\r\n" if b"\r\n" in before.split(b"self.head =")[1].split(b"4)")[1][:2] else b"\n"
        lines = [line for line in after.split(end) if line not in before.split(end)]
        assert [line.strip() for line in lines] == [
            b"for module in self.modules():",
            b"if isinstance(module, nn.Linear):",
            b'nn.init.kaiming_normal_(module.weight, nonlinearity="relu")',
            b"nn.init.zeros_(module.bias)",
        ]
        for line in lines:
            after = after.replace(line + end, b"")
        assert after == before
        compile(file.file.read_bytes(), "patched", "exec")


OTHER_BYTES = {
    "latin_1": b"# -*- coding: latin-1 -*-\n# gr\xfc\xdf\n" + WHOLE.encode(),
    "byte_order_mark": b"\xef\xbb\xbf" + WHOLE.encode(),
    "carriage_returns_alone": WHOLE.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("kind", OTHER_BYTES)
def test_bytes_that_a_patch_may_not_carry_are_left_alone(kind, written, tmp_path):
    file = written("", raw=OTHER_BYTES[kind])
    assert file.edits(HALVES) == [] and patched(file, HALVES, tmp_path) is None


@pytest.mark.parametrize("remedy", [HALVES, DRAWS], ids=["line", "lines"])
@pytest.mark.parametrize("change", ["line_above", "number", "same_length", "gone"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_file_that_has_changed_is_left_alone(change, when, remedy, written):
    file = written(SOURCE, IMPORTS)
    others = {
        "line_above": WHOLE.replace("class Net", "\nclass Net"),
        "number": WHOLE.replace("nn.Linear(24, 4)", "nn.Linear(24, 16)").replace("x + self", "x - self"),
        "same_length": WHOLE.replace("24, 4)", "24, 5)").replace("x + self", "x - self"),
        "gone": "",
    }
    report = file.report() if when == "after" else None
    file.file.write_text(others[change])
    assert edits_of(report or file.report(), remedy) == []


def test_a_change_elsewhere_in_the_file_since_it_was_imported_is_none_of_the_line(written, tmp_path):
    file = written(SOURCE, IMPORTS)
    file.file.write_text(WHOLE + "\nOTHER = 1\n")
    assert patched(file, HALVES, tmp_path).endswith(b"\nOTHER = 1\n")


@pytest.mark.parametrize("name", ["with blank", "täglich", "plain"])
def test_a_folder_is_named_so_that_patch_finds_it(name, written, tmp_path):
    folder = tmp_path / name
    folder.mkdir()
    assert b"0.5 * " in patched(written(SOURCE, IMPORTS, folder=folder), HALVES, tmp_path)


@pytest.mark.parametrize("name", ["with\ttab", 'with"quote', "with\\slash", "with\nnewline"])
def test_a_name_that_patch_would_misread_is_not_written(name, written, tmp_path):
    folder = tmp_path / name
    folder.mkdir()
    assert patched(written(SOURCE, IMPORTS, folder=folder), HALVES, tmp_path) is None


def test_a_file_outside_the_root_is_not_written(written, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    assert patched(written(SOURCE, IMPORTS), HALVES, inner) is None


def test_a_linked_folder_is_patched_where_it_is(written, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert b"0.5 * " in patched(written(SOURCE, IMPORTS, folder=tmp_path / "link"), HALVES, tmp_path)


#: Functions and classes as they are set: which lines are written, and none where there is no room.
SET = {
    "one_line_function": (
        net(ran="", more="").replace("def forward(self, x):", f"def forward(self, x): return self.head(x + {BODY})"),
        HALVES,
        [f"def forward(self, x): return self.head(x + 0.5 * {BODY})"],
    ),
    "one_line_maker": (
        "class Net(nn.Module):\n    def __init__(self): super().__init__(); self.fc = nn.Linear(24, 24)\n"
        "    def forward(self, x): return self.fc(torch.relu(self.fc(x)))\n",
        DRAWS,
        [],
    ),
    "semicolon": (net("self.a = 1; self.b = 2", f"return self.head({BODY})"), DRAWS, []),
    "several_lines": (
        net(ran=f"return self.head(\n    x  # the skip + more\n    + {BODY}  # the branch\n)"),
        HALVES,
        [f"+ 0.5 * {BODY}  # the branch"],
    ),
    "continued": (net(ran=f"y = x + \\\n    {BODY}\nreturn self.head(y)"), HALVES, [f"0.5 * {BODY}"]),
    "branch_over_lines": (
        net(ran="return self.head(x + self.fc(\n    torch.relu(self.fc(x))\n))"),
        HALVES,
        ["return self.head(x + 0.5 * self.fc("],
    ),
    "comment_behind": (
        net(
            "self.last = nn.Linear(24, 24)  # the last; self.more",
            "return self.head(self.last(torch.tanh(self.fc(x))))",
        ),
        NORMS,
        ["self.fc = nn.Sequential(nn.Linear(24, 24), nn.BatchNorm1d(24))"],
    ),
    "layers_over_lines": (
        net(
            "self.net = nn.Sequential(\n    nn.Linear(24, 24),  # first\n    nn.Tanh(),\n    nn.Linear(24, 24),\n)",
            "return self.head(self.net(x))",
        ),
        NORMS,
        ["nn.Linear(24, 24), nn.BatchNorm1d(24),  # first"],
    ),
    "lambda": (net(ran=f"add = lambda a, b: a + b\nreturn self.head(add(x, {BODY}))"), HALVES, []),
    "function_of_its_own": (
        net(ran=f"return self.head(add(x, {BODY}))", more="def add(a, b):\n    return a + b"),
        HALVES,
        [],
    ),
}


@pytest.mark.parametrize("kind", SET)
def test_lines_are_written_however_they_are_set(kind, written):
    source, remedy, expected = SET[kind]
    lines = written(source, IMPORTS).lines(remedy)
    assert (set(expected) <= set(lines)) if expected else lines == []


def test_what_breaks_while_a_line_is_written_takes_no_report_with_it(written, monkeypatch):
    def breaks(*_):
        raise RecursionError("deep")

    monkeypatch.setattr("shatterproof.branches._residual_sums", breaks)
    report = with_finding(written(SOURCE, IMPORTS).report(), HALVES)
    assert report.patch() == "" and "WATCH" in str(report)
