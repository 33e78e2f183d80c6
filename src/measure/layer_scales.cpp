// SPDX-License-Identifier: Apache-2.0
#include "measure/layer_scales.h"

#include <cmath>

namespace shatterproof {

LayerScale LayerScales::output() const {
  LayerScale all;
  for (const auto& [order, row] : outputs.rows()) {
    all.values.entries += row.state.values.entries;
    all.values.squares += row.state.values.squares;
    all.gradients.entries += row.state.gradients.entries;
    all.gradients.squares += row.state.gradients.squares;
  }
  return all;
}

Outcome scale_coefficient(const LayerScale& layer, double start, double end) {
  if (layer.gradients.entries == 0) return {.undefined = kNoGradientTap};
  const double gradients = layer.gradients.squares / static_cast<double>(layer.gradients.entries);
  if (!std::isfinite(gradients + layer.values.squares + start + end)) return {.undefined = kNotFinite};
  if (start == 0) return {.undefined = kZeroGradient};
  if (end == 0) return {.undefined = "what comes out is zero for every example"};
  return {std::sqrt(gradients / start) * std::sqrt(layer.values.squares / end)};
}

}  // namespace shatterproof
