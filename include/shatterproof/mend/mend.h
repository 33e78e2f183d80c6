// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/examine/check.h"
#include "shatterproof/examine/subject.h"
#include "shatterproof/mend/learning.h"
#include "shatterproof/network/network.h"
#include "shatterproof/results/change.h"
#include "shatterproof/results/remedy.h"

namespace shatterproof {

struct MendOptions : CheckOptions {
  std::vector<Remedy::Kind> only;     ///< kinds of change that are tried; empty: all that can be made
  std::vector<Remedy::Kind> without;  ///< kinds that are not
  bool redraws_trained = false;       ///< weights that were trained may be drawn anew
  int64_t budget = 40;                ///< changed networks that may be checked
  int64_t most_changes = 3;           ///< made together
  /// Changes chosen at random with this seed, of the same list and budget, in place of those that findings
  /// suggest: what they have to be better than.
  std::optional<uint64_t> at_random;
  LearningOptions learning;
  std::function<void(const ChangeRecord&)> after_trial;
};

/// What came of mending a network.
struct Mended {
  Checked before;
  std::vector<ChangeRecord> trials;  ///< in the order in which they were made
  std::vector<Remedy> changes;       ///< those kept; empty when nothing was to be mended or nothing helps
  std::optional<Network> network;    ///< the first draw with them
  std::optional<Checked> after;      ///< over all draws
  std::optional<LearningResult> learned_before, learned_after;  ///< with examples only
  bool interrupted = false;  ///< by Ctrl-C: `trials` is what was found so far

  /// Whether anything was found that is worth a change.
  bool is_sick() const { return worst(before.diagnosis) >= Severity::watch; }
};

/// Checks a network, changes it, checks it again, and keeps the fewest changes that clear its findings.
///
/// What the findings suggest is tried first, then every other form of every kind of change, small ones first;
/// where no single one clears all findings of watch and more, the best are combined with others, up to
/// `most_changes`. A trial is a check of the first draw with its rehearsal. What clears most, with the
/// fewest and smallest changes, is checked over all draws, and kept if that too finds less than before. With
/// `learning.examples` both networks, first draws, are then trained for the same budget.
///
/// Own weights that were trained are never drawn anew without `redraws_trained`; changes that draw are then
/// left out. Parameters keep their names. Deterministic for given options while no budget of seconds is the
/// limit.
///
/// Throws what `check` throws, std::invalid_argument when a kind of `only` can be made by no rewriting of a
/// graph, nothing is left to be tried or the examples cannot be learned, and Interrupted when Ctrl-C ends the
/// first check; later it ends the search. Cost: the first check, `budget` checks of one
/// draw, at most three over all draws, and what `learned` costs twice.
Mended mend(const Subject& subject, const MendOptions& options = {});

/// Changes in a few words each: "add_skips:batch,0.2 + redraw:he".
std::string short_words_of(const std::vector<Remedy>& changes);

}  // namespace shatterproof
