// SPDX-License-Identifier: Apache-2.0
#include "architecture/parametrization.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>
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

// Of every layer its fan-in over that at the base width, told by the network at so many times its own width;
// empty where a layer is missing there.
std::vector<double> growths(const std::vector<Layer>& layers, const std::vector<Layer>& wider, double width,
                            double times, double base) {
  std::map<std::string, int64_t> fan_in;
  for (const Layer& layer : wider) fan_in[layer.weight] = layer.fan_in;
  std::vector<double> found;
  for (const Layer& layer : layers) {
    if (!fan_in.contains(layer.weight)) return {};
    const auto own = static_cast<double>(layer.fan_in);
    const double slope = (static_cast<double>(fan_in.at(layer.weight)) - own) / (width * (times - 1));
    found.push_back(own / (own - slope * (width - base)));
  }
  return found;
}

}  // namespace

std::optional<int64_t> mu_p_base_width(const Spec& values) {
  const std::string word = values.word("parametrization", "standard");
  const int64_t base = values.count("base_width", kBaseWidth, 1, kMostUnits);
  if (word == "mup") return base;
  if (word != "standard") reject_unknown(values.name(), "parametrization", word, {"standard", "mup"});
  if (base != kBaseWidth)
    reject(values.name(), "base_width belongs to parametrization=mup", std::to_string(base));
  return {};
}

Network with_mu_p(const Spec& values, int64_t base_width, const std::function<Network(const Spec&)>& build) {
  if (!values.has("width"))
    reject(values.name(), "parametrization=mup goes with a width of its own", values.text());
  const int64_t width = values.count("width", 1, 1, kMostUnits);
  const Network network = build(values);
  const std::vector<Layer> layers = structure(network).layers;
  // Where inputs are as many as units a first linear map is missing: not at both.
  for (const int64_t multiple : {2, 3}) {
    const std::vector<Layer> wider =
        structure(build(values.with("width", std::to_string(multiple * width)))).layers;
    const std::vector<double> growth =
        growths(layers, wider, static_cast<double>(width), static_cast<double>(multiple),
                static_cast<double>(base_width));
    if (growth.empty()) continue;
    GraphEdit edit(network);
    for (size_t i = 0; i < layers.size(); ++i) {
      if (growth[i] == 1) continue;
      const Layer& layer = layers[i];
      const bool is_readout = i + 1 == layers.size();
      const double factor = is_readout ? 1 / std::sqrt(growth[i]) : 1 / growth[i];
      edit.redirect(layer.node, layer.weight, times(edit, layer.node, layer.weight, factor));
      const std::string& read = network.nodes()[layer.node].inputs[0];
      if (is_readout) edit.redirect(layer.node, read, times(edit, layer.node, read, factor));
    }
    return edit.result();
  }
  reject(values.name(), "parametrization=mup needs the same layers at other widths", values.text());
}

std::vector<OptionRecord> parametrization_options() {
  return {
      {"parametrization", "standard",
       "standard, or mup: initial weights and steps follow the width so that one rate of Adam serves all"},
      {"base_width", std::to_string(kBaseWidth), "of mup, the width at which it is the standard one"}};
}

}  // namespace shatterproof
