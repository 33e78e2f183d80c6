// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/experiment/experiment.h"
#include "shatterproof/measure/measurement.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// How measurements are to be made.
struct MeasureRequest {
  /// What definitions differentiate that do not ask for a functional of their own (see PreferredFunctional),
  /// seed, mini-batch, dtype and device. Which batch statistics `run` names does not count.
  RunOptions run;
  /// Replaces the batch statistics that definitions prefer (see PreferredStatistics).
  std::optional<BatchStatistics> batch_norm;
  std::string tap;  ///< read only the tap of this name; empty: those that definitions name
  /// What the network was before training, for Needs::untrained_weights: a network with parameters of the
  /// same names and shapes. Parameters that do not train and are missing there have not changed.
  std::optional<Network> untrained = {};

  /// `run` as this definition takes it.
  RunOptions run_options(const MeasurementRecord& record) const;
};

/// Readings in the order their names were asked for, each saying functional and batch statistics.
struct Measured {
  std::vector<Reading> readings;
  CoverageRecord coverage;
  std::vector<std::string> notes;  ///< what drawing the weights had to say; of measure_over_seeds
};

/// Measures a network on a batch. A name may carry options, `gradient_autocorrelation:lags=30`. Definitions
/// that share functional and batch statistics share one forward and backward pass; when none of them wants
/// gradients, the backward pass is left out.
///
/// Throws std::invalid_argument on an unknown name or option, on no names, on a measurement asked for with
/// two different options, when `request.tap` is no tap of the network, and when a definition needs untrained
/// weights that are not given or belong to another network.
Measured measure(const Network& network, const Batch& batch, const std::vector<std::string>& names,
                 const MeasureRequest& request);

/// The same of any source. What the source cannot give is an undefined reading with the reason, and in the
/// coverage.
Measured measure(TapSource& source, const Batch& batch, const std::vector<std::string>& names,
                 const MeasureRequest& request);

/// One network and the batch it is measured on.
struct Trial {
  Network network;
  Batch batch;
  std::optional<Network> untrained = {};  ///< see MeasureRequest
  std::vector<std::string> notes = {};    ///< what drawing its weights had to say
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
  CoverageRecord coverage;        ///< of the first draw
};

/// Sees a trial after it was measured, with the source that ran it. Called from several threads.
using TrialVisit =
    std::function<void(int64_t index, const Trial& trial, TapSource& source, const Measured& measured)>;

/// Measures what `draw(seed)` makes for each seed, which also seeds the random projections. `draw` is called
/// from several threads at once; a draw is dropped before its thread makes the next. `visit`, when given,
/// sees every trial after it was measured, also from several threads.
///
/// Throws what `measure` throws, and std::invalid_argument when there is no seed.
MeasuredSeeds measure_over_seeds(const SeedRange& seeds, const std::function<Trial(uint64_t seed)>& draw,
                                 const std::vector<std::string>& names, const MeasureRequest& request,
                                 const TrialVisit& visit = {});

/// Writes the weights of a seed into a source, and returns what drawing them had to say.
using SourceDraw = std::function<std::vector<std::string>(uint64_t seed)>;

/// The same of a source that holds one draw at a time, one after the other: seeds.threads does not count.
MeasuredSeeds measure_over_seeds(
    const SeedRange& seeds, TapSource& source, const SourceDraw& draw, const Batch& batch,
    const std::vector<std::string>& names, const MeasureRequest& request,
    const std::function<void(int64_t index, const Measured& measured)>& visit = {});

}  // namespace shatterproof
