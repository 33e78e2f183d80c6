// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/run/dropout.h"
#include "shatterproof/run/tap_source.h"
#include "shatterproof/train/rehearsal.h"

namespace shatterproof {

/// A network that learns when its dropout gives its mean.
struct WithoutDropout {
  DropoutPlace heaviest;  ///< where it drops most
  Rehearsal rehearsal;    ///< without
  /// Through it, of what a plane through the inputs tells: asked where a dropout that is not usual let no
  /// random label be learned, since masks are harder to know by heart through than to learn through.
  std::optional<Rehearsal> of_plane;

  /// Random labels are harder to fit through masks than what there is to learn: a usual dropout that is all
  /// that holds a network back says nothing against it.
  bool is_usual() const { return heaviest.ratio <= kUsualDropout; }
};

/// Rehearses once more without dropout what was held back with it: stuck, diverging, slow or fragile; and
/// what a usual dropout leaves unfitted, or fitted by heart alone. Empty where nothing is dropped, and where
/// it does not learn so either. Cost: a rehearsal, or two. Throws as `rehearsal`.
std::optional<WithoutDropout> without_dropout(TapSource& source, const Batch& batch,
                                              const RehearsalOptions& options, const Rehearsal& made);

}  // namespace shatterproof
