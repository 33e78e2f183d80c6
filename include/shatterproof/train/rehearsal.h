// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

struct RehearsalOptions {
  int64_t examples = 32;  ///< of the batch, the first ones
  int64_t steps = 60;     ///< at each rate
  /// In the order in which they are tried. A network that fits at one of them has learned.
  std::vector<double> rates = {1e-3, 3e-3, 1e-2};
  /// Tried where none of `rates` got below what a constant has: they overshoot. And before it is called stuck
  /// where the smallest of them did best.
  std::vector<double> smaller_rates = {3e-4, 1e-4};
  /// That all of it may take, the reference included: of processor time, so that the verdict is the same on a
  /// busy machine, which may stretch them fourfold by the clock.
  double seconds = 20;
  at::ScalarType dtype = at::kFloat;
  std::string device = "cpu";
  uint64_t seed = 1;            ///< of labels and targets, and of dropout
  bool drops = true;            ///< dropout drops as in training; false: it gives its mean
  bool follows_inputs = false;  ///< what a plane through the inputs tells is asked, not random answers
  /// Whether the examples stand in another order in every step, each with its label: what an answer owes to
  /// its company cannot be learned then.
  bool reorders = false;
};

/// What the network is asked to fit.
struct RehearsalTask {
  enum class Kind {
    labels,   ///< cross entropy of logits, a final softmax taken off
    targets,  ///< squared error to numbers that the last nonlinearity can give
    own,      ///< the loss that its user gave, of the labels that came with the batch
  };
  Kind kind = Kind::labels;
  int64_t classes = 0;    ///< of labels
  int64_t positions = 1;  ///< of an output, each with labels or targets of its own
  /// Random ones were too much for one hidden layer on the same numbers: these are linear in the inputs.
  bool follows_inputs = false;
  std::string sentence;  ///< "a random label of 8 for each of 32 examples"
};

/// What one learning rate made of it.
struct RehearsalCurve {
  double rate = 0;
  std::vector<double> losses;  ///< before each step; the last one may not be finite
  double level = 0;            ///< smallest mean of five losses in succession; not finite when there are none
  bool finite = true;
};

enum class RehearsalVerdict { learns, memorizes, fragile, slow, stuck, diverges, unjudged };
std::string_view to_string(RehearsalVerdict verdict);
/// Stuck, or diverging.
bool cannot_fit(RehearsalVerdict verdict);
/// That, or memorizing: what was shown not to learn.
bool is_failure(RehearsalVerdict verdict);
/// Stuck, diverging, slow or fragile.
bool is_held_back(RehearsalVerdict verdict);

struct Rehearsal {
  RehearsalVerdict verdict = RehearsalVerdict::unjudged;
  std::string reason;  ///< the verdict in one clause, with its numbers
  RehearsalTask task;
  std::vector<RehearsalCurve> curves;  ///< in the order of the rates tried
  double constant_loss = 0;            ///< of the best prediction that looks at no input
  double least_loss = 0;               ///< of the best prediction of all
  double level = 0;                    ///< the smallest of the curves
  double rate = 0;                     ///< of that curve
  int64_t examples = 0, steps = 0;     ///< steps: over all curves
  double seconds = 0;                  ///< by the clock
  bool cut = false;                    ///< whether the budget left out examples, rates or steps
  bool at_once = false;                ///< learned at the first rate, a tenth left within half of its steps
  /// Level over constant loss of the reference, when one was given and the network did not learn.
  std::optional<double> reference_share;
  /// The same of one hidden layer between the examples' numbers and the answers, where it is stuck or slow.
  std::optional<double> shallow_share;

  /// What is left of the loss around the examples, where it learned, but not at once, and one hidden layer
  /// can do it.
  std::optional<double> around_share;

  /// Which part of the constant's loss is left: 0 when all is fitted, 1 when nothing is.
  double share() const { return share_of(level); }
  double share_of(double loss) const { return (loss - least_loss) / (constant_loss - least_loss); }
};

