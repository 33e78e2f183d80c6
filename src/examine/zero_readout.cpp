// SPDX-License-Identifier: Apache-2.0
#include "examine/zero_readout.h"

#include <ATen/ATen.h>

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

// Whether no change of the inputs reaches the outputs.
bool nothing_comes_out(const Measured& measured) {
  const Reading* gain = find(measured.readings, "end_to_end_gain", ReadingType::scalar);
  return !gain || !gain->is_defined() || gain->value() == 0;
}

}  // namespace

std::optional<Measured> measured_behind_zero_readout(const Network& graph, const Altering& alter,
                                                     const std::vector<std::string>& names,
                                                     const MeasureRequest& request,
                                                     const Measured& measured) {
  const std::optional<int> last = nothing_comes_out(measured) ? zero_readout(graph) : std::nullopt;
  if (!last) return {};
  const std::unique_ptr<Altered> drawn =
      alter({.kind = Remedy::Kind::redraw, .layers = LayerRange{*last, *last}, .scheme = "lecun"});
  if (!drawn) return {};
  Measured behind = measure(drawn->source(), drawn->batch(), names, request);
  if (nothing_comes_out(behind)) return {};  // another zero, as a gain of the weights
  behind.notes = measured.notes;
  behind.notes.emplace_back(
      "the last layer's weights are zero: measured with LeCun's there, since the first step ends that");
  return behind;
}

}  // namespace shatterproof
