# SPDX-License-Identifier: Apache-2.0
"""A line is rewritten only where it is certain that the new one says what the remedy does, and nothing else."""

import sys

import pytest
from written_files import DRAWS, FIRST, HALVES, IMAGES, LAST, NORMS, RECTIFIERS, SCALES, SLOPES, X, net, sequential

import shatterproof as sp
from shatterproof.edits import edits_of

#: Of each kind of what must not be written: a source and a remedy.
REFUSED = {
    "rectifiers_alone": (sequential(FIRST, "nn.ReLU()", LAST), RECTIFIERS),
    "slope_of_a_function": (net(ran="return self.head(F.relu(self.fc(x)))"), SLOPES),
    "slope_for_others": (sequential(FIRST, "nn.Tanh()", LAST), SLOPES),
    "inplace": (net(ran="return self.head(F.elu(self.fc(x), inplace=True))"), RECTIFIERS),
    "slope": (net(ran="return self.head(F.leaky_relu(self.fc(x), 0.3))"), RECTIFIERS),
    "alpha": (sequential(FIRST, "nn.ELU(alpha=0.5)", LAST), RECTIFIERS),
    "alias_of_activation": (
        net(ran="return self.head(act(self.fc(x)))", more="act = torch.tanh"),
        RECTIFIERS,
    ),
    "device": (sequential("nn.Linear(24, 24, device='cpu')", "nn.Tanh()", LAST), NORMS),
    "dtype": (sequential("nn.Linear(24, 24, dtype=torch.float32)", "nn.Tanh()", LAST), NORMS),
    "options": (sequential("nn.Linear(24, 24, **{'bias': False})", "nn.Tanh()", LAST), NORMS),
    "size_that_is_called": (sequential("nn.Linear(24, int(24))", "nn.Tanh()", LAST), NORMS),
    "sum_with_alpha": (net(ran="return self.head(torch.add(x, self.fc(x), alpha=2 + 1))"), HALVES),
    "norm_in_the_branch": (
        net(ran="return self.head(x + self.fc(torch.relu(self.fc(x))))"),
        {**HALVES, "scheme": "batch"},
    ),
    "some_layers": (sequential(FIRST, "nn.Tanh()", LAST), {**DRAWS, "layers": [1, 1]}),
    "gate": (net(ran="return self.head(self.fc(x) * torch.sigmoid(self.fc(x)))"), RECTIFIERS),
    "swish_written_out": (net(ran="y = self.fc(x)\nreturn self.head(y * torch.sigmoid(y))"), RECTIFIERS),
    "output_behind_a_squeeze": (
        net(ran="return torch.sigmoid(self.head(torch.tanh(self.fc(x)))).squeeze(0)"),
        RECTIFIERS,
    ),
    "line_of_inner_and_output": (
        net(ran="for layer in (self.fc, self.head):\n    x = torch.tanh(layer(x))\nreturn x"),
        RECTIFIERS,
    ),
    "one_module_for_inner_and_output": (
        net("self.act = nn.Tanh()", "return self.act(self.head(self.act(self.fc(x))))"),
        RECTIFIERS,
    ),
    "asked_for_by_its_kind": (
        sequential(FIRST, "nn.Tanh()", LAST, more="self.count = sum(isinstance(m, nn.Tanh) for m in self.net)"),
        RECTIFIERS,
    ),
    "layer_read_twice": (net(ran="y = self.fc(x)\nreturn self.head(y + torch.relu(y))"), NORMS),
    "layer_used_by_number": (sequential(FIRST, "nn.ReLU()", LAST, more="nn.init.zeros_(self.net[2].weight)"), NORMS),
    "layer_used_by_name": (net("nn.init.zeros_(self.fc.bias)", "return self.head(torch.relu(self.fc(x)))"), NORMS),
    "sweeping": (
        sequential(FIRST, "nn.ReLU()", LAST, more="for p in self.parameters(): nn.init.normal_(p, 0, 0.2)"),
        NORMS,
    ),
    "half_norms": (
        net(
            """
            self.a = block(24)
            self.b = nn.Sequential(nn.Linear(24, 24), nn.ReLU())
            """,
            "return self.head(self.b(self.a(x)))",
            "def block(n): return nn.Sequential(nn.Linear(n, n), nn.ReLU())",
        ),
        NORMS,
    ),
    "rows_taken_off": (
        net(
            """
            layers = []
            for _ in range(3):
                layers += [nn.Linear(24, 24), nn.ReLU()]
            layers.pop()
            self.net = nn.Sequential(*layers)
            """,
            "return self.head(self.net(x))",
        ),
        NORMS,
    ),
    "erf": (net(ran="return self.head(torch.erf(self.fc(torch.relu(self.fc(x)))))"), NORMS),
    "call_that_adds": (net(ran="return self.head(x.add(self.fc(torch.relu(self.fc(x))) * (1 + 1)))"), HALVES),
    "branch_that_is_the_target": (
        net(ran="y = self.fc(torch.relu(self.fc(x)))\ny += x\nreturn self.head(y)"),
        HALVES,
    ),
    "one_of_two_sums_is_none": (
        net(
            ran="y = plus(self.fc(x), self.fc(torch.tanh(x)))\nreturn self.head(plus(x, self.fc(torch.relu(y))))",
            more="def plus(a, b): return a + b",
        ),
        HALVES,
    ),
    "early_return": (net("if self.training:\n    return", "return self.head(torch.relu(self.fc(x)))"), DRAWS),
    "one_line": ("\nclass Net(nn.Sequential):\n    def __init__(self): super().__init__(nn.Linear(24, 4))\n", SCALES),
    "lazy": (net("self.fc = nn.LazyLinear(24)", "return self.head(torch.relu(self.fc(x)))"), DRAWS),
    "made_in_forward": (
        net(
            "",
            "if not hasattr(self, 'other'): setattr(self, 'other', nn.Linear(24, 24))\n"
            "return self.head(torch.relu(self.other(self.fc(x))))",
        ),
        DRAWS,
    ),
    "added_by_a_made_up_name": (
        net(
            "self.add_module('fc-2', nn.Linear(4, 4))",
            "return getattr(self, 'fc-2')(self.head(torch.relu(self.fc(x))))",
        ),
        SCALES,
    ),
    "weight_norm": (
        net("self.head = nn.utils.weight_norm(self.head)", "return self.head(torch.relu(self.fc(x)))"),
        SCALES,
    ),
    "weight_norm_drawn": (
        net("self.head = nn.utils.weight_norm(self.head)", "return self.head(torch.relu(self.fc(x)))"),
        DRAWS,
    ),
    "parametrized": (
        net(
            "from torch.nn.utils import parametrizations\nparametrizations.spectral_norm(self.head)",
            "return self.head(torch.relu(self.fc(x)))",
        ),
        SCALES,
    ),
    "tied": (
        net(
            "self.two = nn.Linear(24, 24)\nself.two.weight = self.fc.weight",
            "return self.head(self.two(torch.relu(self.fc(x))))",
        ),
        DRAWS,
    ),
    "frozen": (net("self.fc.weight.requires_grad_(False)", "return self.head(torch.relu(self.fc(x)))"), DRAWS),
    "unused_layers": (net("self.aside = nn.Linear(3, 3)", "return self.head(torch.relu(self.fc(x)))"), DRAWS),
    "own_class_of_that_name": (
        net("self.fc = Linear(24, 24)", "return self.head(torch.relu(self.fc(x)))", "class Linear(nn.Linear): pass"),
        DRAWS,
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_certain_is_not_written(kind, written):
    source, remedy = REFUSED[kind]
    assert written(source).lines(remedy) == []


BODY = "self.fc(torch.relu(self.fc(x)))"

#: Sums as they are written, and as they are with half of their branch.
SUMS = {
    f"return self.head(x + {BODY})": f"return self.head(x + 0.5 * {BODY})",
    f"return self.head({BODY} + x)": f"return self.head(0.5 * {BODY} + x)",
    f"return self.head(x + -{BODY})": f"return self.head(x + 0.5 * (-{BODY}))",
    f"return self.head(x + {BODY} * 2)": f"return self.head(x + 0.5 * ({BODY} * 2))",
    f"return self.head(x + ({BODY} if c else x))": f"return self.head(x + (0.5 * ({BODY} if c else x)))",
    f"return self.head(x + {BODY} if c else x)": f"return self.head(x + 0.5 * {BODY} if c else x)",
    f"return self.head(x + (y := {BODY}))": f"return self.head(x + (0.5 * (y := {BODY})))",
    f"return self.head(x + (c and {BODY}))": f"return self.head(x + (0.5 * (c and {BODY})))",
    "return self.head(x + (lambda z: self.fc(z))(torch.relu(self.fc(x))))": (
        "return self.head(x + 0.5 * (lambda z: self.fc(z))(torch.relu(self.fc(x))))"
    ),
    f"x += {BODY}; return self.head(x)": f"x += 0.5 * {BODY}; return self.head(x)",
    f"x += {BODY} if c else x; return self.head(x)": f"x += 0.5 * ({BODY} if c else x); return self.head(x)",
    f"x = x + {BODY}; y = x + {BODY}; return self.head(y)": (
        f"x = x + 0.5 * {BODY}; y = x + 0.5 * {BODY}; return self.head(y)"
    ),
    f"return self.head('ä' and x + {BODY})  # x + ä": f"return self.head('ä' and x + 0.5 * {BODY})  # x + ä",
    f"return self.head(x + ({BODY} - self.fc(torch.relu(self.head.bias.sum() * x))))": (
        f"return self.head(x + (0.5 * ({BODY} - self.fc(torch.relu(self.head.bias.sum() * x)))))"
    ),
    f"return self.head(x + {BODY} + 1 * 0)": f"return self.head(x + 0.5 * {BODY} + 1 * 0)",
}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="before 3.11 Python keeps no columns of what it runs")
@pytest.mark.parametrize("line", SUMS)
def test_a_branch_is_scaled_as_a_whole_and_nothing_else(line, written):
    assert written(net(ran="c = True\n" + line)).lines(HALVES) == [SUMS[line]]


CALLED = "torch.relu(self.fc(x))"

#: Sources, a remedy and the first line that it has become: the nearest ones to what is refused.
WRITTEN = {
    "function": (net(ran="return self.head(F.elu(self.fc(x)))"), RECTIFIERS, "return self.head(F.relu(self.fc(x)))"),
    "silu": (net(ran="return self.head(F.silu(self.fc(x)))"), RECTIFIERS, "return self.head(F.relu(self.fc(x)))"),
    "method": (net(ran="return self.head(self.fc(x).tanh())"), RECTIFIERS, "return self.head(self.fc(x).relu())"),
    "module": (
        sequential(FIRST, "nn.ELU()", LAST),
        RECTIFIERS,
        "self.net = nn.Sequential(nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 4))",
    ),
    "slope_in_place": (
        sequential(FIRST, "nn.ReLU(inplace=True)", LAST),
        SLOPES,
        "self.net = nn.Sequential(nn.Linear(24, 24), nn.PReLU(), nn.Linear(24, 4))",
    ),
    "inner_one_of_two": (
        sequential(FIRST, "nn.Tanh()", LAST, "nn.Tanh()"),
        RECTIFIERS,
        "self.net = nn.Sequential(nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 4), nn.Tanh())",
    ),
    "one_module": (
        net("self.act = nn.Tanh()", "return self.head(self.act(self.fc(self.act(self.fc(x)))))"),
        RECTIFIERS,
        "self.act = nn.ReLU()",
    ),
    "output_kept": (
        net(ran="return torch.sigmoid(self.head(torch.tanh(self.fc(x))))"),
        RECTIFIERS,
        "return torch.sigmoid(self.head(torch.relu(self.fc(x))))",
    ),
    "without_bias": (
        sequential("nn.Linear(24, 24, bias=False)", "nn.Tanh()", LAST),
        NORMS,
        "self.net = nn.Sequential(nn.Linear(24, 24, bias=False), nn.BatchNorm1d(24), nn.Tanh(), nn.Linear(24, 4))",
    ),
    "around": (
        net(ran=f"return self.head({CALLED})"),
        NORMS,
        "self.fc = nn.Sequential(nn.Linear(24, 24), nn.BatchNorm1d(24))",
    ),
    "list": (
        net(
            "self.layers = nn.ModuleList(nn.Linear(24, 24) for _ in range(3))",
            "for i, layer in enumerate(self.layers):\n    x = torch.relu(layer(x))\nreturn self.head(x)",
        ),
        NORMS,
        "self.layers = nn.ModuleList(nn.Sequential(nn.Linear(24, 24), nn.BatchNorm1d(24)) for _ in range(3))",
    ),
    "appended": (
        net(
            """
            layers = []
            for _ in range(3):
                layers.append(nn.Linear(24, 24))  # a layer
                layers.append(nn.ReLU())
            self.net = nn.Sequential(*layers)
            """,
            "return self.head(self.net(x))",
        ),
        NORMS,
        "layers.append(nn.Linear(24, 24))  # a layer",
    ),
    "drawn": (net(ran=f"return self.head({CALLED})"), DRAWS, "self.head = nn.Linear(24, 4)"),
    "scaled": (net(ran=f"return self.head({CALLED})"), SCALES, "self.head = nn.Linear(24, 4)"),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_is_certain_is_written(kind, written):
    source, remedy, line = WRITTEN[kind]
    assert line in written(source).lines(remedy)


def test_a_norm_is_appended_behind_its_layer(written):
    assert "layers.append(nn.BatchNorm1d(24))" in written(WRITTEN["appended"][0]).lines(NORMS)


@pytest.mark.parametrize("remedy", [DRAWS, SCALES], ids=["drawn", "scaled"])
@pytest.mark.parametrize("is_trained", [True, False])
def test_numbers_that_a_training_has_moved_are_not_written_where_a_model_is_made(is_trained, remedy, written):
    model = written(WRITTEN["drawn"][0]).module.Net()
    report = sp.check(model, X, trained=is_trained, rehearsal_seconds=0)
    assert report.is_trained == is_trained and (edits_of(report, remedy) == []) == is_trained


PICTURES = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(216, 24), nn.ReLU(), LAST)

    def forward(self, x):
        return self.net(x)
""".replace("LAST", LAST)


def test_each_layer_gets_the_norm_of_its_rank(written):
    (line,) = written(PICTURES).lines(NORMS, IMAGES)
    assert "nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU()" in line
    assert "nn.Linear(216, 24), nn.BatchNorm1d(24), nn.ReLU()" in line
    assert written(PICTURES).lines({**NORMS, "scheme": "layer"}, IMAGES) == []