/// Lets the network fit one batch with random labels: what shows whether it can be trained at all.
///
/// Labels have nothing to do with the inputs, so that only a network that tells examples apart, and whose
/// parameters move what it says of each, gets below the loss of a constant. Adam, batch statistics attached,
/// `steps` steps at each of several rates; a rate at which the loss fell to a tenth of the constant's ends
/// the search, and the best rate goes on for as many steps again, twice, where a tenth of the loss is gone
/// and it still falls.
///
///   learns     a tenth of the constant's loss is left at one rate, or less than kLearnedShare at two
///   memorizes  so it is, but not at once, or at the smaller rates alone, and not of what lies around the
///              examples: with inputs moved by kNeighbourhood of their deviation, anew in every step,
///              kAroundShare is left and kAroundTimes as much as of the examples. Gradients that forget
///              within that distance learn of one example nothing about another. Not asked where inputs are
///              whole numbers, where a plane was asked for, and where targets are not fitted to kFittedShare
///   fragile    less than kLearnedShare at one rate only, and nothing learned at the next larger one: a deep
///              post-norm transformer has a window of rates that narrow; or at the smaller rates alone
///   slow       less than kStuckShare, if need be by the additional steps: it begins to
///   stuck      more is left at every rate
///   diverges   at no rate all losses and gradients were finite
///   unjudged   nobody can tell these examples apart, nothing is trainable, or the budget ended first
///
/// Where it is stuck or slow, one hidden layer of 128 units, of fewer where that were more parameters than
/// its own, is asked the same of the standardized inputs. Random labels are too much for it where inputs are
/// a few numbers: then the network is asked again for what a plane through the inputs tells, and that counts.
///
/// Rates are Adam's usual ones. Smaller ones are tried before a network is called stuck: which of them a
/// plain network begins to learn at depends on rounding.
///
/// An output of K >= 2 numbers is logits: labels of min(K, 8) classes, equally many of each, the first
/// logits. One number, and what passed a bounded nonlinearity (sigmoid, tanh, a rectifier), scaled and
/// shifted by constants or not, gets targets within its reach; where that is unbounded as far apart as the
/// network's own outputs are, and at least 1; behind a rectifier and a final softmax they are logits.
/// Running sums of rectified numbers get targets that rise; one unit's number with several offsets, as
/// ordinal scores, gets targets for one of them. Of vectors of length 1, and cosines, the loss of labels
/// takes them times so much that it can come near 0. A network that is asked for targets is stuck only when
/// nothing of them is fitted, kStuckShareOfTargets: neighbouring positions cannot be told apart as labels
/// can. Of an output with positions, eight have labels or targets of their own, those where examples get
/// most different answers if some get the same at others; where nothing of these is learned, the network is
/// asked once more for one label at all positions of an example, where they are learned by heart alone for
/// one at the last position. Logits that are the same for every example, as a padding token's, stand for no
/// class where others are not. Where real inputs are not learned at once, and numbers of an answer depend on
/// unequally many of them, as in an autoregressive network, those are asked once more that depend on at
/// least half as many as any. Numbers that rise in every answer, or fall, before the steps and after them,
/// as quantiles do, are asked once more for targets that do so where no label was learned. The first output
/// counts.
///
/// Deterministic for a seed while the budget is not the limit. Throws std::invalid_argument when the batch
/// does not fit the network, Interrupted on Ctrl-C.
Rehearsal rehearsal(const Network& network, const Batch& batch, const RehearsalOptions& options = {},
                    const std::optional<Network>& reference = {});

/// The same of a source that runs a graph and can be trained, as a live model.
Rehearsal rehearsal(TapSource& source, const Batch& batch, const RehearsalOptions& options = {},
                    const std::optional<Network>& reference = {});

/// Which part of the constant's loss is left where nothing remains to be shown.
inline constexpr double kFittedShare = .1;
/// Which part may be left where a network has learned.
inline constexpr double kLearnedShare = .5;
/// Which part is left at least where it is stuck.
inline constexpr double kStuckShare = .7;
inline constexpr double kStuckShareOfTargets = .98;
/// What may be left around the examples, of the constant's loss, and beside what is left of the examples.
/// Most networks that learn have .08 to .2 of it left, those behind batch norm whose gradients shatter .44 to
/// .59, 1.8 to 7 times what is left of the examples themselves.
inline constexpr double kAroundShare = 1.0 / 3;
inline constexpr double kAroundTimes = 1.5;
/// How far around an example its label holds, in deviations of the inputs.
inline constexpr double kNeighbourhood = .3;

}  // namespace shatterproof
