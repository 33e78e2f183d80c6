// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {

/// Sizes of what leaves a layer and of the gradient there.
struct LayerScale {
  SquareSum values, gradients;
};

/// Sizes along the network: at the ends of layers, and at the outputs.
struct LayerScales {
  MeasurementOptions options;
  PerTap<LayerScale> layers, outputs;

  bool wants(const Tap& tap) const { return ends_layer(tap, options) || tap.kind == TapKind::output; }
  void add(const ForwardTap& tap) { table(tap.tap).at(tap.tap).values.add(tap.output); }
  void add(const BackwardTap& tap) { table(tap.tap).at(tap.tap).gradients.add(tap.gradient); }

  /// Of all outputs together.
  LayerScale output() const;

 private:
  PerTap<LayerScale>& table(const Tap& tap) { return tap.kind == TapKind::output ? outputs : layers; }
};

/// sqrt(mean square of the gradient / `start` * sum of squares of the layer's values / `end`): the scale
/// coefficient from the layer to a place whose values have the sum of squares `end` and where the gradient
/// has the mean square `start`.
Outcome scale_coefficient(const LayerScale& layer, double start, double end);

inline constexpr const char* kNoLayer = "the network has no linear layer";
inline constexpr const char* kNoOutput = "no output was seen";

}  // namespace shatterproof
