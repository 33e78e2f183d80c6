// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// What a weight or gain that is zero does where it stands.
enum class ZeroPurpose {
  branch_gain,   ///< last normalization gain of a branch: the block starts as its skip. Goyal et al. (2017)
  branch_layer,  ///< last layer of a branch. Zhang et al. (2019), Fixup
  branch_scale,  ///< a factor of a branch. Bachlechner et al. (2021), ReZero
  modulation,    ///< makes the gates and scales of a branch. Peebles and Xie (2023), adaLN-Zero
  low_rank_factor,  ///< the second factor of an adapter beside a layer. Hu et al. (2022), LoRA
  readout,          ///< the last layer of all
  unknown,
};
std::string_view to_string(ZeroPurpose purpose);

/// A trainable weight, gain or factor all of whose numbers are zero.
struct ZeroFactor {
  std::string parameter;
  ZeroPurpose purpose = ZeroPurpose::unknown;
  bool opens = false;  ///< whether it is no longer zero after two steps
};

/// A parameter with a gradient of exactly zero when training starts.
struct RestingParameter {
  std::string name;
  int64_t wakes_after = 0;  ///< steps after which its gradient is not zero: 1 or 2, behind a choice up to 11
};

enum class DeathCause {
  zero_factors,   ///< factors that are zero one behind the other: neither has a gradient
  rectifier,      ///< a rectifier gives zero for all units and examples
  saturation,     ///< a bounded nonlinearity stands at its bound for all units and examples
  standstill,     ///< a node gives the same for all examples, as a norm over one number
  no_derivative,  ///< an operator without derivative stands between it and every output
  unknown,
};
std::string_view to_string(DeathCause cause);

/// Where a signal ends, and by what.
struct SignalEnd {
  DeathCause cause = DeathCause::unknown;
  std::string at;       ///< the node; empty where the cause is not a node
  std::string op;       ///< its operator
  int64_t choices = 0;  ///< of a softmax, how many numbers it has to choose from; else 0
};

/// A parameter whose gradient is exactly zero in every pass.
struct DeadParameter {
  std::string name;
  SignalEnd end;
};

/// Units with equal weights and equal gradients: whatever training does, they stay one unit.
struct IdenticalUnits {
  std::string weight;
  int64_t units = 0;  ///< all those of the weight
};

/// Units of a layer, some of them dead while others live.
struct SilentUnits {
  std::string weight;
  int64_t silent = 0, units = 0;  ///< whose weights have gradient zero in all three passes; of how many
};

/// Which parameters training reaches, and from when on.
struct Awakening {
  int64_t parameters = 0;  ///< trainable ones
  int64_t steps = 0;       ///< taken: two, or more behind a choice
  std::vector<RestingParameter> resting;
  std::vector<DeadParameter> dead;
  std::vector<ZeroFactor> zero_factors;
  /// The first node that gives the same for all examples, whatever enters, where all outputs are the same for
  /// all after two steps; else empty.
  std::optional<SignalEnd> standstill;
  std::vector<IdenticalUnits> identical;
  std::vector<SilentUnits> silent;  ///< layers that are not dead and have at least one
  std::string stopped;  ///< where numbers were not finite: everything else is then empty; else empty

  /// Parameters whose gradient is zero before the first step.
  int64_t without_gradient() const { return static_cast<int64_t>(resting.size() + dead.size()); }
};

struct AwakeningOptions {
  int64_t examples = 32;  ///< of the batch, the first ones
  double learning_rate = 1e-3;
  at::ScalarType dtype = at::kDouble;  ///< a gradient that underflows in float32 is small, not zero
  uint64_t seed = 1;                   ///< of the targets and of dropout
};

/// Three backward passes with two steps of Adam between them.
///
///   loss = sum over outputs, examples and numbers of v f(x) / sqrt(numbers),   v ~ N(0, 1), fixed
///
/// a final softmax taken off. A zero on purpose rests what lies behind it: the step that moves it wakes that,
/// two steps where one such zero lies behind another. Adam's epsilon is 1e-12 of the largest gradient, so
/// that every gradient that is not zero moves its parameter by about the rate. Batch statistics are attached
/// and Dropout nodes at work, as in training. The network itself stays as it is.
///
/// Where a network chooses by TopK, ArgMax, ArgMin or Hardmax, as among experts, and parameters are still
/// without gradient, up to nine steps more: what chooses learns, too.
///
/// Throws std::invalid_argument when the batch does not fit the network or is empty, Interrupted on Ctrl-C.
/// Cost: three passes forward and backward, behind a choice up to twelve, and one forward.
Awakening awakening(const Network& network, const Batch& batch, const AwakeningOptions& options = {});

}  // namespace shatterproof
