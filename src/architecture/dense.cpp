// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/dense.h"

#include <fmt/format.h>

#include "architecture/family_options.h"
#include "architecture/records.h"
#include "architecture/skip_stack.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

double numbers(const DenseOptions& options) {
  const auto growth = static_cast<double>(options.growth), width = static_cast<double>(options.width),
             depth = static_cast<double>(options.depth);
  // sum over l = 1..L of growth (width + (l - 1) growth)
  const double hidden = growth * depth * (width + (depth - 1) / 2 * growth) * (options.crelu ? 2 : 1);
  return hidden + static_cast<double>(options.input + 1) * width +
         static_cast<double>(options.output) * (width + depth * growth);
}

}  // namespace

Network dense(const DenseOptions& options) {
  if (options.growth < 1 || options.growth > kMostUnits) {
    reject("dense", fmt::format("growth must be from 1 to {}", kMostUnits), std::to_string(options.growth));
  }
  DenseStack stack("dense", options, DepthCount::rectifiers, numbers(options));
  Units x = first_state(stack, options.width);
  for (int64_t l = 1; l <= options.depth; ++l) {
    const std::string name = layer_name(l);
    const Units added = stack.linear(stack.rectified(x, name), name, options.growth);
    x = {stack.builder().node("Concat", name + ".joined", {x.value, added.value}, {{"axis", int64_t{1}}}),
         x.count + added.count};
  }
  return stack.read_out(x);
}

FamilyRecord dense_family() {
  return {
      "dense",
      "Every layer sees the concatenation of all earlier ones.",
      "x_l = (x_{l-1}, W_l rho(N(x_{l-1})))",
      "Huang et al. 2017",
      fully_connected_options({{"growth", "32", "units that every layer adds to the width of the first"}}),
      [](const Spec& values) {
        DenseOptions options;
        read_fully_connected(values, options);
        options.growth = values.count("growth", options.growth, 1, kMostUnits);
        values.reject_unread();
        return dense(options);
      }};
}

}  // namespace shatterproof
