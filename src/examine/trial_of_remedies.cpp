// SPDX-License-Identifier: Apache-2.0
#include "examine/trial_of_remedies.h"

#include <algorithm>
#include <cmath>

#include "examine/examination.h"
#include "examine/zero_readout.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/diagnose/describe.h"
#include "shatterproof/diagnose/remedy_words.h"
#include "train/live_awakening.h"

namespace shatterproof {
namespace {

// A remedy has to make such a network learn.
bool must_learn(const std::optional<Rehearsal>& rehearsal) {
  return rehearsal && (is_failure(rehearsal->verdict) || rehearsal->verdict == RehearsalVerdict::fragile);
}

// Of a network, plans in the types that these take.
Rehearsal rehearsed(Altered& made, const RehearsalOptions& options) {
  if (const Network* network = made.source().network()) return rehearsal(*network, made.batch(), options);
  if (!made.source().trainee({})) return {};  // its code does not run in training with what was put in
  return rehearsal(made.source(), made.batch(), options);
}

std::optional<Awakening> awakened(Altered& made) {
  const Network* network = made.source().network();
  if (network) return awakening(*network, made.batch());
  return awakening_as_it_runs(made.source(), made.batch(), AwakeningOptions().seed);
}

std::unique_ptr<Altered> altered_again(Altered& made, const Remedy& further, const RunOptions& run) {
  const Network* network = made.source().network();
  return network ? altered(*network, made.batch(), further, run.seed, run)
                 : altered(made.source(), made.batch(), further, run.seed);
}

enum class Outcome { helps, does_not_help, cannot_be_made, no_time };

Outcome outcome(bool helps) {
  return helps ? Outcome::helps : Outcome::does_not_help;
}

class TrialRun {
 public:
  explicit TrialRun(const RemedyTrial& trial)
      : trial_(trial), before_(suspicions(trial.examination)), seconds_left_(trial.rehearsal.seconds) {
    const std::optional<Rehearsal>& made = trial.examination.without_output_rectifier;
    if (made) seconds_left_ -= made->seconds;
  }

  Outcome outcome_of(const Finding& finding, Remedy& remedy) {
    const std::unique_ptr<Altered> made = trial_.alter(remedy);
    if (!made) return Outcome::cannot_be_made;
    const Examination after = examination_after(*made, remedy);
    const Findings found = suspicions(after);
    if (remedy.promise) remedy.measured = value_at_input(after.mean.readings, remedy.promise->reading);
    if (misses(remedy)) return Outcome::does_not_help;
    const bool has_to = must_learn(trial_.examination.rehearsal);
    // What its readings alone call worse may learn all the same.
    if (has_to || is_worse(found, finding.id)) {
      const RehearsalVerdict again = rehearsed_with(remedy, *made);
      if (again == RehearsalVerdict::unjudged) return unjudged();
      if (has_to && learns_more(again)) return Outcome::helps;
      if (has_to) {
        remedy.falls_short = opens_the_way(remedy) && !find(found, finding.id);
        return outcome(remedy.falls_short);
      }
      if (again != RehearsalVerdict::learns) return Outcome::does_not_help;
    }
    const Finding* left = find(found, finding.id);
    const Finding* was = find(before_, finding.id);
    return outcome(!left || (was && left->severity < was->severity));
  }

 private:
  // Time ran out, or it does not train.
  Outcome unjudged() const {
    constexpr double kHardlyAny = .05;
    const bool is_over = seconds_left_ < kHardlyAny * trial_.rehearsal.seconds;
    return is_over ? Outcome::no_time : Outcome::cannot_be_made;
  }

  // Of what fits no batch, what fits one helps, though its neighbours are another question.
  bool learns_more(RehearsalVerdict after) const {
    const bool fitted_none = cannot_fit(trial_.examination.rehearsal->verdict);
    return after == RehearsalVerdict::learns || (fitted_none && after == RehearsalVerdict::memorizes);
  }

  // Before units part, and zeros open, nothing else can help.
  static bool opens_the_way(const Remedy& remedy) {
    return remedy.kind == Remedy::Kind::break_symmetry || remedy.kind == Remedy::Kind::revive;
  }

  // One was rehearsed before there was a diagnosis.
  RehearsalVerdict rehearsed_with(const Remedy& remedy, Altered& made) {
    const std::optional<Rehearsal>& before = trial_.examination.without_output_rectifier;
    if (before && remedy.kind == Remedy::Kind::bare_output) return before->verdict;
    if (seconds_left_ <= 0) return RehearsalVerdict::unjudged;
    RehearsalOptions options = trial_.rehearsal;
    options.seconds = seconds_left_;
    const Rehearsal again = rehearsed(made, options);
    seconds_left_ -= again.seconds;
    return again.verdict;
  }

