# SPDX-License-Identifier: Apache-2.0
"""A text is changed where it is asked for, and its other lines are none of the edits."""

import ast

import pytest

from shatterproof.source_file import SourceFile, parsed
from shatterproof.source_text import Change, SourceText

SOURCE = """y = (
    first(
        x
    )
    + x
)
z = second(x)
"""


def text_of(source):
    return SourceText(SourceFile("own.py", source, True), parsed(source))


def call_of(text, name):
    return next(n for n in ast.walk(text.tree) if isinstance(n, ast.Call) and n.func.id == name)


@pytest.mark.parametrize(
    "words,lines",
    [({"before": "2 * "}, {2: "    2 * first("}), ({"after": " * 2"}, {4: "    ) * 2"})],
    ids=["before", "after"],
)
def test_only_lines_that_become_others_are_edits(words, lines):
    text = text_of(SOURCE)
    edits = text.edits([Change(call_of(text, "first"), **words)])
    assert {edit.line.number: edit.after for edit in edits} == lines


def test_an_expression_is_replaced_where_one_line_has_it():
    text = text_of(SOURCE)
    (edit,) = text.edits([Change(call_of(text, "second"), instead="third(x)")])
    assert (edit.line.number, edit.before, edit.after) == (7, "z = second(x)", "z = third(x)")
    assert text.edits([Change(call_of(text, "first"), instead="third(x)")]) == []


def test_what_would_say_something_else_is_not_written():
    text = text_of("y = a - b\n")
    assert text.edits([Change(text.tree.body[0].value, before="2 * ")]) == []
