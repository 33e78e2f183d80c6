// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/own_rehearsal.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <vector>

#include "shatterproof/core/interrupt.h"
#include "train/own_task.h"
#include "train/rehearsal_stage.h"

namespace shatterproof {
namespace {

RunOptions run_of(const RehearsalOptions& options) {
  RunOptions run;
  run.functional.kind = Functional::Kind::probe;
  run.batch_norm = BatchStatistics::attached;
  run.dtype = options.dtype;
  run.device = options.device;
  run.seed = options.seed;
  return run;
}

// The examples to play with, what comes out for them and the loss of it.
struct Play {
  Batch batch;
  std::vector<at::Tensor> outputs;
  OwnLoss loss;
};

std::optional<Play> play_on(TapSource& source, const LossOfBatch& loss, const Batch& batch,
                            const RunOptions& run) {
  Play play{batch, source.outputs(batch, run), loss(batch)};
  if (!play.loss || play.outputs.empty()) return {};
  try {
    if (!std::isfinite(play.loss(play.outputs).item<double>())) return {};
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception&) {  // whatever the user's code does with so few examples
    return {};
  }
  return play;
}

std::optional<Play> play(TapSource& source, const LossOfBatch& loss, const Batch& batch,
                         const RehearsalOptions& options) {
  constexpr int64_t kMostExamples = 256;
  const RunOptions run = run_of(options);
  const int64_t all = batch.examples();
  const int64_t few = source.examples_at_once(batch) > 0 ? all : std::min(options.examples, all);
  std::optional<Play> made = play_on(source, loss, batch.slice(0, few), run);
  if (!made && few < all && all <= kMostExamples) made = play_on(source, loss, batch, run);
  return made;
}

double size_of(const at::Tensor& numbers) {
  return numbers.to(at::kDouble).square().mean().sqrt().item<double>();
}

// Whether a network whose outputs begin as these are has to go far to give such answers.
bool are_far(const OwnRehearsal& found) {
  constexpr double kFar = 10;
  const double reached = std::max(1., found.outputs_size);
  return std::abs(found.answers_mean) > kFar * reached || found.answers_deviation > kFar * reached ||
         (found.answers_deviation > 0 && found.answers_deviation < found.outputs_size / kFar);
}

// What outputs within reach could do, beside what any outputs could.
void look_beyond_reach(const Network& network, const Play& play, OwnRehearsal& found) {
  const auto range = loss_range(play.loss, play.outputs, {});
  if (!range) return;
  const OutputReach reach = output_reach(network, play.outputs.front());
  // Of a vector of length 1 not all coordinates are as free as that: what lies beyond them all lies beyond
  // it.
  const auto within =
      reach.is_bounded() ? least_loss(play.loss, play.outputs, reach, Outputs::any) : range->best;
  if (within) found.reachable_loss = within->loss;
  found.least_loss = range->best.loss;
  found.constant_loss = range->constant.loss;
  const at::Tensor answers = range->best.outputs.front().to(at::kDouble);
  found.answers_mean = answers.mean().item<double>();
  found.answers_deviation = answers.std(/*unbiased=*/false).item<double>();
}

}  // namespace

double OwnRehearsal::beyond_reach() const {
  if (!least_loss || !constant_loss || !reachable_loss) return 0;
  return (*reachable_loss - *least_loss) / (*constant_loss - *least_loss);
}

double OwnRehearsal::scale() const {
  return answers_deviation / std::max(1., outputs_size);
}

std::optional<OwnRehearsal> own_rehearsal(TapSource& source, const LossOfBatch& loss, const Batch& batch,
                                          const RehearsalOptions& options) {
  const std::optional<Play> played = play(source, loss, batch, options);
  if (!played) return {};
  const Budget budget(options.seconds);
  StageChange change;
  change.loss = played->loss;
  OwnRehearsal found;
  found.rehearsal = rehearsed_on(source, played->batch, options, budget, change).rehearsal;
  found.outputs_size = size_of(played->outputs.front());
  look_beyond_reach(*source.graph(), *played, found);
  const bool fails = lags(found.rehearsal) || cannot_fit(found.rehearsal.verdict);
  if (fails && are_far(found) && !budget.is_spent()) {
    change.loss = [&](std::vector<at::Tensor> outputs) {
      outputs.front() = found.answers_mean + found.scale() * outputs.front();
      return played->loss(outputs);
    };
    const Rehearsal scaled = rehearsed_on(source, played->batch, options, budget, change).rehearsal;
    if (scaled.verdict != RehearsalVerdict::unjudged && std::isfinite(scaled.level))
      found.scaled_share = scaled.share();
  }
  found.rehearsal.seconds = budget.by_the_clock();
  return found;
}

}  // namespace shatterproof
