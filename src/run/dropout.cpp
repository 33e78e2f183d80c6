// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/dropout.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

// Since operator set 12 an input, before an attribute; 0.5 where neither is there.
double said_ratio(const Node& node, const at::Tensor& input) {
  constexpr double kOtherwise = 0.5;
  return input.defined() ? input.item<double>() : node.number("ratio", kOtherwise);
}

double ratio_of(const Node& node, std::span<const at::Tensor> inputs) {
  const double ratio = said_ratio(node, inputs.size() > 1 ? inputs[1] : at::Tensor());
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
  if (!drops || ratio == 0 || x.numel() == 0) return x;
  at::Tensor drawn = at::empty(x.sizes(), at::kDouble);
  RandomStream(seed, fmt::format("dropout.{}.step_{}", node.outputs[0], step))
      .uniform({drawn.data_ptr<double>(), static_cast<size_t>(drawn.numel())});
  return x * (drawn.ge(ratio).to(x.options()) / (1 - ratio));
}

std::optional<DropoutPlace> heaviest_dropout(const Network& network) {
  std::optional<DropoutPlace> heaviest;
  for (const Node& node : network.nodes()) {
    if (node.op != "Dropout") continue;
    const bool is_input = node.inputs.size() > 1 && !node.inputs[1].empty();
    const Parameter* given = is_input ? network.find_parameter(node.inputs[1]) : nullptr;
    if (is_input && (!given || !given->value.defined() || given->value.numel() != 1)) continue;
    const double ratio = said_ratio(node, given ? given->value : at::Tensor());
    if (!heaviest || ratio > heaviest->ratio) heaviest = {node.title(), ratio};
  }
  return heaviest;
}

}  // namespace shatterproof
