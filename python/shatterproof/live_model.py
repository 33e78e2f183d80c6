# SPDX-License-Identifier: Apache-2.0
"""A module and the batch it is called with, ready to be run and looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from . import _native
from .examples import Examples, mapped, outputs_of
from .graph import Graph
from .live_pass import Kept, LivePass, Site
from .loss_input import loss_input
from .own_loss import Loss, LossOfPass, Returned
from .parameters import written_into
from .recognition import recognized
from .rewriting import NodeRecord, Rewriting
from .sources import held_as
from .spectral_norms import ITERATIONS, has_spectral_norms, settle_spectral_norms
from .substitutes import BatchStatistics
from .tracer import Tracer
from .trainee import FEW, Trainee
from .unregistered import remark_on, unregistered
from .untouched import SEED_OF_PASSES, Untouched


def _unwrapped(model: Any) -> Any:
    """The module within what ``torch.compile``, ``DataParallel`` and their kin wrap around it."""
    while True:
        inner: Any = getattr(model, "_orig_mod", None)
        if inner is None and type(model).__name__ in ("DataParallel", "DistributedDataParallel"):
            inner = getattr(model, "module", None)
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def checked_model(model: Any) -> nn.Module:
    """The module to look at.

    Raises
    ------
    TypeError
        When it is no module, or one whose functions cannot be followed.
    ValueError
        When its parameters cannot be differentiated through.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: must be a torch.nn.Module; got {type(model).__name__}")
    model = _unwrapped(model)
    if isinstance(model, torch.jit.ScriptModule):
        raise TypeError("model: must be the module itself, which can be followed; got what torch.jit made of it")
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if tensor.is_inference():
            raise ValueError(f"model: must be made outside torch.inference_mode(); got '{name}' from within")
        if tensor.device.type == "meta":
            raise ValueError(f"model: must have its weights; got '{name}' on the meta device")
    module: nn.Module = model
    return module


