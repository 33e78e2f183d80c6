// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/own_rehearsal.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>
#include <vector>

#include "shatterproof/core/interrupt.h"
#include "train/own_task.h"
#include "train/rehearsal_stage.h"

namespace shatterproof {
namespace {

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
  for (const at::Tensor& output : play.outputs) {
    if (output.dim() < 1 || output.size(0) != batch.examples() || !output.is_floating_point()) return {};
  }
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

// What any outputs could do, and those within reach.
void look_around(const LossRange& any, const LossRange& within, OwnRehearsal& found) {
  if (!any.is_known()) return;
  if (within.best) found.reachable_loss = within.best->loss;
  found.least_loss = any.best->loss;
  found.constant_loss = any.constant->loss;
  const at::Tensor answers = any.best->outputs.front().to(at::kDouble);
  found.answers_mean = answers.mean().item<double>();
  found.answers_deviation = answers.std(/*unbiased=*/false).item<double>();
}

// The same loss of outputs that are brought to the size of the answers first, where it is least.
OwnTask scaled(const OwnLoss& loss, const LossRange& any, const OwnRehearsal& found) {
  const double mean = found.answers_mean, scale = found.scale();
  LeastLoss best = *any.best, constant = *any.constant;
  best.outputs.front() = (best.outputs.front() - mean) / scale;
  return {[loss, mean, scale](std::vector<at::Tensor> outputs) {
            outputs.front() = mean + scale * outputs.front();
            return loss(outputs);
          },
          std::move(best), std::move(constant)};
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
  const OutputReach reach = output_reach(*source.graph(), played->outputs.front());
  const LossRange any = loss_range(played->loss, played->outputs, {});
  // Of a vector of length 1 not all coordinates are as free as that: what lies beyond it lies beyond them.
  const LossRange within = reach.is_bounded() ? loss_range(played->loss, played->outputs, reach) : any;
  OwnRehearsal found;
  found.outputs_size = size_of(played->outputs.front());
  look_around(any, within, found);
  found.rehearsal.reason = "the loss it is given has no least value for this batch";
  const auto rehearsed = [&](const OwnTask& task) {
    StageChange change;
    change.task = &task;
    return rehearsed_on(source, played->batch, options, budget, change).rehearsal;
  };
  if (within.is_known()) found.rehearsal = rehearsed(OwnTask(played->loss, *within.best, *within.constant));
  const bool fails = lags(found.rehearsal) || cannot_fit(found.rehearsal.verdict);
  if (fails && any.is_known() && are_far(found) && !budget.is_spent()) {
    const Rehearsal tried = rehearsed(scaled(played->loss, any, found));
    if (tried.verdict != RehearsalVerdict::unjudged && std::isfinite(tried.level))
      found.scaled_share = tried.share();
  }
  found.rehearsal.seconds = budget.by_the_clock();
  return found;
}

}  // namespace shatterproof
