// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/measure/measurement.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {

/// How measurements are to be made.
struct MeasureRequest {
  /// What definitions differentiate that do not ask for one of their own (see PreferredFunctional).
  Functional functional;
  /// Replaces the semantics that definitions prefer (see PreferredStatistics).
  std::optional<BatchStatistics> batch_norm;
  at::ScalarType dtype = at::kFloat;
  std::string device = "cpu";
  uint64_t seed = 1;       ///< of random projections
  int64_t mini_batch = 0;  ///< see RunOptions
  MeasurementOptions options;
  /// What the network was before training, for Needs::initial_weights: a network with parameters of the same
  /// names and shapes. Parameters that do not train and are missing there have not changed.
  std::optional<Network> initial = {};

  RunOptions run_options(const Functional& functional, BatchStatistics batch_norm) const;
};

/// Readings in the order their names were asked for, each saying functional and batch-norm semantics.
struct Measured {
  std::vector<Reading> readings;
  Coverage coverage;
};

/// Measures a network on a batch. Definitions that share functional and batch-norm semantics share one
/// forward and backward pass; when none of them wants gradients, the backward pass is left out.
///
/// Throws std::invalid_argument on an unknown name, on no names, when `request.options.tap` is no tap of the
/// network, and when a definition needs initial weights that are not given or belong to another network.
Measured measure(const Network& network, const Batch& batch, const std::vector<std::string>& names,
                 const MeasureRequest& request);

/// One network and the batch it is measured on.
struct Trial {
  Network network;
  Batch batch;
  std::optional<Network> initial = {};  ///< see MeasureRequest
};

/// Seeds first, first + 1, ..., each on a thread of its own.
struct SeedRange {
  uint64_t first = 1;
  int64_t count = 1;
  int threads = 1;
};

struct MeasuredSeeds {
  std::vector<Measured> draws;    ///< one per seed, in order
  std::vector<Reading> readings;  ///< mean_over_seeds of each (name, tap, type)
  Coverage coverage;              ///< of the first draw
};

/// Measures what `draw(seed)` makes for each seed, which also seeds the random projections. `draw` is called
/// from several threads at once; a draw is dropped before its thread makes the next.
///
/// Throws what `measure` throws, and std::invalid_argument when there is no seed.
MeasuredSeeds measure_over_seeds(const SeedRange& seeds, const std::function<Trial(uint64_t seed)>& draw,
                                 const std::vector<std::string>& names, const MeasureRequest& request);

}  // namespace shatterproof
