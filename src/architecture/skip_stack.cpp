// SPDX-License-Identifier: Apache-2.0
#include "architecture/skip_stack.h"

namespace shatterproof {

Units first_state(DenseStack& stack, int64_t width) {
  const Units x = stack.input(width);
  return x.count == width ? x : stack.linear(x, "projection", width, "lecun");
}

Units skip_block(DenseStack& stack, const Units& x, int64_t first, int64_t last, const BlockScales& scales) {
  Units branch = x;
  for (int64_t l = first; l <= last; ++l) {
    branch = stack.linear(stack.rectified(branch, layer_name(l)), layer_name(l), x.count);
  }
  const std::string name = layer_name(last);
  NetworkBuilder& builder = stack.builder();
  const Units through = scales.matrix.empty() ? x : stack.linear(x, name + ".matrix", x.count, scales.matrix);
  const std::string skip = builder.scale(through.value, name + ".skip", scales.skip);
  const std::string scaled = builder.scale(branch.value, name + ".branch", scales.branch);
  const std::string sum = builder.add(skip, scaled, name + ".sum");
  return {builder.scale(sum, name + ".scaled", scales.total), x.count};
}

}  // namespace shatterproof
