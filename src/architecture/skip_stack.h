// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "architecture/dense_stack.h"

namespace shatterproof {

/// x <- total (skip S x + branch W rho(N(x))), the block of every skip family.
struct BlockScales {
  double skip = 1;
  double branch = 1;
  double total = 1;
  std::string matrix;  ///< the scheme that draws S; empty: S is the identity
};

/// The input as x_0: as it is when it has `width` units, embedded when a scalar, projected otherwise.
Units first_state(DenseStack& stack, int64_t width);

/// The block whose linear maps are layer_`first` ... layer_`last`; its sum is named after the last one.
Units skip_block(DenseStack& stack, const Units& x, int64_t first, int64_t last, const BlockScales& scales);

}  // namespace shatterproof
