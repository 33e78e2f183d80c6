// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shatterproof/diagnose/thresholds.h"
#include "shatterproof/experiment/non_finite.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/results/finding.h"
#include "shatterproof/results/reading.h"
#include "shatterproof/results/record.h"

namespace shatterproof {

/// What one draw of weights showed.
struct Draw {
  std::vector<Reading> readings;
  std::optional<NonFinite> non_finite;
};

/// A parameter so small that its numbers are no normal ones any more, though not all zero.
struct DenormalWeight {
  std::string name;
  double largest = 0;  ///< magnitude, below the least normal float32, 1.2e-38
};

/// Everything the rules may look at: a network's shape and what was read from it.
struct Examination {
  Structure structure;
  int64_t examples = 0;           ///< in the batch
  int64_t input_numbers = 0;      ///< per example
  double input_std = 1;           ///< standard deviation of the batch's input numbers
  int64_t output_numbers = 0;     ///< per example
  std::string initializer;        ///< the scheme that drew the weights; empty when they are trained
  bool initial_weights = true;    ///< drawn by a scheme, not trained
  bool normalizes_batch = false;  ///< has BatchNormalization
  bool normalizes_layer = false;  ///< has LayerNormalization or another norm of single examples
  /// The most frequent nonlinearity, as theory names it, else its operator; empty when there is none.
  std::string activation;
  std::vector<DenormalWeight> denormal_weights;  ///< of the network as given
  bool is_folded = false;                        ///< see looks_folded
  /// correlation_length of one rectifier layer of the same width on the same inputs; else empty.
  std::optional<Reading> shallow_twin;
  std::vector<Draw> draws;
  Draw mean;  ///< readings averaged over the draws
};

/// A rule of the catalog: readings in, at most one finding out.
struct RuleRecord {
  std::string id;
  std::string sentence;  ///< what it finds
  bool judges_initial_weights = true;
  bool judges_trained_weights = true;
  std::vector<std::string> rests_on;  ///< measurements it needs
  /// Judges one draw (or the mean). Empty when the rule has nothing to say.
  std::optional<Finding> (*judge)(const Examination&, const Draw&, const Thresholds&);
  /// What is said when nothing was found, "activations (50 % of inputs)"; empty when it was not measured.
  std::string (*healthy)(const Examination&, const Draw&, const Thresholds&);
};

/// What a check concludes.
struct Diagnosis {
  std::vector<Finding> findings;     ///< worst first
  std::vector<std::string> healthy;  ///< what was checked and fine, a phrase each
};

/// Applies every rule to the mean of the draws and to each draw. A finding is as severe as at least half of
/// the draws confirm, and says how many did.
Diagnosis diagnose(const Examination& examination, const Thresholds& thresholds);

/// The severity of the worst finding; info without any.
Severity worst(const Diagnosis& diagnosis);
/// "healthy", "watch" or "critical", and what was found fine.
VerdictRecord verdict_record(const Diagnosis& diagnosis);

}  // namespace shatterproof
