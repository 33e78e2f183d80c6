# SPDX-License-Identifier: Apache-2.0
"""What is written says the names that its file has, and no others."""

import pytest
from written_files import DRAWS, IMPORTS, NORMS, RECTIFIERS, net

CALLED = "torch.relu(self.fc(x))"
ON_A_LINE = net(ran=f"return self.head({CALLED})")

#: Ways to import, a source and a remedy, and what must be among the lines; none: nothing may be written.
IMPORTED = {
    "class_alone": (
        "import torch\nfrom torch import nn as nn_\nfrom torch.nn import Linear, Module\n",
        ON_A_LINE.replace("nn.Module", "Module").replace("nn.Linear", "Linear"),
        NORMS,
        "self.fc = nn_.Sequential(Linear(24, 24), nn_.BatchNorm1d(24))",
    ),
    "class_and_no_more": (
        "import torch\nfrom torch.nn import Linear, Module\n",
        ON_A_LINE.replace("nn.Module", "Module").replace("nn.Linear", "Linear"),
        NORMS,
        "self.fc = torch.nn.Sequential(Linear(24, 24), torch.nn.BatchNorm1d(24))",
    ),
    "nothing_but_classes": (
        "from torch.nn import Linear, Module, ReLU\n",
        ON_A_LINE.replace("nn.Module", "Module").replace("nn.Linear", "Linear").replace("torch.relu", "ReLU()"),
        DRAWS,
        None,
    ),
    "other_name": (
        "import torch\nimport torch.nn as tn\n",
        ON_A_LINE.replace("nn.", "tn."),
        DRAWS,
        'tn.init.kaiming_normal_(module.weight, nonlinearity="relu")',
    ),
    "function_alone": (
        "from torch import nn, tanh\n",
        net(ran="return self.head(tanh(self.fc(x)))"),
        RECTIFIERS,
        None,
    ),
    "both_functions": (
        "from torch import nn, tanh, relu as rect\n",
        net(ran="return self.head(tanh(self.fc(x)))"),
        RECTIFIERS,
        "return self.head(rect(self.fc(x)))",
    ),
    "shadowed_by_a_local": (
        "import torch\nfrom torch import nn\n",
        net(ran=f"nn = F = None\nreturn self.head({CALLED})"),
        DRAWS,
        'torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")',
    ),
    "shadowed_in_the_file": (
        "import torch\nfrom torch import nn\n",
        net(ran=f"return self.head({CALLED})", more="def other(nn): return nn"),
        DRAWS,
        'torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")',
    ),
    "hidden_by_a_star": (
        "import torch\nfrom torch import nn\nfrom math import *\n",
        ON_A_LINE,
        DRAWS,
        None,
    ),
    "in_a_block": (
        "import torch\ntry:\n    from torch import nn\nexcept ImportError:\n    nn = None\n",
        ON_A_LINE,
        DRAWS,
        'torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")',
    ),
    "shadowed_and_no_other": (
        "from torch import nn\n",
        net(ran="return self.head(self.fc(x).relu())", more="def other(nn): return nn"),
        DRAWS,
        None,
    ),
    "imported_below": (
        "from torch.nn import Linear, Module\nclass nn: Linear, Module = Linear, Module\n",
        net(ran="return self.head(self.fc(x).relu())", more="import torch"),
        DRAWS,
        None,
    ),
    "name_that_is_taken": (
        IMPORTS,
        net("module = 1", f"return self.head({CALLED})"),
        DRAWS,
        "for layer in self.modules():",
    ),
}


@pytest.mark.parametrize("kind", IMPORTED)
def test_names_are_those_that_the_file_has(kind, written):
    imports, source, remedy, line = IMPORTED[kind]
    lines = written(source, imports).lines(remedy)
    assert line in lines if line is not None else lines == []
