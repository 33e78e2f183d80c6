// SPDX-License-Identifier: Apache-2.0
#include "examine/rehearse.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

namespace shatterproof {
namespace {

// Whether an input has a number for each pair of positions, other ones for other examples, and what they join
// is another input's: the edges of molecules, say, that are examples.
bool gives_edges(const Batch& batch) {
  constexpr int64_t kAxes = 3;
  for (const at::Tensor& pairs : batch.inputs) {
    if (pairs.dim() != kAxes || pairs.size(1) < 2 || pairs.size(1) != pairs.size(2)) continue;
    if (pairs.eq(pairs.narrow(0, 0, 1)).all().item<bool>()) continue;  // a mask for all
    for (const at::Tensor& joined : batch.inputs) {
      if (!joined.is_same(pairs) && joined.dim() == kAxes && joined.size(1) == pairs.size(1)) return true;
    }
  }
  return false;
}

// What answers for an example or a position by its neighbours too need not fit random labels to be fine.
void excuse_neighbours(const Batch& batch, Examination& examination) {
  Rehearsal& made = *examination.rehearsal;
  const bool nodes = made.task.positions > 1 && gives_edges(batch);
  const bool share =
      nodes || (examination.coupled_examples && examination.coupled_examples->by_given_neighbours);
  if (!share || !(is_held_back(made.verdict) || is_failure(made.verdict))) return;
  made.verdict = RehearsalVerdict::unjudged;
  made.reason = fmt::format("{} that share neighbours cannot be told apart by random labels; {}",
                            nodes ? "positions" : "examples", made.reason);
}

// Through masks a loss falls the more slowly the more is dropped: stuck is where it does not fall at all, and
// not for what a plane tells either.
void excuse_dropout(Examination& examination) {
  constexpr double kHardlyFallen = .95;
  const std::optional<WithoutDropout>& without = examination.without_dropout;
  if (!without) return;
  Rehearsal& made = *examination.rehearsal;
  if (!without->is_usual()) {
    const bool learns_plane = without->of_plane && without->of_plane->share() < kHardlyFallen;
    if (made.verdict == RehearsalVerdict::stuck && (made.share() < kHardlyFallen || learns_plane))
      made.verdict = RehearsalVerdict::slow;
    return;
  }
  const std::string through = made.reason;
  made = without->rehearsal;
  made.reason += "; through its dropout: " + through;
}

// One batch is learned by heart also where each example is answered by its company, as long as that stays.
// Whether it is not where the company changes.
bool needs_company(TapSource& source, const Batch& batch, RehearsalOptions options,
                   Examination& examination) {
  const std::optional<CoupledExamples>& coupled = examination.coupled_examples;
  Rehearsal& made = *examination.rehearsal;
  const bool fits = made.verdict == RehearsalVerdict::learns || made.verdict == RehearsalVerdict::memorizes;
  if (!fits || !coupled || coupled->by_given_neighbours || coupled->by_statistics) return false;
  options.drops = !examination.without_dropout;
  options.reorders = true;
  Rehearsal again = rehearsal(source, batch, options);
  if (!cannot_fit(again.verdict)) return false;
  again.reason += ", its examples in another order in every step; in one order " + made.reason;
  made = std::move(again);
  return true;
}

void weigh(const Rehearsal& own, Rehearsal& random) {
  const bool says_more = random.verdict == RehearsalVerdict::unjudged
                             ? own.verdict != RehearsalVerdict::unjudged
                             : is_held_back(random.verdict) && own.verdict == RehearsalVerdict::learns;
  if (!says_more) return;
  const std::string before = random.reason;
  random = own;
  random.reason += "; random labels: " + before;
}

}  // namespace

void rehearse(TapSource& source, const LossOfBatch& loss, const Batch& batch, const RehearsalOptions& options,
              Examination& examination) {
  examination.rehearsal = rehearsal(source, batch, options);
  excuse_neighbours(batch, examination);
  examination.without_dropout = without_dropout(source, batch, options, *examination.rehearsal);
  excuse_dropout(examination);
  const bool in_company = needs_company(source, batch, options, examination);
  examination.own_rehearsal = own_rehearsal(source, loss, batch, options);
  if (examination.own_rehearsal && !in_company)
    weigh(examination.own_rehearsal->rehearsal, *examination.rehearsal);
}

}  // namespace shatterproof
