// SPDX-License-Identifier: Apache-2.0
#include "examine/zero_readout.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "shatterproof/network/layer.h"

namespace shatterproof {
namespace {

// Number of the last of several layers, where its weights are all zero.
std::optional<int> zero_readout(const Network& graph) {
  const std::vector<Layer> layers = structure(graph).layers;
  if (layers.size() < 2) return {};
  const Parameter* readout = graph.find_parameter(layers.back().weight);
  const bool is_zero =
      readout && readout->value.defined() && readout->value.count_nonzero().item<int64_t>() == 0;
  return is_zero ? std::optional(static_cast<int>(layers.size())) : std::nullopt;
}

}  // namespace

std::optional<Measured> measured_behind_zero_readout(const Network& graph, const Altering& alter,
                                                     const std::vector<std::string>& names,
                                                     const MeasureRequest& request,
                                                     const Measured& measured) {
  const bool is_whole = std::all_of(measured.readings.begin(), measured.readings.end(),
                                    [](const Reading& reading) { return reading.is_defined(); });
  const std::optional<int> last = is_whole ? std::nullopt : zero_readout(graph);
  if (!last) return {};
  const std::unique_ptr<Altered> drawn =
      alter({.kind = Remedy::Kind::redraw, .layers = LayerRange{*last, *last}, .scheme = "lecun"});
  if (!drawn) return {};
  Measured behind = measure(drawn->source(), drawn->batch(), names, request);
  behind.notes = measured.notes;
  behind.notes.emplace_back(
      "the last layer's weights are zero: measured with LeCun's there, since the first step ends that");
  return behind;
}

}  // namespace shatterproof
