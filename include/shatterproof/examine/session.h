// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/examine/examples.h"
#include "shatterproof/examine/settings.h"
#include "shatterproof/examine/subject.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/results/record.h"

namespace shatterproof {

/// A subject, how it is drawn, what it runs on and how, with nothing left to decide.
class Session {
 public:
  /// Of the subject as it trains. Throws std::invalid_argument when the options exclude each other or do not
  /// fit the subject, IoError when examples cannot be read.
  Session(const Subject& subject, const SessionOptions& options);

  /// The network and the batch of one seed. Callable from several threads at once.
  Trial trial(uint64_t seed) const;

  /// How readings of this session are made.
  MeasureRequest request() const;

  /// Measures every draw, draws in parallel; `tap` as MeasureRequest has it, `visit` as measure_over_seeds
  /// has it.
  MeasuredSeeds measure(const std::vector<std::string>& names, const std::string& tap,
                        const TrialVisit& visit = {}) const;

  /// Writes the inputs, taps and weights of the first draw into a folder.
  void dump(const std::string& folder) const;

  const Subject& subject() const { return subject_; }
  const Settings& settings() const { return settings_; }  ///< the mini-batch being what the examples made it
  const Examples& examples() const { return examples_; }
  void progress(std::string_view stage, int64_t done, int64_t all) const;

  /// How everything is made: the first line of results, `command` left empty.
  ContextRecord context() const;
  /// What was measured, with the notes of import and initialization.
  CoverageRecord coverage(const MeasuredSeeds& measured) const;

 private:
  Subject subject_;
  Settings settings_;
  Examples examples_;
  Progress progress_;
};

}  // namespace shatterproof
