// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/shallow.h"

#include <cmath>

#include "architecture/dense_stack.h"

namespace shatterproof {

Network shallow(const ShallowOptions& options) {
  FullyConnectedOptions same;
  same.width = options.width;
  same.depth = 1;
  same.activation = options.activation;
  same.crelu = options.crelu;
  same.slope = options.slope;
  same.norm = options.norm;
  same.embedding = "ones";
  // b is symmetric: x v + b has the distribution of x v - b.
  same.bias_std =
      options.bias_std.value_or(1 / std::sqrt(static_cast<double>(std::max<int64_t>(1, options.width))));
  DenseStack stack("shallow", same, DepthCount::rectifiers, numbers_in_stack(same, 0));
  return stack.read_out(stack.rectified(stack.input(same.width), layer_name(1)));
}

}  // namespace shatterproof