class LiveModel:
    """A module with the graph of its pass over a batch.

    Parameters
    ----------
    model
        What ``checked_model`` returned, within ``untouched``.
    examples
        What it is called with.
    weights
        What ``untouched`` gave.
    loss
        A function of the model's result and the labels that replaces cross entropy.
    rewriting
        What makes its passes those of another graph.
    """

    def __init__(
        self,
        model: nn.Module,
        examples: Examples,
        weights: Untouched,
        trainable: set[str],
        loss: Loss | None = None,
        rewriting: Rewriting | None = None,
    ) -> None:
        self.model, self.examples, self.loss, self.rewriting = model, examples, loss, rewriting
        self.trainable = trainable
        self._weights = weights
        self.called: list[str] = []
        self.dropouts: list[tuple[float, str]] = []
        self.sites: dict[int, list[Site]] = {}
        self.first_calls: set[int] = set()
        self.input_taps: dict[str, int] = {}
        self.end_taps: dict[str, int] = {}
        self.final_softmaxes: set[int] = set()
        self.keeps: dict[int, int] = {}
        self._kept: dict[int, Kept] = {}
        self._dependent_outputs: list[int] = []
        self._traced_result: Any = None
        self._returned: Returned | None = None
        self._end_calls: list[int | None] = []
        self._held_statistics = BatchStatistics("detached")
        self.settled = self.settle()
        self.of_modes = ""  # what whoever has seen the modules' modes says of them: here all are in eval mode
        self._of_weights = ""
        self.graph = self._traced(trainable)

    @property
    def remarks(self) -> list[str]:
        """What is to be said beside the results."""
        return [*self.settled, *(remark for remark in (self.of_modes, self._of_weights) if remark)]

    def heaviest_dropout(self) -> tuple[float, str] | None:
        """Which part is dropped where most is, and where that is; called by the library."""
        return max(self.dropouts, key=lambda one: one[0], default=None)

    def keep_weights(self) -> None:
        """Before somebody writes into the parameters: ``untouched`` writes back what is in them now."""
        self._weights.keep_all()

    def settle(self) -> list[str]:
        """Gives weights that no pass has run the spectral norms of training; what is to be said of that."""
        if not has_spectral_norms(self.model):
            return []
        with self._weights.beginning():
            settled = settle_spectral_norms(self.model)
        remark = f"spectral norms that no pass had estimated yet: as after {ITERATIONS} power iterations"
        return [remark] if settled else []

    def set_parameters(self, values: Mapping[str, Tensor]) -> bool:
        """Writes other numbers into parameters, and says whether all are the model's own; called by the library."""
        self.keep_weights()
        left = written_into(self.model, values)
        self.settle()
        return not left

    def rewritten(
        self,
        nodes: Sequence[NodeRecord],
        outputs: Sequence[str],
        parameters: Mapping[str, Tensor],
        trainable: Sequence[str],
    ) -> LiveModel | None:
        """The same model run as another graph, or ``None`` where it cannot be; called by the library."""
        if self.rewriting is not None:
            return None
        try:
            plan = Rewriting(self.graph, self.called, nodes, outputs, parameters, trainable)
            all_trainable = self.trainable | plan.trainable
            return LiveModel(self.model, self.examples, self._weights, all_trainable, self.loss, plan)
        except Exception:  # whatever the model's code does with other values: no verdict is lost to it
            return None

    def _traced(self, trainable: set[str]) -> Graph:
        tracer, result = self._recorded(self.examples.tensors)
        tracer.require_rewritten()
        outputs = list(outputs_of(result, self.examples.count).values())
        self._dependent_outputs = [i for i, output in enumerate(outputs) if tracer.depends_on_input(output)]
        if not self._dependent_outputs:
            raise ValueError(self._what_is_cut(outputs))
        dependent = [outputs[i] for i in self._dependent_outputs]
        self._traced_result = mapped(result, lambda _, tensor: tensor.detach()) if self.loss is not None else None
        graph = tracer.graph(dependent, self.model, trainable)
        if self.rewriting is None:  # whoever asks for another graph is not the user
            graph.held = held_as(self.model, tracer.run)
            graph.texts = tracer.run.texts
            others = unregistered(self.model, dependent)
            self._weights.freeze_others(others)
            self._of_weights = remark_on(tracer.as_read(others))
        self.called, self.dropouts = tracer.called, tracer.dropouts
        makers = {value: node for node in graph.nodes for value in node.outputs}
        ends = [makers.get(value) for value in graph.outputs]
        self._end_calls = [n.call if n is not None and n.is_choice else None for n in ends]
        self.final_softmaxes = {call for call in self._end_calls if call is not None}
        return recognized(graph, self.model)

    def _recorded(self, tensors: Mapping[str, Tensor]) -> tuple[Tracer, Any]:
        """A pass that is followed, and what it returned."""
        starts = {name: t.detach().requires_grad_(t.is_floating_point()) for name, t in tensors.items()}
        given = {name: start.clone() for name, start in starts.items()}
        tracer = Tracer(self.model, given, BatchStatistics("detached"), self._weights, self.rewriting)
        self._weights.rewind()
        torch.manual_seed(SEED_OF_PASSES)
        with tracer:
            return tracer, self.examples.call(self.model, list(given.values()))

    def _what_is_cut(self, outputs: Sequence[Tensor]) -> str:
        """What is wrong where no derivative leads to the batch: another order of the examples tells which it is."""
        _, result = self._recorded({name: t.roll(1, 0) for name, t in self.examples.tensors.items()})
        if all(torch.equal(a, b) for a, b in zip(outputs, outputs_of(result, self.examples.count).values())):
            return "model: what it returns must depend on the batch; got what does not"
        return (
            "model: derivatives must lead from what it returns to the batch; got numbers that depend on the batch "
            "without any (torch.no_grad(), detach(), NumPy or rounding on the way); to freeze a part, call it without "
            "no_grad and requires_grad_(False) on its parameters"
        )

    def place_taps(self, taps: Sequence[tuple[int, str, str]]) -> None:
        """Says where the library wants to look: of each tap the node's index in the graph, its kind and its name.

        A tap at no node is at an input, which it is named for.
        """
        sites: dict[int, Site] = {}
        self.sites, self.first_calls = defaultdict(list), set()
        self.input_taps, self.end_taps = {}, {}
        read = {value for node in self.graph.nodes for value in node.inputs} | set(self.graph.outputs)
        for tap, (index, kind, name) in enumerate(taps):
            if index < 0:
                self.input_taps[name] = tap
                continue
            node = self.graph.nodes[index]
            if node.call is None:
                self.end_taps[node.outputs[0]] = tap
            elif index in sites:
                sites[index].taps.append(tap)
            else:
                skips_steps = node.recurrent is not None and len(node.outputs) > 1 and node.outputs[0] not in read
                sites[index] = Site(node, [tap], int(skips_steps), kind == "input")
                self.sites[node.call].append(sites[index])
                if node.first_call is not None:
                    self.first_calls.add(node.first_call)

    def keep(self, nodes: Iterable[int]) -> None:
        """Says which nodes the next pass is to keep; called by the library."""
        calls = {self.graph.nodes[index].call: index for index in nodes}
        self.keeps = {call: index for call, index in calls.items() if call is not None}

    def take_kept(self) -> dict[int, Kept]:
        """What the pass has kept of these, by node; called by the library. Nothing is kept from then on."""
        kept, self._kept, self.keeps = self._kept, {}, {}
        return kept

    def forward(
        self,
        native: _native.Pass,
        tensors: Sequence[Tensor],
        statistics: str,
        holds: bool,
        takes: bool,
        twice: bool,
        logits: bool,
    ) -> list[Tensor]:
        """Runs the model; called by the library.

        Parameters
        ----------
        statistics, holds, takes
            What batch normalizations take; whether of the pass that took them for later ones; whether this is it.
        twice
            Whether what it returns must be differentiable twice.
        logits
            Whether to return what enters a final softmax.

        Returns
        -------
        The tensors that the model's result is about and that depend on the batch.
        """
        taken = self._held_statistics if holds or takes else BatchStatistics(statistics)
        taken.begin(takes)
        self._weights.rewind()
        torch.manual_seed(SEED_OF_PASSES)
        with torch.inference_mode(False), torch.set_grad_enabled(native.with_gradients):
            given = [self._started(native, name, tensor) for name, tensor in zip(self.examples.tensors, tensors)]
            following = LivePass(self, native, self._weights, taken, twice, tensors[0].size(0))
            with following:
                result = self.examples.call(self.model, given)
            self._kept = following.kept
            outputs = self.outputs_of(result, tensors[0].size(0))
            for value, tap in self.end_taps.items():
                native.observe(tap, [], outputs[self.graph.outputs.index(value)])
            if not logits:
                return outputs
            if self.loss is not None and native.with_gradients:
                softmaxes = [None if call is None else following.softmaxes.get(call) for call in self._end_calls]
                self._returned = Returned(result, outputs, softmaxes)
            return self.outputs_of(result, tensors[0].size(0), following.logits)

    def _started(self, native: _native.Pass, name: str, tensor: Tensor) -> Tensor:
        """What the model gets: it may write into it."""
        start = native.start_at(tensor)
        if name in self.input_taps:
            native.observe(self.input_taps[name], [start], start)
        wanted = self.examples.tensors[name].dtype
        return start.clone() if start.dtype == wanted else start.to(wanted)

    def trainee(self, dtype: str) -> Trainee | None:
        """Copies of the trainable parameters, and what runs with them; called by the library.

        Parameters
        ----------
        dtype
            ``"float32"`` or ``"float64"``. A model whose code insists on its own type is trained in that in place of
            the former, and not at all in the latter. ``None`` where it does not run as in training.
        """
        wanted: torch.dtype = getattr(torch, dtype)
        kinds = (wanted, None) if wanted != torch.float64 else (wanted,)
        for examples, kind in product((FEW, self.examples.count), kinds):
            trained = Trainee(self, self._weights, kind)
            try:
                trained.forget_unused(examples)
            except Exception:  # whatever a model's code does with a type or a number of examples not meant for it
                continue
            return trained
        return None

    def outputs_of(self, result: Any, examples: int, logits: Mapping[int, Tensor] | None = None) -> list[Tensor]:
        """The tensors that a result is about and that depend on the batch; of a final softmax what entered it."""
        found = list(outputs_of(result, examples).values())
        outputs = [found[position] for position in self._dependent_outputs]
        ends = zip(self._end_calls, outputs)
        return [output if call is None or logits is None else logits.get(call, output) for call, output in ends]

    def loss_input(self) -> str:
        """What the loss takes the outputs for, as ``loss_input.loss_input`` says; ``""`` without a loss."""
        if self.loss is None:
            return ""
        return loss_input(self.loss, self._traced_result, self.examples.labels)

    def loss_of_pass(self, labels: Tensor | None) -> LossOfPass:
        """The user's loss of what the last pass has returned; called by the library."""
        assert self.loss is not None and self._returned is not None
        returned, self._returned = self._returned, None  # and with it autograd's graph
        return LossOfPass(self.loss, returned, labels)
