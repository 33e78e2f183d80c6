// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "shatterproof/theory/setting.h"

namespace shatterproof {

/// x <- skip x + branch W rho(N(... rho(N(x)))), weights N(0, 2/N): one block of any rectifier family.
/// skip = 0 is a layer without skip.
struct RectifierBlock {
  double skip = 0;
  double branch = 1;
  int64_t rectifiers = 1;  ///< on the branch
};

/// The blocks of a network from input to output.
struct RectifierStack {
  enum class Norm { none, center, batch };
  std::vector<RectifierBlock> blocks;
  Norm norm = Norm::none;
  /// Of what enters the first block: 2 where He weights meet inputs that no rectifier has halved, else 1.
  double first_variance = 1;
};

/// Whether the setting is a feedforward, residual or highway network of plain rectifiers with He weights and
/// no hidden biases, depth counting rectifiers, not layer-normalized, a scalar input embedded by Gaussians.
bool is_rectifier_stack(const Setting& setting);
/// Its blocks. Throws std::invalid_argument when it is none.
RectifierStack rectifier_stack(const Setting& setting);

/// A place where gradients are read: after `blocks` blocks from the input.
struct GradientTap {
  int64_t depth = 0;   ///< rectifier layers from the input up to it
  int64_t blocks = 0;  ///< how many blocks lie before it: those behind it shape its gradient
  /// Mean square of its gradient's entries over that of the state after `blocks` blocks.
  double gain = 1;
  bool in_branch = false;  ///< a rectifier inside a branch of two layers
};

/// The places of the curves over depth of gradient_correlation and gradient_variance, input first: the
/// embedding or projection where a skip starts, the states of all layers, in residual networks the sums
/// before alpha, and the rectifiers inside a branch of two layers, which have a curve of their own.
/// Precondition: is_rectifier_stack(setting).
std::vector<GradientTap> gradient_taps(const Setting& setting);

}  // namespace shatterproof
