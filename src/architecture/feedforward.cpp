// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/feedforward.h"

#include <fmt/format.h>

#include "architecture/dense_stack.h"
#include "architecture/family_options.h"
#include "architecture/records.h"
#include "shatterproof/architecture/preset.h"
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

FeedforwardOptions feedforward_options(const Spec& values) {
  FeedforwardOptions options;
  const PresetRecord* preset = preset_of(values);
  if (preset) apply(*preset, options);
  read_fully_connected(values, options);
  options.count = count_of(values, preset != nullptr);
  options.hidden_bias_std = values.number("hidden_bias_std", options.hidden_bias_std);
  values.reject_unread();
  require_valid(values.name(), options, options.count);
  initial_of_biases(options);
  return options;
}

FamilyRecord feedforward_family() {
  return {"feedforward",
          "Rectifier layers one after the other.",
          "x_l = rho(N(W_l x_{l-1}))",
          "Balduzzi et al. 2017, section 3; Philipp et al. 2017, section 3",
          fully_connected_options(
              {{"hidden_bias_std", "0", "biases of hidden linear maps, N(0, hidden_bias_std^2); 0: none"},
               count_option(),
               preset_option()}),
          [](const Spec& values) { return feedforward(feedforward_options(values)); }};
}

}  // namespace shatterproof
