# SPDX-License-Identifier: Apache-2.0
"""The graph of a pass is what the model did."""

import models
import pytest
import torch
from torch import nn

from shatterproof.examples import Examples
from shatterproof.live_model import LiveModel, checked_model
from shatterproof.untouched import untouched


def graph_of(model, batch):
    model = checked_model(model)
    with untouched(model) as weights:
        return LiveModel(model, Examples(model, batch), weights, set()).graph


def operators(graph):
    return [node.op for node in graph.nodes]


class OneLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)


def test_a_functional_residual_block_is_a_sum_of_what_it_skips():
    graph = graph_of(models.InPlace(), torch.randn(4, 8))
    assert operators(graph) == ["Mul", "Gemm", "Add", "Relu", "Gemm"]
    mul, gemm, add, relu, _ = graph.nodes
    assert add.inputs == [gemm.outputs[0], mul.outputs[0]]
    assert relu.inputs == add.outputs


def test_weights_are_named_as_the_module_names_them():
    graph = graph_of(models.Mlp(depth=2), torch.randn(4, 16))
    assert [n.inputs[1] for n in graph.nodes if n.op == "Gemm"] == [
        "layers.0.weight",
        "layers.1.weight",
        "head.weight",
    ]


def test_tied_weights_are_one_parameter():
    graph = graph_of(models.Tied(), {"tokens": torch.randint(0, 9, (4, 5))})
    assert graph.nodes[0].inputs == ["embedding.weight", "tokens"]
    assert graph.nodes[-1].inputs[1] == "embedding.weight"


def test_a_recurrent_network_is_a_node_for_each_layer():
    graph = graph_of(models.Recurrent("GRU"), torch.randint(0, 9, (4, 5)))
    assert operators(graph) == ["Gather", "GRU", "GRU", "Slice", "Gemm"]
    assert graph.nodes[2].inputs[:3] == [graph.nodes[1].outputs[0], "rnn.weight_ih_l1", "rnn.weight_hh_l1"]


def test_what_no_table_knows_is_opaque_and_named():
    graph = graph_of(models.Unknown(), torch.randn(4, 8))
    assert graph.unknown_functions() == {"doubled": 1, "special_i0": 1}
    assert operators(graph) == ["Gemm", "Opaque", "Mul", "Opaque"]


def test_what_is_computed_of_weights_is_a_weight():
    class Standardized(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(8, 8))

        def forward(self, x):
            w = self.weight - self.weight.mean(1, keepdim=True)
            return x @ (w / w.std()).t()

    (node,) = graph_of(Standardized(), torch.randn(4, 8)).nodes
    assert node.op == "MatMul" and node.inputs[1] == "weight"


def test_a_part_of_a_weight_is_no_other_shape_of_the_whole():
    class Parts(nn.Module):
        def __init__(self):
            super().__init__()
            self.both, self.token = nn.Parameter(torch.randn(16, 8)), nn.Parameter(torch.randn(1, 8))

        def forward(self, x):
            first, second = self.both.chunk(2)
            x = torch.cat([x, self.token.expand(len(x), -1)], 1)[:, :8]
            return nn.functional.linear(nn.functional.linear(x, first), second)

    model = Parts()
    graph = graph_of(model, torch.randn(4, 8))
    for name, parameter in model.named_parameters():
        assert graph.parameters[name].shape == parameter.shape
    first, second = (n.inputs[1] for n in graph.nodes if n.op == "Gemm")
    assert first != second and first.startswith("both as [8, 8]") and second.startswith("both as [8, 8]")


class RMSNorm(nn.Module):
    """Scales what it is given before it asks for its size."""

    def __init__(self, is_gain_first):
        super().__init__()
        self.gain, self.is_gain_first = nn.Parameter(torch.ones(8)), is_gain_first

    def forward(self, x):
        scaled = self.gain * x if self.is_gain_first else x * self.gain
        return scaled / x.std(-1, keepdim=True)


def test_a_norm_written_out_is_one_where_its_first_call_is_about_what_enters():
    assert operators(graph_of(RMSNorm(False), torch.randn(4, 8))) == ["LayerNormalization"]
    assert operators(graph_of(RMSNorm(True), torch.randn(4, 8))) == ["Mul", "ReduceMean", "Div"]


def test_dataclasses_and_several_inputs_are_gone_through():
    graph = graph_of(models.TwoInputs(), (models.Pair(torch.randn(4, 5), torch.randn(4, 4)),))
    assert list(graph.inputs) == ["pair.first", "pair.second"]
    assert len(graph.outputs) == 2


def test_checkpointed_functions_are_seen():
    from torch.utils.checkpoint import checkpoint

    class Checkpointed(OneLayer):
        def forward(self, x):
            return checkpoint(lambda y: torch.relu(self.fc(y)), x, use_reentrant=True)

    assert operators(graph_of(Checkpointed(), torch.randn(4, 8))) == ["Gemm", "Relu"]


def test_attention_joins_queries_keys_and_values():
    graph = graph_of(models.Attention(), torch.randn(4, 5, 8))
    linear = [n.inputs[1] for n in graph.nodes if n.op == "Gemm"]
    assert linear == ["attention.in_proj_weight", "attention.out_proj.weight", "up.weight", "down.weight"]
    assert graph.unknown_functions() == {}


@pytest.mark.skipif(not hasattr(torch, "compile"), reason="this PyTorch does not compile")
def test_a_compiled_module_is_looked_through():
    graph = graph_of(torch.compile(models.Mlp(depth=2)), torch.randn(4, 16))
    assert operators(graph) == ["Gemm", "Relu", "Gemm", "Relu", "Gemm"]


def test_autocast_is_followed():
    class Cast(OneLayer):
        def forward(self, x):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return torch.relu(self.fc(x)).float()

    assert operators(graph_of(Cast(), torch.randn(4, 8)))[:2] == ["Gemm", "Relu"]


def test_a_layer_made_in_the_pass_is_seen():
    class Making(OneLayer):
        def forward(self, x):
            return nn.Linear(8, 3)(torch.relu(self.fc(x)))

    assert operators(graph_of(Making(), torch.randn(4, 8))) == ["Gemm", "Relu", "Gemm"]


@pytest.mark.parametrize("draw", [nn.init.kaiming_uniform_, nn.init.kaiming_normal_, nn.init.normal_, nn.init.uniform_])
def test_weights_that_a_pass_draws_are_put_back(draw):
    class Drawing(nn.Linear):
        def forward(self, x):
            draw(self.weight)
            return super().forward(x)

    model = Drawing(8, 3)
    before = model.weight.detach().clone()
    assert operators(graph_of(model, torch.randn(4, 8))) == ["Gemm"]
    assert torch.equal(model.weight, before)
