// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/feedforward.h"

#include <fmt/format.h>

#include "architecture/dense_stack.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

std::string initial_of_biases(const FeedforwardOptions& options) {
  if (!(options.hidden_bias_std >= 0)) {
    reject("feedforward", "hidden_bias_std must not be negative", std::to_string(options.hidden_bias_std));
  }
  return options.hidden_bias_std == 0 ? "" : fmt::format("gaussian:std={}", options.hidden_bias_std);
}

}  // namespace

Network feedforward(const FeedforwardOptions& options) {
  DenseStack stack("feedforward", options, options.count, numbers_in_stack(options, options.depth - 1));
  const std::string biases = initial_of_biases(options);
  Units x = stack.input(options.width);
  if (options.count == DepthCount::linear_maps) {
    for (int64_t l = 1; l < options.depth; ++l) {
      x = stack.linear(x, layer_name(l), options.width, l == 1 ? "lecun" : "", biases);
      x = stack.rectified(x, layer_name(l));
    }
    return stack.finish(stack.linear(x, layer_name(options.depth), options.output));
  }
  const bool embedded = options.input == 1;
  for (int64_t l = 1; l <= options.depth; ++l) {
    if (l > 1 || !embedded) x = stack.linear(x, layer_name(l), options.width, "", biases);
    x = stack.rectified(x, layer_name(l));
  }
  return stack.read_out(x);
}

}  // namespace shatterproof
