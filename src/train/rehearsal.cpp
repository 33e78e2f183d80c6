// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/rehearsal.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "train/rehearsal_stage.h"
#include "train/shallow_control.h"

namespace shatterproof {
namespace {

void check(const Batch& batch, const RehearsalOptions& options) {
  if (batch.examples() == 0) reject("rehearsal", "needs at least 1 example", "0");
  if (options.examples < 2)
    reject("rehearsal", "examples must be from 2 on", std::to_string(options.examples));
  if (options.steps < kLossesOfLevel)
    reject("rehearsal", fmt::format("steps must be from {} on", kLossesOfLevel),
           std::to_string(options.steps));
  if (options.rates.empty()) reject("rehearsal", "needs at least 1 rate", "none");
  for (const double rate : options.rates) {
    if (!std::isfinite(rate) || rate <= 0)
      reject("rehearsal", "rates must be numbers above 0", fmt::format("{}", rate));
  }
  if (!(options.seconds > 0))
    reject("rehearsal", "seconds must be above 0", fmt::format("{}", options.seconds));
}

// Of one hidden layer too.
bool is_too_much(const Rehearsal& found) {
  return found.shallow_share && *found.shallow_share >= kLearnedShare;
}

bool is_real(const Batch& batch) {
  return std::all_of(batch.inputs.begin(), batch.inputs.end(),
                     [](const at::Tensor& input) { return at::isFloatingType(input.scalar_type()); });
}

// Whether each position of an example is asked for a label of its own: nodes of a graph see next to the same,
// and need not be told apart to tell examples apart, nor need a network know by heart so many times more
// labels than there are examples.
bool asks_each_position(const Rehearsal& found) {
  return found.task.kind == RehearsalTask::Kind::labels && found.task.positions > 1 &&
         !found.task.follows_inputs;
}

// Squared errors still fall where labels are long told apart.
bool is_fitted(const Rehearsal& found) {
  return found.task.kind == RehearsalTask::Kind::labels || found.share() < kFittedShare;
}

// In more than a few steps, or at rates below the usual ones alone.
bool learned_slowly(const Rehearsal& found, const RehearsalOptions& options) {
  const double least = *std::min_element(options.rates.begin(), options.rates.end());
  return (found.verdict == RehearsalVerdict::learns && !found.at_once) ||
         (found.verdict == RehearsalVerdict::fragile && found.rate < least);
}

// Numbers that depend on little of the inputs can tell few examples apart, and others may well.
void ask_what_sees(TapSource& source, const Batch& batch, const RehearsalOptions& options,
                   const Budget& budget, StageChange& change, StageResult& found) {
  StageChange seeing = change;
  seeing.asking.sight = sight_of(source, batch, run_of(options));
  if (!seeing.asking.sight) return;
  StageResult again = rehearsed_on(source, batch, options, budget, seeing);
  if (lags(again.rehearsal) || cannot_fit(again.rehearsal.verdict)) return;
  found = std::move(again);
  change = std::move(seeing);
}

// Of quantiles, and of the shares of those that are still alive, no label can make the lowest the largest.
void ask_in_order(TapSource& source, const Batch& batch, const RehearsalOptions& options,
                  const Budget& budget, StageChange& change, StageResult& found) {
  StageChange ordered = change;
  ordered.asking.in_order = true;
  StageResult again = rehearsed_on(source, batch, options, budget, ordered);
  if (again.rehearsal.verdict != RehearsalVerdict::learns) return;
  found = std::move(again);
  change = std::move(ordered);
}

// What was learned by heart may hold of the examples alone.
void ask_around(TapSource& source, const Batch& batch, const RehearsalOptions& options, const Budget& budget,
                StageChange change, Rehearsal& found) {
  if (budget.is_spent()) return;
  change.neighbourhood = kNeighbourhood;
  Rehearsal around;
  try {
    around = rehearsed_on(source, batch, options, budget, change).rehearsal;
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception&) {  // codes of classes, say, that stand among real numbers
    return;
  }
  found.steps += around.steps;
  // What one hidden layer cannot do either says nothing.
  if (!std::isfinite(around.level) || is_too_much(around)) return;
  found.around_share = around.share();
  found.reason +=
      fmt::format("; {:.3g} within {:g} deviations around the examples", around.level, kNeighbourhood);
  if (*found.around_share >= std::max(kAroundShare, kAroundTimes * found.share()))
    found.verdict = RehearsalVerdict::memorizes;
}

// Where it learned slowly.
void look_around(TapSource& source, const Batch& batch, const RehearsalOptions& options, const Budget& budget,
                 const StageChange& change, Rehearsal& found) {
  if (learned_slowly(found, options) && is_fitted(found) && !found.task.follows_inputs && is_real(batch))
    ask_around(source, batch, options, budget, change, found);
}

// For one label of an example: at all of its positions where nothing was learned of those of each, at the
// last position where they were learned by heart.
void ask_one_label(TapSource& source, const Batch& batch, const RehearsalOptions& options,
                   const Budget& budget, StageChange& change, Rehearsal& found) {
  StageChange one = change;
  (found.verdict == RehearsalVerdict::stuck ? one.asking.one_label : one.asking.one_position) = true;
  Rehearsal again = rehearsed_on(source, batch, options, budget, one).rehearsal;
  look_around(source, batch, options, budget, one, again);
  if (again.verdict != RehearsalVerdict::learns) return;
  found = std::move(again);
  change = std::move(one);
}

// Seconds of a step with all examples; a first step takes longer than those after it.
double measured_step(TapSource& source, const Batch& batch, const RehearsalOptions& options,
                     const Budget& budget) {
  RehearsalOptions trial = options;
  trial.steps = kLossesOfLevel;
  trial.rates.resize(1);
  return rehearsed_on(source, batch, trial, budget).seconds_per_step;
}

std::unique_ptr<TapSource> source_of(const Network& network, const RehearsalOptions& options) {
  RunOptions run;
  run.dtype = options.dtype;
  run.device = options.device;
  return tap_source(network, run);
}

}  // namespace

std::string_view to_string(RehearsalVerdict verdict) {
  switch (verdict) {
    case RehearsalVerdict::learns:
      return "learns";
    case RehearsalVerdict::memorizes:
      return "memorizes";
    case RehearsalVerdict::fragile:
      return "fragile";
    case RehearsalVerdict::slow:
      return "slow";
    case RehearsalVerdict::stuck:
      return "stuck";
    case RehearsalVerdict::diverges:
      return "diverges";
    case RehearsalVerdict::unjudged:
      return "unjudged";
  }
  return "";
}

bool cannot_fit(RehearsalVerdict verdict) {
  return verdict == RehearsalVerdict::stuck || verdict == RehearsalVerdict::diverges;
}

bool is_failure(RehearsalVerdict verdict) {
  return cannot_fit(verdict) || verdict == RehearsalVerdict::memorizes;
}

bool is_held_back(RehearsalVerdict verdict) {
  return cannot_fit(verdict) || verdict == RehearsalVerdict::slow || verdict == RehearsalVerdict::fragile;
}

Rehearsal rehearsal(const Network& network, const Batch& batch, const RehearsalOptions& options,
                    const std::optional<Network>& reference) {
  return rehearsal(*source_of(network, options), batch, options, reference);
}

Rehearsal rehearsal(TapSource& source, const Batch& batch, const RehearsalOptions& options,
                    const std::optional<Network>& reference) {
  check(batch, options);
  constexpr int64_t kFewestExamples = 8;
  const Budget budget(options.seconds);
  const int64_t at_once = source.examples_at_once(batch);
  const int64_t wanted = at_once > 0 ? at_once : std::min(options.examples, batch.examples());
  Batch played = batch.slice(0, std::min(wanted, batch.examples()));
  bool fewer = false;
  if (at_once == 0 && wanted > kFewestExamples) {
    // Two whole rates have to fit.
    const double step = measured_step(source, played.slice(0, kFewestExamples), options, budget);
    const double affordable = budget.left() / (2. * static_cast<double>(options.steps));
    if (step > 0 && step * static_cast<double>(wanted) / kFewestExamples > affordable) {
      const auto examples = static_cast<int64_t>(affordable / step * kFewestExamples);
      played = played.slice(0, std::clamp(examples, kFewestExamples, wanted));
      fewer = played.examples() < wanted;
    }
  }
  StageChange change;
  if (options.follows_inputs) change.asking.numbers = standardized_numbers(played, options.seed);
  StageResult first = rehearsed_on(source, played, options, budget, change);
  if (first.in_order && is_held_back(first.rehearsal.verdict) && !budget.is_spent())
    ask_in_order(source, played, options, budget, change, first);
  const bool in_doubt =
      lags(first.rehearsal) || is_too_much(first.rehearsal) || learned_slowly(first.rehearsal, options);
  if (in_doubt && is_real(played) && !budget.is_spent())
    ask_what_sees(source, played, options, budget, change, first);
  Rehearsal& found = first.rehearsal;
  if (is_too_much(found) && !found.task.follows_inputs && !budget.is_spent()) {
    change.asking.numbers = standardized_numbers(first.seen, options.seed);
    found = rehearsed_on(source, played, options, budget, change).rehearsal;
  }
  look_around(source, played, options, budget, change, found);
  const bool is_unlearned =
      found.verdict == RehearsalVerdict::stuck || found.verdict == RehearsalVerdict::memorizes;
  if (is_unlearned && asks_each_position(found) && !budget.is_spent())
    ask_one_label(source, played, options, budget, change, found);
  if (reference && lags(found) && !budget.is_spent()) {
    const Rehearsal healthy =
        rehearsed_on(*source_of(*reference, options), played, options, budget, change).rehearsal;
    if (std::isfinite(healthy.level)) found.reference_share = healthy.share();
  }
  found.cut = found.cut || fewer;
  found.seconds = budget.by_the_clock();
  return found;
}

}  // namespace shatterproof