  // What the readings of the first draw alone suggest.
  Findings suspicions(const Examination& examination) const {
    Findings found;
    for (const RuleRecord& rule : rules()) {
      auto finding = rule.judge(examination, examination.draws.front(), trial_.thresholds, found);
      if (!finding) continue;
      finding->id = rule.id;
      found.push_back(std::move(*finding));
    }
    return found;
  }

  Examination examination_after(Altered& made, const Remedy& remedy) const {
    Measured measured = measure(made.source(), made.batch(), measurements_of_rules(), trial_.request);
    const auto alter = [&](const Remedy& further) {
      return altered_again(made, further, trial_.request.run);
    };
    if (auto behind = measured_behind_zero_readout(*made.source().graph(), alter, measurements_of_rules(),
                                                   trial_.request, measured))
      measured = std::move(*behind);
    Examination after = examination_of(made.source(), made.batch(), trial_.request.run, measured.readings);
    after.initializer = remedy.kind == Remedy::Kind::redraw ? remedy.scheme : trial_.examination.initializer;
    after.initial_weights = trial_.examination.initial_weights;
    after.shallow_twin = trial_.examination.shallow_twin;
    if (trial_.examination.awakening) after.awakening = awakened(made);
    return after;
  }

  bool is_worse(const Findings& found, const std::string& treated) const {
    return std::any_of(found.begin(), found.end(), [&](const Finding& after) {
      const Finding* was = find(before_, after.id);
      return after.id != treated && after.severity == Severity::critical &&
             (!was || was->severity < Severity::critical);
    });
  }

  // Whether the reading went away from what was predicted instead of towards it.
  static bool misses(const Remedy& remedy) {
    if (!remedy.promise || !remedy.now || !remedy.measured) return false;
    const auto distance = [&](double value) { return std::abs(std::log(value / remedy.promise->value)); };
    return *remedy.measured > 0 && *remedy.now > 0 && distance(*remedy.measured) >= distance(*remedy.now);
  }

  const RemedyTrial& trial_;
  Findings before_;
  double seconds_left_;  // that rehearsals of changed networks may take together
};

}  // namespace

std::optional<double> value_at_input(const std::vector<Reading>& readings, const std::string& name) {
  const Reading* reading = find(readings, name, ReadingType::scalar);
  if (!reading) reading = find(readings, name, ReadingType::curve);
  return reading && reading->is_defined() ? std::optional(reading->values.front()) : std::nullopt;
}

std::optional<Rehearsal> without_output_rectifier(const RemedyTrial& trial) {
  if (trial.examination.outputs.shut_outputs == 0 || !must_learn(trial.examination.rehearsal)) return {};
  trial.before_each();
  const std::unique_ptr<Altered> made = trial.alter({.kind = Remedy::Kind::bare_output});
  return made ? std::optional(rehearsed(*made, trial.rehearsal)) : std::nullopt;
}

void try_remedies(const RemedyTrial& trial, Diagnosis& diagnosis) {
  const bool any =
      std::any_of(diagnosis.findings.begin(), diagnosis.findings.end(), [](const Finding& finding) {
        return finding.cause.empty() && finding.severity >= Severity::watch && !finding.remedies.empty();
      });
  if (!any) return;
  constexpr size_t kEnough = 2;  // changes to choose between
  TrialRun run(trial);
  for (Finding& finding : diagnosis.findings) {
    if (!finding.cause.empty() || finding.severity < Severity::watch) continue;
    std::vector<Remedy> helping, untried, failing;
    size_t out_of_time = 0;  // those behind them would be no better, and depend on the machine
    for (Remedy& remedy : finding.remedies) {
      if (helping.size() + out_of_time == kEnough) break;
      trial.before_each();
      const Outcome outcome = run.outcome_of(finding, remedy);
      if (outcome == Outcome::no_time) ++out_of_time;
      if (outcome == Outcome::no_time || outcome == Outcome::cannot_be_made) untried.push_back(remedy);
      if (outcome == Outcome::helps) helping.push_back(remedy);
      if (outcome == Outcome::does_not_help)
        failing.push_back(
            {.kind = remedy.kind, .layers = remedy.layers, .scheme = remedy.scheme, .value = remedy.value});
    }
    finding.remedies = std::move(helping);
    finding.remedies.insert(finding.remedies.end(), untried.begin(), untried.end());
    finding.next = words_of(finding.remedies);
    if (finding.remedies.empty() && !failing.empty())
      finding.next = "no advice: tried, and it did not help, was to " + words_of(failing);
  }
}

}  // namespace shatterproof
