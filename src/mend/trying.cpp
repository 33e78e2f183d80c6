// SPDX-License-Identifier: Apache-2.0
#include "mend/trying.h"

#include <algorithm>

#include "examine/trial_of_remedies.h"
#include "mend/candidates.h"
#include "shatterproof/diagnose/catalog.h"

namespace shatterproof {
namespace {

using Kind = Remedy::Kind;

CheckOptions first_options(const MendOptions& options) {
  CheckOptions first = options;
  first.tries_remedies = false;
  first.predicts = false;
  return first;
}

// The scheme that draws weights after the changes; empty for own weights.
std::string scheme_after(const std::vector<Remedy>& changes, const std::string& before) {
  if (before.empty()) return before;
  std::string scheme = before;
  for (const Remedy& change : changes) {
    if (change.kind == Kind::redraw) scheme = change.scheme;
    if (change.kind == Kind::replace_nonlinearity && change.scheme == "relu") scheme = "he";
  }
  return scheme;
}

std::optional<double> loss_of(const Checked& checked) {
  return checked.rehearsal ? std::optional(checked.rehearsal->level) : std::nullopt;
}

// The first cause, whose number says what the changes do.
const Finding* cause_of(const Diagnosis& diagnosis) {
  for (const Finding& finding : diagnosis.findings) {
    if (finding.severity >= Severity::watch && finding.cause.empty()) return &finding;
  }
  return nullptr;
}

}  // namespace

Trying::Trying(const Subject& subject, const MendOptions& options)
    : subject_(subject), options_(options), before_(check(subject, first_options(options))) {
  const Session session(subject, first_options(options));
  first_ = session.trial(session.settings().draws.first_seed);
}

int64_t Trying::burden(const Diagnosis& diagnosis) {
  constexpr int64_t kCritical = 100;
  int64_t burden = 0;
  for (const Finding& finding : diagnosis.findings) {
    if (!finding.cause.empty()) continue;  // goes with what it follows from
    burden += finding.severity == Severity::critical ? kCritical
              : finding.severity == Severity::watch  ? 1
                                                     : 0;
  }
  return burden;
}

std::optional<Changed> Trying::made(const std::vector<Remedy>& changes) const {
  return changed(first_.network, first_.batch, changes, options_.weights.first_seed);
}

CheckOptions Trying::options_after(const std::vector<Remedy>& changes) const {
  CheckOptions after = first_options(options_);
  after.dump.clear();
  after.functional = Functional::parse(before_.context.functional);
  after.standing = before_.fresh || has_kind(changes, Kind::redraw) ? Provenance::State::fresh
                                                                    : Provenance::State::trained;
  if (has_kind(changes, Kind::standardize_inputs)) after.examples.standardize = true;
  return after;
}

Subject Trying::subject_after(const Changed& made) const {
  Subject after = subject_of_network(made.network);
  after.description = subject_.description;
  after.fixed_batch = subject_.fixed_batch;
  after.notes = subject_.notes;
  return after;
}

std::optional<ChangeRecord> Trying::tried(std::vector<Remedy> changes) const {
  const std::optional<Changed> changed = made(changes);
  if (!changed) return {};
  CheckOptions once = options_after(changes);
  once.weights.scheme.clear();
  once.weights.count = 1;
  const Checked after = check(subject_after(*changed), once);
  ChangeRecord trial;
  trial.changes = std::move(changes);
  for (const Finding& finding : after.diagnosis.findings) {
    if (finding.severity >= Severity::watch) trial.left.push_back(finding.id);
  }
  trial.worst = worst(after.diagnosis);
  trial.helps = burden(after.diagnosis) < burden(before_.diagnosis);
  read(after, trial);
  return trial;
}

void Trying::read(const Checked& after, ChangeRecord& trial) const {
  for (const Remedy& change : trial.changes) {
    if (!change.promise) continue;
    trial.reading = change.promise->reading;
    if (trial.changes.size() == 1) trial.predicted = change.promise->value;
    break;
  }
  const Finding* cause = cause_of(before_.diagnosis);
  if (trial.reading.empty() && cause && !cause->evidence.empty())
    trial.reading = cause->evidence.front().name;
  trial.before = value_at_input(before_.readings, trial.reading);
  trial.after = value_at_input(after.readings, trial.reading);
  trial.loss_before = loss_of(before_);
  trial.loss_after = loss_of(after);
  if (after.rehearsal) trial.rehearsal = to_string(after.rehearsal->verdict);
}

Checked Trying::checked_over_draws(const std::vector<Remedy>& changes, const Changed& made) const {
  CheckOptions all = options_after(changes);
  all.weights.scheme = scheme_after(changes, before_.context.initializer);
  all.weights.count = before_.context.initializer.empty() ? 1 : before_.context.seeds;
  all.weights.as_is = true;
  Subject subject = subject_after(made);
  std::vector<Remedy> of_weights;
  for (const Remedy& change : changes) {
    if (change.kind == Kind::scale_layer) of_weights.push_back(change);
  }
  // Drawing undoes what multiplied weights.
  if (!of_weights.empty()) {
    subject.made_of_draw = [of_weights](const Network& drawn) {
      const std::optional<Changed> scaled = changed(drawn, {}, of_weights, 1);
      return scaled ? scaled->network : drawn;
    };
  }
  return check(subject, all);
}

}  // namespace shatterproof
