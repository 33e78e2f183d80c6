// SPDX-License-Identifier: Apache-2.0
#include "architecture/parametrization.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "network/graph_edit.h"
#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/core/error.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {
namespace {

constexpr int64_t kBaseWidth = 64;

std::string times(GraphEdit& edit, size_t before, const std::string& value, double factor) {
  Node product =
      edit.node("Mul", value + ".mup", {value, edit.parameter(value + ".mup_factor", at::full({}, factor))});
  std::string made = product.outputs[0];
  edit.insert_before(before, std::move(product));
  return made;
}

void parametrize_layer(const Layer& layer, const Layer& at_base, GraphEdit& edit, const Network& network) {
  const double growth = static_cast<double>(layer.fan_in) / static_cast<double>(at_base.fan_in);
  if (growth == 1) return;
  const bool is_readout = layer.fan_out == at_base.fan_out;
  const double factor = is_readout ? 1 / std::sqrt(growth) : 1 / growth;
  const std::string& read = network.nodes()[layer.node].inputs[0];
  edit.redirect(layer.node, layer.weight, times(edit, layer.node, layer.weight, factor));
  if (is_readout) edit.redirect(layer.node, read, times(edit, layer.node, read, factor));
}

// The only constant of a family that follows the width is what attention multiplies its scores by.
void parametrize_scores(const Network& network, const Network& base, Network& made) {
  for (const Parameter& parameter : network.parameters()) {
    if (parameter.trainable || parameter.value.numel() != 1 || !parameter.value.is_floating_point()) continue;
    const double own = parameter.value.item<double>();
    const double before = base.find_parameter(parameter.name)->value.item<double>();
    if (own != before) made.set_parameter(parameter.name, at::full_like(parameter.value, own * own / before));
  }
}

}  // namespace

bool asks_for_mu_p(const Spec& values) {
  const std::string word = values.word("parametrization", "standard");
  const int64_t base = values.count("base_width", kBaseWidth, 1, kMostUnits);
  if (word == "mup") return true;
  if (word != "standard") reject_unknown(values.name(), "parametrization", word, {"standard", "mup"});
  if (base != kBaseWidth)
    reject(values.name(), "base_width belongs to parametrization=mup", std::to_string(base));
  return false;
}

Spec at_base_width(const Spec& values) {
  return values.with("width", std::to_string(values.count("base_width", kBaseWidth, 1, kMostUnits)));
}

Network with_mu_p(const Network& network, const Network& base) {
  const std::vector<Layer> layers = structure(network).layers, at_base = structure(base).layers;
  if (layers.size() != at_base.size())
    reject("parametrization", "another width must not change what there is besides sizes", network.name());
  GraphEdit edit(network);
  for (size_t i = 0; i < layers.size(); ++i) parametrize_layer(layers[i], at_base[i], edit, network);
  Network made = edit.result();
  parametrize_scores(network, base, made);
  return made;
}

std::vector<OptionRecord> parametrization_options() {
  return {
      {"parametrization", "standard",
       "standard, or mup: initial weights and steps follow the width so that one rate of Adam serves all"},
      {"base_width", std::to_string(kBaseWidth), "of mup, the width at which it is the standard one"}};
}

}  // namespace shatterproof
