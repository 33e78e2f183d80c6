// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/dropout.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

// Since operator set 12 an input, before an attribute; 0.5 where neither is there.
double ratio_of(const Node& node, std::span<const at::Tensor> inputs) {
  constexpr double kOtherwise = 0.5;
  const bool is_input = inputs.size() > 1 && inputs[1].defined();
  const double ratio = is_input ? inputs[1].item<double>() : node.number("ratio", kOtherwise);
  if (!(ratio >= 0 && ratio < 1)) {
    reject("Dropout '" + printable(node.name) + "'", "ratio must be from 0 to below 1",
           fmt::format("{}", ratio));
  }
  return ratio;
}

}  // namespace

at::Tensor Dropout::applied(const Node& node, std::span<const at::Tensor> inputs) const {
  const at::Tensor& x = inputs[0];
  const double ratio = ratio_of(node, inputs);
  if (ratio == 0 || x.numel() == 0) return x;
  at::Tensor drawn = at::empty(x.sizes(), at::kDouble);
  RandomStream(seed, fmt::format("dropout.{}.step_{}", node.outputs[0], step))
      .uniform({drawn.data_ptr<double>(), static_cast<size_t>(drawn.numel())});
  return x * (drawn.ge(ratio).to(x.options()) / (1 - ratio));
}

}  // namespace shatterproof
