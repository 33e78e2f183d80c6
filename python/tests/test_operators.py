# SPDX-License-Identifier: Apache-2.0
"""A call is what it is, however its arguments are given."""

import pytest
import torch
import torch.nn.functional as F

from shatterproof.arguments import first_operand
from shatterproof.operators import operation_of, sources_of, written_by

X, Y = torch.randn(4, 5), torch.randn(4, 5)

#: Of calls about X how it is given.
GIVEN = {
    "place": ((X, 1), {}),
    "name": ((), {"input": X, "dim": 1}),
    "name behind others": ((), {"other": Y, "input": X}),
    "NumPy's name": ((), {"axis": 1, "x": X}),
    "list": (([X, Y],), {}),
    "beside what is written": ((), {"out": Y, "input": X}),
}


@pytest.mark.parametrize("way", GIVEN)
def test_a_call_is_about_its_first_tensor(way):
    assert first_operand(*GIVEN[way]) is X


def test_a_call_of_numbers_is_about_no_tensor():
    assert first_operand((3, 4), {"out": X}) is None


@pytest.mark.parametrize(
    "call,written",
    [
        ((torch.Tensor.add_, (X, Y), {}), X),
        ((F.relu, (), {"inplace": True, "input": X}), X),
        ((torch.cat, ([Y, Y],), {"out": X}), X),
        ((torch.zeros, (4, 5), {"out": X}), X),
        ((torch.add, (X, Y), {}), None),
    ],
    ids=["method", "name", "out of a list", "out of numbers", "nothing"],
)
def test_what_a_call_writes_into_is_known(call, written):
    assert written_by(*call) is written


@pytest.mark.parametrize("options", [{"dim": -1}, {"axis": -1}, {"dim": 0}, {"axis": 0}, {"dim": None}, {}])
@pytest.mark.parametrize("axes", [1, 2, 3, 4])
@pytest.mark.parametrize("function", [F.softmax, F.log_softmax, F.softmin])
def test_a_softmax_runs_along_the_axis_that_pytorch_takes(function, axes, options):
    x = torch.randn(2, 3, 4, 5)[(0,) * (4 - axes)]
    axis = operation_of(function, (x,), options).attributes["axis"]
    given = {"dim": options["axis"]} if "axis" in options else options
    torch.testing.assert_close(function(x, **given), function(x, dim=axis))


def test_operands_are_found_by_numpys_names():
    assert operation_of(torch.add, (), {"x1": X, "x2": Y}).operands == [X, Y]
    assert operation_of(torch.relu, (), {"a": X}).operands == [X]


@pytest.mark.parametrize(
    "call,bounds",
    [
        ((torch.clamp, (X, 1e-3, 1), {}), {"min": 1e-3, "max": 1.0}),
        ((torch.Tensor.clip, (X,), {"max": 2}), {"max": 2.0}),
        ((torch.Tensor.clamp_min_, (X, 1e-12), {}), {"min": 1e-12}),
        ((torch.clamp_max, (X,), {"max": 3}), {"max": 3.0}),
        ((F.hardtanh, (X, -2.0), {}), {"min": -2.0}),
        ((torch.clamp, (X, Y), {}), {}),
    ],
)
def test_bounds_that_are_numbers_are_known(call, bounds):
    assert operation_of(*call).attributes == bounds


def test_a_power_has_its_exponent():
    assert [operation_of(f, (X,), {}).operands[1].item() for f in (torch.square, torch.rsqrt)] == [2, -0.5]


@pytest.mark.parametrize("method", ["expand_as", "view_as", "reshape_as", "type_as"])
def test_what_only_says_a_shape_gives_no_numbers(method):
    assert sources_of(getattr(torch.Tensor, method), (X, Y), {}) == [X]
