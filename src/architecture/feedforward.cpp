// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/feedforward.h"

#include "architecture/dense_stack.h"

namespace shatterproof {

Network feedforward(const FeedforwardOptions& options) {
  DenseStack stack("feedforward", options, options.count, numbers_in_stack(options, options.depth - 1));
  Units x = stack.input(options.width);
  if (options.count == DepthCount::linear_maps) {
    for (int64_t l = 1; l < options.depth; ++l) {
      x = stack.linear(x, layer_name(l), options.width, l == 1 ? "lecun" : "");
      x = stack.rectified(x, layer_name(l));
    }
    return stack.finish(stack.linear(x, layer_name(options.depth), options.output));
  }
  const bool embedded = options.input == 1;
  for (int64_t l = 1; l <= options.depth; ++l) {
    if (l > 1 || !embedded) x = stack.linear(x, layer_name(l), options.width);
    x = stack.rectified(x, layer_name(l));
  }
  return stack.read_out(x);
}

}  // namespace shatterproof
