// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/diagnose/facts.h"
#include "shatterproof/diagnose/recurrent_cell.h"
#include "shatterproof/diagnose/thresholds.h"
#include "shatterproof/experiment/coupled_examples.h"
#include "shatterproof/experiment/non_finite.h"
#include "shatterproof/initializer/provenance.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/results/finding.h"
#include "shatterproof/results/reading.h"
#include "shatterproof/results/record.h"
#include "shatterproof/train/awakening.h"
#include "shatterproof/train/own_rehearsal.h"
#include "shatterproof/train/rehearsal.h"
#include "shatterproof/train/without_dropout.h"

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

/// Everything the rules may look at: a network's shape, what was read from it, and how it fared when it was
/// tried.
struct Examination {
  Structure structure;
  int64_t examples = 0;        ///< in the batch
  int64_t input_numbers = 0;   ///< per example
  int64_t output_numbers = 0;  ///< per example
  InputFacts inputs;
  OutputFacts outputs;
  std::string initializer;        ///< the scheme that drew the weights; empty when they are the network's own
  bool initial_weights = true;    ///< drawn by a scheme, or own weights that nobody has trained
  Provenance provenance;          ///< of own weights; of drawn ones without evidence
  bool normalizes_batch = false;  ///< has BatchNormalization
  bool normalizes_layer = false;  ///< has LayerNormalization or another norm of single examples
  int post_norm_sums = 0;         ///< residual sums whose state is normalized before the next skip starts
  /// The most frequent nonlinearity, as theory names it, else its operator; empty when there is none.
  std::string activation;
  /// Nodes whose nonlinearity does nothing else on one side of 0 than on the other: sigmoid, sine, softplus.
  std::set<std::string> without_sides;
  /// Nodes of nonlinearities with no layer behind them: they give the outputs their range, not depth.
  std::set<std::string> at_outputs;
  std::vector<DenormalWeight> denormal_weights;  ///< of the network as given
  bool is_folded = false;                        ///< a file whose batch norms were folded at export
  int64_t norms_put_back = 0;                    ///< of those, where they could be put back
  std::optional<CoupledExamples>
      coupled_examples;                        ///< of a batch, where one's output changes with the others
  int64_t alike_axes = 0;                      ///< Subject::alike_axes
  std::vector<RecurrentCell> recurrent_cells;  ///< in topological order
  /// correlation_length of one rectifier layer of the same width on the same inputs; else empty.
  std::optional<Reading> shallow_twin;
  std::optional<Awakening> awakening;  ///< which parameters training reaches; empty when it was not tried
  std::optional<Rehearsal> rehearsal;  ///< whether one batch can be fitted; empty when it was not tried
  std::optional<OwnRehearsal> own_rehearsal;  ///< the same with its user's loss, where one was given
  /// The same without the rectifier that makes the output; empty but for classes that are not learned with
  /// it.
  std::optional<Rehearsal> without_output_rectifier;
  std::optional<WithoutDropout> without_dropout;  ///< where it was held back and learns so
  std::vector<Draw> draws;
  Draw mean;  ///< readings averaged over the draws

  bool normalizes() const { return normalizes_batch || normalizes_layer; }
};

/// What the rules before a rule have found, in the order of the catalog.
using Findings = std::vector<Finding>;
/// The finding of that rule, or nullptr.
const Finding* find(const Findings& findings, std::string_view id);

/// Where what a rule finds would show when a network is tried (`Rehearsal`).
enum class Showing {
  never,     ///< it need not: learning says nothing against it
  at_once,   ///< in one batch: what learns it at once has no more than a note
  in_batch,  ///< in one batch: what learns has no more than a note of what is on watch, and what learns at
             ///< once of what is critical by its readings too
  around,    ///< also around the examples: what learns there has no more than a note
};
std::string_view to_string(Showing showing);

/// A rule of the catalog: readings in, at most one finding out. The catalog is in the order of causes.
struct RuleRecord {
  std::string id;
  std::string sentence;               ///< what it finds
  std::vector<std::string> rests_on;  ///< measurements it needs
  std::vector<std::string> explains;  ///< rules whose findings follow from this one's
  Showing showing = Showing::never;   ///< in a rehearsal
  /// Judges one draw (or the mean), knowing what earlier rules found in it. Empty when the rule has nothing
  /// to say. The severity is what the readings alone suggest: `diagnose` settles it.
  std::optional<Finding> (*judge)(const Examination&, const Draw&, const Thresholds&, const Findings& found);
  /// What is said when nothing was found, "activations (50 % of inputs)"; empty when it was not measured, or
  /// when what it would praise is below its healthy bound. nullptr: it never says anything.
  std::string (*healthy)(const Examination&, const Draw&, const Thresholds&, const Findings& found);
};

/// What a check concludes.
struct Diagnosis {
  std::vector<Finding> findings;     ///< worst first, causes before what follows from them
  std::vector<std::string> healthy;  ///< what was checked and fine, a phrase each
  std::vector<std::string> missing;  ///< what a verdict needs and nobody measured: without it there is none
};

/// Applies every rule to the mean of the draws and to each draw. A finding is as severe as at least half of
/// the draws confirm, and says how many did. Then the rehearsal settles it: `critical` is for a network that
/// was shown not to learn, or whose numbers overflow; the first cause among the findings then is, and what
/// follows from it names it. What a network that learns shows is `watch` at most.
Diagnosis diagnose(const Examination& examination, const Thresholds& thresholds);

/// The severity of the worst finding; info without any.
Severity worst(const Diagnosis& diagnosis);
/// "healthy", "watch", "critical", or "unknown" when nothing was found and something is missing.
VerdictRecord verdict_record(const Diagnosis& diagnosis);

}  // namespace shatterproof
