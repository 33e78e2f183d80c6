// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "shatterproof/run/tap_source.h"
#include "shatterproof/train/awakening.h"

namespace shatterproof {

/// Awakening of a source that runs a graph, whose parameters have their numbers, and can be trained in
/// `options.dtype`, as a live model. Where it shows no network, what stands still is looked for with its own
/// weights.
Awakening awakening(TapSource& source, const Batch& batch, const AwakeningOptions& options = {});

/// The same in double, or in float where its code makes numbers of its own in that and runs in nothing else;
/// nothing where it cannot be trained.
std::optional<Awakening> awakening_as_it_runs(TapSource& source, const Batch& batch, uint64_t seed);

}  // namespace shatterproof
