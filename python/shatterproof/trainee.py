# SPDX-License-Identifier: Apache-2.0
"""Copies of a model's parameters that are trained in their place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .arguments import first_operand
from .dependence import Dependence
from .examples import found_in
from .follower import Follower
from .rewriting import RewrittenPass
from .substitutes import BatchStatistics
from .untouched import SEED_OF_PASSES, Untouched

if TYPE_CHECKING:
    from .live_model import LiveModel


FEW = 2  # examples that tell what a pass uses


class _Training(Follower):
    """Runs as training does, and keeps what enters a final softmax; where asked to, also what depends on what."""

    def __init__(
        self,
        final_softmaxes: set[int],
        weights: Untouched,
        rewritten: RewrittenPass | None,
        dependence: Dependence | None,
        dropouts: Sequence[float],
        masks: int | None,
    ) -> None:
        super().__init__(BatchStatistics("attached"), weights, rewritten=rewritten)
        self._ratios, self._masks = iter(dropouts), masks
        self.logits: dict[int, Tensor] = {}
        self._final_softmaxes, self._dependence = final_softmaxes, dependence

    def dropped(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a dropout gives with the masks of this pass; whatever else the model draws stays as it is."""
        x = first_operand(args, kwargs)
        ratio = next(self._ratios, 0.0)  # as the module's own mode has it: here all are in eval mode
        if self._masks is None or self._rewritten is not None or x is None or ratio == 0:
            return super().dropped(function, args, kwargs)
        self.before(function, args, kwargs)
        with torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):
            torch.manual_seed(self._masks)
            self._masks += 1
            return function(x, ratio, True)

    def seen(self, call: int, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Any:
        if call in self._final_softmaxes and (first := first_operand(args, kwargs)) is not None:
            self.logits[call] = first
        if self._dependence is not None:
            self._dependence.called(function, args, kwargs, result)
        return result


@contextlib.contextmanager
def _in_place_of_own(model: nn.Module, parameters: Mapping[str, Tensor], dtype: torch.dtype) -> Iterator[None]:
    """Within, the model runs with these tensors in place of its parameters, everything of it in one floating type.

    Tied parameters stay tied.
    """
    own = {id(p): parameters[name] for name, p in model.named_parameters() if name in parameters}
    for tensor in [*model.parameters(), *model.buffers()]:
        if id(tensor) not in own and tensor.is_floating_point() and tensor.dtype != dtype:
            own[id(tensor)] = tensor.detach().to(dtype)
    replaced: list[tuple[Any, Any, Tensor]] = []
    for module in model.modules():
        held: list[Any] = [module._parameters, module._buffers]
        if isinstance(module, nn.RNNBase):
            held.append(module._flat_weights)  # what it runs with
        for holder in held:
            places = enumerate(holder) if isinstance(holder, list) else list(holder.items())
            replaced += [(holder, place, t) for place, t in places if isinstance(t, Tensor) and id(t) in own]
    try:
        for holder, place, tensor in replaced:
            holder[place] = own[id(tensor)]
        yield
    finally:
        for holder, place, tensor in replaced:
            holder[place] = tensor


class Trainee:
    """A model's trainable parameters, copied, and the model run with the copies.

    Parameters
    ----------
    dtype
        What everything of it is cast to; ``None``: each parameter keeps its own.

    Attributes
    ----------
    parameters
        Leaves of autograd, by name.
    """

    def __init__(self, live: LiveModel, weights: Untouched, dtype: torch.dtype | None) -> None:
        trained = live.trainable
        own = {name: p for name, p in live.model.named_parameters() if name in trained}
        inserted = live.rewriting.own_trainable if live.rewriting is not None else {}
        self.parameters = {
            name: p.detach().to(dtype or p.dtype, copy=True).requires_grad_()
            for name, p in [*own.items(), *inserted.items()]
        }
        self._live, self._weights = live, weights
        self._dtype = dtype or next((p.dtype for p in self.parameters.values()), torch.float32)

    def forget_unused(self, examples: int) -> None:
        """Leaves out the parameters of which nothing is to be asked: no number of the outputs comes from them.

        One whose numbers arrive where its derivatives do not (something between is detached, or has no derivative)
        stays, with a gradient of zero; but not where something else that is returned, as a loss of the model's own,
        has a derivative for it.

        Parameters
        ----------
        examples
            How many of the batch tell it.

        Raises
        ------
        Exception
            Whatever the model's code does when it gets a type, or a number of examples, that it was not written for.
        """
        few = [tensor[:examples] for tensor in self._live.examples.tensors.values()]
        dependence = Dependence(self.parameters)
        result, outputs = self._pass(few, dependence)
        kept = self._reached(outputs)
        cut_off = dependence.of(outputs) - kept
        if cut_off:
            kept |= cut_off - self._reached([tensor for _, tensor in found_in(result)])
        self.parameters = {name: p for name, p in self.parameters.items() if name in kept}

    def _reached(self, tensors: Sequence[Tensor]) -> set[str]:
        """The parameters that these have derivatives for."""
        ends = [t.sum() for t in tensors if t.requires_grad and t.is_floating_point()]
        if not ends:
            return set()
        starts = list(self.parameters.values())
        found = torch.autograd.grad(ends, starts, retain_graph=True, allow_unused=True)
        return {name for name, gradient in zip(self.parameters, found) if gradient is not None}

    def outputs(self, tensors: Sequence[Tensor], masks: int | None = None) -> list[Tensor]:
        """What the model gives with the copies, with autograd's graph back to them; called by the library.

        Batch statistics are differentiated through and a final softmax is taken off. Dropout drops as in training,
        by masks of that seed, or is its mean where there is none and in a model that runs as another graph.
        """
        return self._pass(tensors, masks=masks)[1]

    def _pass(
        self, tensors: Sequence[Tensor], dependence: Dependence | None = None, masks: int | None = None
    ) -> tuple[Any, list[Tensor]]:
        """What the model returns, and of that the outputs."""
        live = self._live
        self._weights.rewind()
        torch.manual_seed(SEED_OF_PASSES)
        with torch.inference_mode(False), torch.enable_grad():
            # Before it is followed, as what is cast is: calls are counted from the model's first one.
            given = [
                t.to(self._dtype if own.is_floating_point() else own.dtype, copy=True)
                for t, own in zip(tensors, live.examples.tensors.values())
            ]
            rewritten = live.rewriting.begun(self.parameters) if live.rewriting is not None else None
            ratios = [ratio for ratio, _ in live.dropouts]
            following = _Training(live.final_softmaxes, self._weights, rewritten, dependence, ratios, masks)
            with _in_place_of_own(live.model, self.parameters, self._dtype), following:
                result = live.examples.call(live.model, given)
            return result, live.outputs_of(result, tensors[0].size(0), following.logits)
