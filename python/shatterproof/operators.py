# SPDX-License-Identifier: Apache-2.0
"""Which ONNX operator a function of PyTorch is, and which of its arguments are that operator's inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from .arguments import first_operand, tensors_in
from .readers import (
    Operation,
    Reader,
    added_product,
    all_tensors,
    along_axis,
    at_positions,
    bounded,
    convolution,
    einsum,
    embedding,
    first_of,
    linear,
    of_two,
    recurrent_cell,
    sum_of,
    to_the,
)


def _table() -> dict[str, Reader]:
    table: dict[str, Reader] = {
        "linear": linear,
        "addmm": added_product,
        "baddbmm": added_product,
        "einsum": einsum,
        "embedding": embedding,
        "add": sum_of,
        "iadd": sum_of,
        "radd": sum_of,
        "prelu": first_of("PRelu", "input", "weight"),
        "layer_norm": at_positions("LayerNormalization", input=0, weight=2, bias=3),
        "native_layer_norm": at_positions("LayerNormalization", input=0, weight=2, bias=3),
        "rms_norm": at_positions("LayerNormalization", input=0, weight=2),
        "group_norm": at_positions("GroupNormalization", input=0, weight=2, bias=3),
        "instance_norm": at_positions("InstanceNormalization", input=0, weight=3, bias=4),
        "local_response_norm": first_of("LRN"),
        "batch_norm": at_positions("BatchNormalization", input=0, weight=3, bias=4, running_mean=1, running_var=2),
        "normalized": at_positions("BatchNormalization", input=0, weight=3, bias=4, running_mean=1, running_var=2),
        "lstm_cell": recurrent_cell("LSTM"),
        "gru_cell": recurrent_cell("GRU"),
        "rnn_tanh_cell": recurrent_cell("RNN"),
        "rnn_relu_cell": recurrent_cell("RNN"),
        "where": all_tensors("Where"),
        "new_tensor": at_positions("Identity", data=1),
        "square": to_the(2),
        "rsqrt": to_the(-0.5),
        "clamp": bounded("min", "max"),
        "clip": bounded("min", "max"),
        "clamp_min": bounded("min", None),
        "clamp_max": bounded(None, "max"),
        "hardtanh": bounded("min_val", "max_val"),
    }
    for name in ("conv1d", "conv2d", "conv3d"):
        table[name] = convolution("Conv")
        table["conv_transpose" + name[4:]] = convolution("ConvTranspose")
    for name in ("matmul", "rmatmul", "mm", "bmm", "mv", "dot"):
        table[name] = all_tensors("MatMul")
    activations = {
        "Relu": "relu",
        "Clip": "relu6",
        "LeakyRelu": "leaky_relu rrelu",
        "Elu": "elu",
        "Celu": "celu",
        "Selu": "selu",
        "Gelu": "gelu",
        "HardSigmoid": "hardsigmoid",
        "HardSwish": "hardswish",
        "Mish": "mish",
        "Sigmoid": "sigmoid expit",
        "Softplus": "softplus logsigmoid log_sigmoid",
        "Softsign": "softsign",
        "Tanh": "tanh",
        "Tan": "tan",
        "Sin": "sin",
        "Cos": "cos",
        "Sinh": "sinh",
        "Cosh": "cosh",
        "Asin": "asin arcsin",
        "Acos": "acos arccos",
        "Atan": "atan arctan",
        "Asinh": "asinh arcsinh",
        "Acosh": "acosh arccosh",
        "Atanh": "atanh arctanh",
        "Erf": "erf",
        "ThresholdedRelu": "threshold",
        "Shrink": "hardshrink softshrink tanhshrink",
        "Identity": "dropout alpha_dropout feature_alpha_dropout dropout1d dropout2d dropout3d feature_dropout clone "
        "contiguous detach to type type_as float double half bfloat16 cuda cpu requires_grad alias positive data real "
        "view_as_real view_as_complex conj resolve_conj set_data",
        "Reshape": "view reshape view_as reshape_as flatten unflatten ravel unfold as_strided expand expand_as "
        "broadcast_to diagonal",
        "Transpose": "transpose permute swapaxes swapdims movedim moveaxis t T mT H adjoint",
        "Squeeze": "squeeze",
        "Unsqueeze": "unsqueeze",
        "Slice": "getitem narrow select",
        "Split": "split chunk unbind tensor_split split_with_sizes hsplit vsplit",
        "Tile": "repeat tile repeat_interleave",
        "DepthToSpace": "pixel_shuffle channel_shuffle",
        "SpaceToDepth": "pixel_unshuffle im2col",
        "Trilu": "tril triu",
        "Abs": "abs absolute",
        "Ceil": "ceil",
        "CumSum": "cumsum cumprod",
        "Exp": "exp exp2 expm1",
        "Floor": "floor",
        "Log": "log log2 log10 log1p",
        "Neg": "neg negative",
        "Reciprocal": "reciprocal",
        "Round": "round trunc",
        "Sign": "sign sgn",
        "Sqrt": "sqrt",
        "MaxPool": "max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d "
        "max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices",
        "AveragePool": "avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d",
        "LpPool": "lp_pool1d lp_pool2d lp_pool3d",
        "ReduceMean": "mean nanmean median std var",
        "ReduceSum": "sum nansum",
        "ReduceSumSquare": "norm vector_norm linalg_vector_norm frobenius_norm",
        "ReduceMax": "amax max_values",
        "ReduceMin": "amin",
        "ReduceProd": "prod",
        "ReduceLogSumExp": "logsumexp",
        "TopK": "topk sort",
        "Resize": "interpolate upsample",
        "GridSample": "grid_sample grid_sampler",
        "ArgMax": "argmax",
        "ArgMin": "argmin",
    }
    for op, names in activations.items():
        for name in names.split():
            table[name] = first_of(op)
    along = {"Softmax": "softmax softmin", "LogSoftmax": "log_softmax"}
    for op, names in along.items():
        for name in names.split():
            table[name] = along_axis(op)
    several = {
        "Sub": "sub subtract isub rsub",
        "Mul": "mul multiply imul rmul",
        "Div": "div divide true_divide truediv itruediv rtruediv floor_divide floordiv",
        "Mod": "remainder fmod mod",
        "Pow": "pow ipow rpow",
        "Max": "maximum max fmax",
        "Min": "minimum min fmin",
        "Concat": "cat concat concatenate stack hstack vstack dstack",
        "Where": "masked_fill",
        "Gather": "gather index_select take take_along_dim",
        "ScatterND": "setitem index_put scatter scatter_add index_add index_copy masked_scatter copy scatter_reduce "
        "slice_scatter select_scatter fill zero index_fill",
        "Pad": "pad roll flip",
        "Equal": "eq ne equal",
        "Greater": "gt ge lt le greater less",
        "Expand": "meshgrid broadcast_tensors",
    }
    for op, names in several.items():
        for name in names.split():
            table[name] = of_two(op) if op in ("Sub", "Mul", "Div", "Mod", "Pow") else all_tensors(op)
    return table


TABLE = _table()

#: Methods whose argument says a shape or a type and gives no numbers.
_SHAPED_LIKE_ANOTHER = frozenset("view_as reshape_as expand_as type_as".split())

#: Functions whose results have nothing of the numbers of their operands.
_MAKERS = frozenset(
    "zeros_like ones_like empty_like full_like rand_like randn_like randint_like new_zeros new_ones new_empty "
    "new_full size numel".split()
)

#: Backward nodes of autograd that only move values, for what happened where no function was seen.
_MOVING_DERIVATIVES = (
    "View", "Reshape", "UnsafeView", "Transpose", "Permute", "TBackward", "Expand", "Select", "Slice", "Squeeze",
    "Unsqueeze", "Clone", "Split", "Unbind", "Index", "Cat", "Stack", "Narrow", "ToCopy", "Alias", "AsStrided",
    "Copy", "Repeat",
)  # fmt: skip


def name_of(function: Any) -> str:
    """The name of a function as users write it: ``add`` for ``Tensor.add_`` and ``Tensor.__iadd__`` alike."""
    name = getattr(function, "__name__", type(function).__name__)
    if name == "__get__":
        name = getattr(function.__self__, "__name__", "property")
    return str(name)


def stem_of(name: str) -> str:
    """The name without the underscores that say in place or special method."""
    return name.strip("_") if name != "__get__" else name


def sources_of(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[torch.Tensor]:
    """The tensors whose numbers go into what a call makes, and not those whose shape or type alone does."""
    name = name_of(function)
    if name in _MAKERS:
        return []
    if name in _SHAPED_LIKE_ANOTHER:
        return tensors_in(args[:1])
    return tensors_in([args[1:] if name == "new_tensor" else args, kwargs])


def writes_in_place(name: str, kwargs: Mapping[str, Any]) -> bool:
    """Whether a function of this name changes its first argument, or what it was given as ``out``."""
    if name.startswith("__"):
        return name == "__setitem__" or (name.startswith("__i") and name not in ("__invert__", "__index__", "__int__"))
    return name.endswith("_") or bool(kwargs.get("inplace")) or kwargs.get("out") is not None


def written_by(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> torch.Tensor | None:
    """The tensor that a call writes into; ``None`` where it writes into none."""
    if not writes_in_place(name_of(function), kwargs):
        return None
    out = kwargs.get("out")
    return out if isinstance(out, torch.Tensor) else first_operand(args, kwargs)


def operation_of(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation | None:
    """What a call is; ``None`` when its function is not in the table."""
    reader = TABLE.get(stem_of(name_of(function)))
    return None if reader is None else reader(args, kwargs)


def is_moving_derivative(name: str) -> bool:
    """Whether a backward node of this name belongs to a function that only moves values."""
    return name.startswith(_MOVING_DERIVATIVES)
