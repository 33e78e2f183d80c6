// SPDX-License-Identifier: Apache-2.0
#include "examine/rehearse.h"

#include <string>

namespace shatterproof {
namespace {

bool is_held_back(const Rehearsal& made) {
  return cannot_fit(made.verdict) || made.verdict == RehearsalVerdict::slow ||
         made.verdict == RehearsalVerdict::fragile;
}

// What answers for an example by its neighbours too need not fit random labels to be fine.
void excuse_neighbours(Examination& examination) {
  const bool share = examination.coupled_examples && examination.coupled_examples->by_given_neighbours;
  Rehearsal& made = *examination.rehearsal;
  if (!share || !(is_held_back(made) || is_failure(made.verdict))) return;
  made.verdict = RehearsalVerdict::unjudged;
  made.reason = "examples that share neighbours cannot be told apart by random labels; " + made.reason;
}

void weigh(const Rehearsal& own, Rehearsal& random) {
  const bool says_more = random.verdict == RehearsalVerdict::unjudged
                             ? own.verdict != RehearsalVerdict::unjudged
                             : is_held_back(random) && own.verdict == RehearsalVerdict::learns;
  if (!says_more) return;
  const std::string before = random.reason;
  random = own;
  random.reason += "; random labels: " + before;
}

}  // namespace

void rehearse(TapSource& source, const LossOfBatch& loss, const Batch& batch, const RehearsalOptions& options,
              Examination& examination) {
  examination.rehearsal = rehearsal(source, batch, options);
  excuse_neighbours(examination);
  examination.own_rehearsal = own_rehearsal(source, loss, batch, options);
  if (examination.own_rehearsal) weigh(examination.own_rehearsal->rehearsal, *examination.rehearsal);
}

}  // namespace shatterproof
