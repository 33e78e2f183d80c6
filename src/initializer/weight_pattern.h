// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "shatterproof/network/layer.h"

namespace shatterproof {

/// A layer's weight as [matrices, units, inputs, kernel positions], whatever its stored layout is: a matrix
/// for each gate of a recurrent node and each group of a convolution. Shares memory where it can.
at::Tensor canonical_weight(const Network& network, const Layer& layer);
/// The same of a tensor in the layout of the stored weight, as its gradient.
at::Tensor canonical_weight(const Node& node, const Layer& layer, at::Tensor weight);

/// What a weight is made of beside independent numbers.
struct WeightPattern {
  std::string name;       ///< "zeros", "constant", "identity", "orthogonal", "delta_orthogonal"; empty: none
  bool mirrored = false;  ///< whether a half repeats the other with its sign reversed, of units or of inputs
  /// The numbers that nothing repeats, one [units, numbers] per matrix; of a masked matrix, of which more
  /// than one number in 64 is zero, those that the mask leaves.
  std::vector<at::Tensor> tables;
};

/// Of `canonical` weights. Orthogonality is asked of at most 64 rows or columns of a matrix, within 1e-4:
/// chance does not come near. O(numbers).
WeightPattern weight_pattern(const at::Tensor& canonical);

}  // namespace shatterproof
