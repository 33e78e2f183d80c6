// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/shallow.h"

#include <cmath>

#include "architecture/dense_stack.h"
#include "architecture/family_options.h"
#include "architecture/records.h"

namespace shatterproof {

namespace {

double usual_bias_std(int64_t width) {
  return 1 / std::sqrt(static_cast<double>(std::max<int64_t>(1, width)));
}

FullyConnectedOptions fully_connected(const ShallowOptions& options) {
  FullyConnectedOptions same;
  same.width = options.width;
  same.depth = 1;
  same.activation = options.activation;
  same.crelu = options.crelu;
  same.slope = options.slope;
  same.norm = options.norm;
  same.embedding = "ones";
  // b is symmetric: x v + b has the distribution of x v - b.
  same.bias_std = options.bias_std.value_or(usual_bias_std(options.width));
  return same;
}

}  // namespace

Network shallow(const ShallowOptions& options) {
  const FullyConnectedOptions same = fully_connected(options);
  DenseStack stack("shallow", same, DepthCount::rectifiers, numbers_in_stack(same, 0));
  return stack.read_out(stack.rectified(stack.input(same.width), layer_name(1)));
}

ShallowOptions shallow_options(const Spec& values) {
  ShallowOptions options;
  options.width = values.count("width", options.width, 1, kMostUnits);
  read_nonlinearity(values, options);
  options.bias_std = number_or_auto(values, "bias_std").value_or(usual_bias_std(options.width));
  values.reject_unread();
  require_valid(values.name(), fully_connected(options), DepthCount::rectifiers);
  return options;
}

FamilyRecord shallow_family() {
  std::vector<OptionRecord> options = {width_option()};
  for (OptionRecord& option : nonlinearity_options()) options.push_back(std::move(option));
  options.push_back({"bias_std", "auto", "of b, N(0, bias_std^2) per unit; auto is 1/sqrt(width)"});
  return {"shallow",
          "One hidden layer on a scalar.",
          "f = w . rho(N(x v - b)), v = 1, w ~ N(0, 1/N)",
          "Balduzzi et al. 2017, figure 1a",
          std::move(options),
          [](const Spec& values) { return shallow(shallow_options(values)); }};
}

}  // namespace shatterproof
