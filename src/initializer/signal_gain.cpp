// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/signal_gain.h"

#include <ATen/ATen.h>

#include <cmath>
#include <vector>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// Quantiles of N(0, 1) in the middle of equal slices of probability.
at::Tensor gaussian_quantiles() {
  constexpr int64_t kSlices = 4001;
  const at::Tensor middles = (at::arange(kSlices, at::kDouble) + .5) / static_cast<double>(kSlices);
  const at::Tensor z = at::erfinv(2 * middles - 1) * std::sqrt(2.);
  return z / z.square().mean().sqrt();
}

// rho(z) of the node, [numbers, 1] as examples of one unit.
std::optional<at::Tensor> applied(const Network& network, const Node& node, const at::Tensor& z) {
  std::vector<at::Tensor> inputs = {z.unsqueeze(1)};
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    const Parameter* parameter = network.find_parameter(node.inputs[i]);
    if (!parameter && !node.inputs[i].empty()) return {};
    at::Tensor value = parameter ? parameter->value : at::Tensor();
    // Slopes of units: of their mean.
    if (value.defined() && value.is_floating_point()) value = value.to(at::kDouble).mean();
    inputs.push_back(value);
  }
  OperatorCall call{node, inputs};
  call.examples = z.numel();
  call.floating = at::kDouble;
  const at::Tensor made = evaluate(call).front();
  if (made.numel() != z.numel()) return {};
  return made;
}

}  // namespace

std::optional<double> signal_gain(const Network& network, const Layer& layer) {
  if (layer.kind == LayerKind::recurrent || layer.normalization) return {};
  const at::Tensor weight = effective_weight(network, layer).to(at::kDouble);
  const double variance = static_cast<double>(layer.fan_in) * weight.square().mean().item<double>();
  if (!layer.nonlinearity) return std::sqrt(variance);
  const Node& node = network.nodes()[*layer.nonlinearity];
  if (operator_of(node).role != OperatorRole::nonlinearity) return {};
  const std::optional<at::Tensor> made = applied(network, node, gaussian_quantiles() * std::sqrt(variance));
  if (!made) return {};
  return std::sqrt(made->square().mean().item<double>());
}

}  // namespace shatterproof
