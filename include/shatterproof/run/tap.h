// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace shatterproof {

enum class TapKind {
  input,           ///< a network input (for token ids, the output of their embedding)
  pre_activation,  ///< output of a linear map, its bias included
  activation,      ///< output of a nonlinearity; its forward inputs[0] is what enters
  concatenation,   ///< output of a CReLU: rho(z) and rho(-z) joined
  residual_sum,    ///< output of a sum; its forward inputs hold skip and branch
  output,          ///< a network output
  other,           ///< output of a recurrent node, batch first; with RunOptions::every_node of any other
};
std::string_view to_string(TapKind kind);

/// A named place in a running network, observed twice and never stored.
struct Tap {
  std::string name;
  TapKind kind = TapKind::activation;
  std::string op;    ///< operator of its node; empty for an input
  size_t node = 0;   ///< index of its node in the network; unused for an input
  size_t order = 0;  ///< position among the taps in topological order
  int depth = 0;     ///< nonlinearities from the input up to and including it; see Structure::depth
  int layer = 0;     ///< the linear map it follows, counted from 1; 0 before the first
  /// Whether it is the state x_l of a layer, along which gradients are followed with depth: the residual sum
  /// a layer's branch ends in, else its nonlinearity's output (a CReLU's both halves), else itself when a
  /// skip starts there.
  bool layer_state = false;
  size_t skip = 0, branch = 0;  ///< of a residual sum: which inputs
  /// Whether it lies between the place where a skip starts and the sum in which it ends: what passes it is
  /// not all that passes there.
  bool bypassed = false;
  /// Whether a unit is a channel at a position, tensors being [batch, channels, positions...].
  bool channels = false;
  /// The half of a CReLU that rectifies -z (its input is a Neg): its units are counted on z, at the other
  /// half.
  bool negated_half = false;
};

/// How the observed run was made.
struct RunContext {
  int64_t examples = 0;     ///< in all mini-batches together
  bool along_path = false;  ///< see Batch::along_path
  std::string functional, batch_norm;
  int64_t input_numbers = 0;  ///< per example, over all inputs
};

/// A mini-batch has passed the tap's node. Tensors are [examples of the mini-batch, ...] and must not be
/// kept.
struct ForwardTap {
  const Tap& tap;
  std::span<const at::Tensor> inputs;
  const at::Tensor& output;
  int64_t first_example = 0;
};

/// The gradient of the functional with respect to the tap's output, in the shape of that output.
struct BackwardTap {
  const Tap& tap;
  const at::Tensor& gradient;
  int64_t first_example = 0;
};

/// Looks at taps as they pass.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void begin(const RunContext&) {}
  virtual bool wants_forward(const Tap&) const { return false; }
  virtual bool wants_backward(const Tap&) const { return false; }
  virtual void observe(const ForwardTap&) {}
  virtual void observe(const BackwardTap&) {}
};

}  // namespace shatterproof
