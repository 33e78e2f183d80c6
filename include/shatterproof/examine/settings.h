// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "shatterproof/core/interrupt.h"
#include "shatterproof/examine/examples.h"
#include "shatterproof/examine/subject.h"
#include "shatterproof/examine/weight_draws.h"
#include "shatterproof/initializer/provenance.h"
#include "shatterproof/results/record.h"
#include "shatterproof/run/run_options.h"

namespace shatterproof {

/// Where long work stands: `done` of `all` parts of the stage. Called from several threads, one at a time.
using Progress = std::function<void(std::string_view stage, int64_t done, int64_t all)>;

/// How a subject is to be drawn, on which examples, and how it runs. Everything has a default.
struct SessionOptions {
  WeightRequest weights;
  ExampleRequest examples;
  /// Empty: `random` of a file or a built network, `sum` of a family.
  std::optional<Functional> functional;
  /// Empty: the stored ones where a training has moved them, else as each measurement asks.
  std::optional<BatchStatistics> batch_norm;
  /// Whether own weights are initial or trained; empty: what their numbers say.
  std::optional<Provenance::State> standing;
  at::ScalarType dtype = at::kFloat;
  std::string device = "cpu";
  int64_t mini_batch = 0;  ///< examples run at a time; 0: as many as fit
  int threads = 0;         ///< in all, over draws in parallel; 0: all processors
  int64_t memory = 0;      ///< bytes that runs may take in all; 0: default_memory_budget
  Progress progress;
  const Cancellation* cancellation = nullptr;
};

/// The same with nothing left to decide.
struct Settings {
  WeightDraws draws;
  Provenance provenance;  ///< of own weights
  bool fresh = true;      ///< drawn, or own weights that nobody has trained
  RunOptions run;         ///< functional, dtype, device, seed of the first draw, mini-batch as asked for
  std::optional<BatchStatistics> batch_norm;  ///< empty: as each measurement asks
  int threads = 1;
  int64_t memory = 0;
};

/// The subject with the batch norms put back that its export folded into weights, where it is known where and
/// its weights are initial ones or are to be drawn: that is the network that trains. Else the subject itself,
/// as with `weights.as_is`.
Subject as_it_trains(const Subject& subject, const SessionOptions& options);

/// Throws std::invalid_argument when the options exclude each other or do not fit the subject.
Settings settings_of(const Subject& subject, const SessionOptions& options);

/// What there is to say of everything that this library writes: version, date, LibTorch.
ContextRecord context_of_library();
/// The same with how a subject was drawn and run; examples and command are the caller's.
ContextRecord context_record(const Subject& subject, const Settings& settings);

}  // namespace shatterproof
