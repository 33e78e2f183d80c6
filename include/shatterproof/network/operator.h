// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/network/node.h"

namespace shatterproof {

/// What batch statistics mean for the derivative; travels with every reading.
enum class BatchStatistics {
  detached,  ///< statistics of the batch, constants of the derivative: each example has its own gradient
  attached,  ///< statistics of the batch, differentiated through: what training sees; examples are coupled
  stored,    ///< stored statistics: inference
};
std::string_view to_string(BatchStatistics batch_norm);
/// "detached", "attached" or "stored". Throws std::invalid_argument otherwise, naming `operation`.
BatchStatistics parse_batch_statistics(std::string_view text, std::string_view operation);

/// Statistics over the batch axis that one node once took and now keeps (`detached`): for a mean over the
/// batch its output, for BatchNormalization the mean and the biased variance per unit.
struct MomentsOverBatch {
  at::Tensor mean;
  at::Tensor variance;
};

/// One evaluation of a node.
struct OperatorCall {
  const Node& node;
  /// One per node input; an undefined tensor stands for an optional input left out.
  std::span<const at::Tensor> inputs;
  BatchStatistics batch_norm = BatchStatistics::stored;
  /// Examples in the batch when inputs[0] carries them along axis 0; 0 when it does not.
  int64_t examples = 0;
  /// Under `detached`: defined statistics are used, undefined ones are taken from this batch and stored here.
  MomentsOverBatch* statistics = nullptr;
  /// The one type in which a run carries all floating-point numbers: Cast, Constant and ConstantOfShape give
  /// it where the node asks for any floating type. Empty: the node's types literally.
  std::optional<at::ScalarType> floating = std::nullopt;
};

/// How an operator takes part in a network, for the derived views.
enum class OperatorRole {
  linear,         ///< carries weights that multiply its input: Conv, Gemm, MatMul
  normalization,  ///< BatchNormalization, LayerNormalization, LRN, ...
  nonlinearity,   ///< elementwise nonlinear in one input: Relu, Tanh, Gelu, ...
  attention,      ///< Softmax and its kin: nonlinear, not elementwise
  sum,            ///< adds tensors: Add, Sum
  arithmetic,     ///< other elementwise arithmetic
  pooling,        ///< MaxPool, GlobalAveragePool, ReduceMean, ...
  movement,       ///< copies or rearranges values: Reshape, Transpose, Concat, Pad, Identity, Dropout, ...
  shape,          ///< computes sizes, masks and constants: Shape, ConstantOfShape, Equal, ...
};

/// `Operator::max_inputs` of an operator that takes as many inputs as there are.
inline constexpr int kAnyNumber = std::numeric_limits<int>::max();

/// One row of the operator table.
struct Operator {
  std::string_view name;
  OperatorRole role;
  /// Whether a derivative flows from some output to some floating-point input.
  bool differentiable;
  int min_inputs, max_inputs;
  /// Evaluates it with ATen operations, so that autograd differentiates it. Throws std::invalid_argument
  /// "Op: rule; got ..." on inputs or attributes the operator set does not allow.
  std::vector<at::Tensor> (*run)(const OperatorCall& call);
};

/// Every supported operator, sorted by name. No other list of them exists.
std::span<const Operator> operators();
/// The row named `name`, or nullptr.
const Operator* find_operator(std::string_view name);
/// The row named `node.op`. Throws std::invalid_argument naming operator, node and what is supported when
/// there is none.
const Operator& operator_of(const Node& node);

/// Runs `call.node`: one tensor per node output.
///
/// Every failure, those of the tensor library included, is std::invalid_argument "Op 'node': cause", one
/// line. Tensors that would take more than 2^33 bytes are refused before they are allocated.
///
/// ONNX types that LibTorch lacks are carried by wider ones: uint16 by int32, uint32 and uint64 by int64.
/// Dropout is the identity whatever its training_mode: its mean.
std::vector<at::Tensor> evaluate(const OperatorCall& call);
/// The same with `op == operator_of(call.node)` already looked up.
std::vector<at::Tensor> evaluate(const Operator& op, const OperatorCall& call);

}  // namespace shatterproof
