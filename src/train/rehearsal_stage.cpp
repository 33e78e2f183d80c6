// SPDX-License-Identifier: Apache-2.0
#include "train/rehearsal_stage.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "train/batch_variation.h"
#include "train/descent.h"
#include "train/shallow_control.h"

namespace shatterproof {
namespace {

constexpr double kOnItsWay = .9;
constexpr double kOvershot = .95;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double mean_of_last(const std::vector<double>& losses, int64_t count) {
  const auto n = static_cast<std::ptrdiff_t>(std::min<int64_t>(count, static_cast<int64_t>(losses.size())));
  return std::accumulate(losses.end() - n, losses.end(), 0.) / static_cast<double>(n);
}

// Whether its last quarter lies below the one before.
bool still_falls(const std::vector<double>& losses) {
  const int64_t quarter = static_cast<int64_t>(losses.size()) / 4;
  if (quarter < 2) return false;
  const std::vector<double> before(losses.begin(), losses.end() - quarter);
  return mean_of_last(losses, quarter) < mean_of_last(before, quarter);
}

bool are_alike(const Batch& batch) {
  return std::all_of(batch.inputs.begin(), batch.inputs.end(), [](const at::Tensor& input) {
    return input.dim() == 0 || input.size(0) < 2 || input.eq(input.narrow(0, 0, 1)).all().item<bool>();
  });
}

// One network with one batch.
class Stage {
 public:
  Stage(TapSource& source, Batch batch, const RehearsalOptions& options, const Budget& budget,
        const StageChange& change)
      : change_(change),
        source_(source),
        network_(*source.graph()),
        batch_(std::move(batch)),
        options_(options),
        budget_(budget),
        run_(run_of(options)),
        task_(change.task) {}

  StageResult play() {
    found_.examples = batch_.examples();
    if (!prepare()) return result();
    try_rates(options_.rates);
    if (!best_ || overshoots()) try_rates(options_.smaller_rates);
    count_rates();
    if (halves_ == 0) go_on();
    judge();
    if (lags(found_)) compare_with_shallow();
    return result();
  }

 private:
  StageResult result() {
    const bool in_order =
        in_order_ && best_ && random_->is_in_order(best_->outputs(batch_, {options_.seed, 0, false}).front());
    return {std::move(found_), seconds_per_step_, seen(), in_order};
  }

  Batch seen() const {
    const at::Tensor parts = random_ ? random_->seen_parts() : at::Tensor();
    return parts.defined() ? Sight::of_parts(batch_, parts) : batch_;
  }

  bool prepare() {
    if (network_.parameter_count() == 0) return unjudged("nothing is trainable");
    if (network_.outputs().empty()) return unjudged("the network has no output");
    if (batch_.examples() < 2 || are_alike(batch_)) return unjudged("the examples are all the same");
    const std::vector<at::Tensor> outputs = source_.outputs(batch_, run_);
    const at::Tensor& output = outputs.front();
    if (output.dim() < 1 || output.size(0) != batch_.examples() || output.numel() == 0 ||
        !output.is_floating_point())
      return unjudged("the first output does not give numbers for each example");
    if (!output.isfinite().all().item<bool>()) {
      found_.verdict = RehearsalVerdict::diverges;
      found_.reason = "outputs are not finite before the first step";
      found_.constant_loss = 1;
      found_.level = kInfinity;
      return false;
    }
    if (!task_) {
      random_.emplace(network_, output, options_.seed, change_.asking);
      in_order_ = random_->is_in_order(output);
      task_ = &*random_;
    }
    found_.task = task_->description();
    found_.constant_loss = task_->constant_loss();
    found_.least_loss = task_->least_loss();
    found_.level = kInfinity;
    if (!(found_.constant_loss > found_.least_loss)) return unjudged("there is nothing to tell apart");
    return true;
  }

  bool unjudged(const char* reason) {
    found_.reason = reason;
    return false;
  }

  double left_of(const RehearsalCurve& curve) const { return found_.share_of(curve.level); }

  void try_rates(const std::vector<double>& rates) {
    for (const double rate : rates) {
      if (budget_.is_spent()) return;
      ++asked_;
      try_rate(rate);
      if (left_of(found_.curves.back()) < kFittedShare) return;
    }
  }

  void try_rate(double rate) {
    auto descent = std::make_unique<Descent>(source_, run_, "adam");
    found_.curves.push_back({rate, {}, kInfinity});
    advance(*descent, found_.curves.back(), options_.steps, kFittedShare);
    // Of equals the first: it was tried first because it is the more usual one.
    if (!best_ || found_.curves.back().level < found_.curves[best_index_].level) {
      best_ = std::move(descent);
      best_index_ = found_.curves.size() - 1;
    }
  }

  // Before one of them goes on for longer.
  void count_rates() {
    for (const RehearsalCurve& curve : found_.curves) {
      const bool halves = left_of(curve) < kLearnedShare;
      halves_ += halves ? 1 : 0;
      fits_ = fits_ || left_of(curve) < kFittedShare || (halves && !collapses_beyond(curve.rate));
    }
  }

  // Whether nothing is learned at the next larger rate.
  bool collapses_beyond(double rate) const {
    const RehearsalCurve* next = nullptr;
    for (const RehearsalCurve& curve : found_.curves) {
      if (curve.rate > rate && is_whole(curve) && (!next || curve.rate < next->rate)) next = &curve;
    }
    return next && left_of(*next) > kOvershot;
  }

  bool is_whole(const RehearsalCurve& curve) const {
    return !curve.finite || static_cast<int64_t>(curve.losses.size()) >= options_.steps ||
           left_of(curve) < kFittedShare;
  }

  // None got below what a constant has, or it is stuck: which rate a plain network likes depends on rounding.
  bool overshoots() const { return left_of(found_.curves[best_index_]) > std::min(kOvershot, stuck_share()); }

  // The best rate, where it is on its way.
  void go_on() {
    constexpr int64_t kTimes = 2;
    if (!best_ || left_of(found_.curves[best_index_]) > kOnItsWay) return;
    RehearsalCurve& curve = found_.curves[best_index_];
    for (int64_t i = 0; i < kTimes && curve.finite && left_of(curve) >= kLearnedShare; ++i) {
      if (budget_.is_spent() || !still_falls(curve.losses)) return;
      advance(*best_, curve, options_.steps, kLearnedShare);
    }
  }

  // Until so little is left, the budget is spent or numbers are not finite.
  void advance(Descent& descent, RehearsalCurve& curve, int64_t steps, double enough) {
    for (int64_t i = 0; i < steps && left_of(curve) >= enough; ++i) {
      if (budget_.is_spent()) return;
      const double before = budget_.spent();
      const auto step = static_cast<int64_t>(curve.losses.size());
      const at::Tensor loss = task_->loss(outputs_at(descent, step));
      descent.differentiate(loss);
      curve.losses.push_back(loss.item<double>());
      ++found_.steps;
      if (!std::isfinite(curve.losses.back()) || descent.non_finite_gradient()) {
        curve.finite = false;
        return;
      }
      if (static_cast<int64_t>(curve.losses.size()) >= kLossesOfLevel)
        curve.level = std::min(curve.level, mean_of_last(curve.losses, kLossesOfLevel));
      descent.step(curve.rate);
      seconds_per_step_ = budget_.spent() - before;
    }
  }

  std::vector<at::Tensor> outputs_at(Descent& descent, int64_t step) const {
    const Batch batch = moved(batch_, change_.neighbourhood, options_.seed, step);
    const Dropout dropout{options_.seed, step, options_.drops};
    if (!options_.reorders) return descent.outputs(batch, dropout);
    const at::Tensor order = order_at(batch.examples(), options_.seed, step), back = order.argsort();
    std::vector<at::Tensor> outputs = descent.outputs(reordered(batch, order), dropout);
    for (at::Tensor& output : outputs) {
      if (output.dim() > 0 && output.size(0) == batch.examples())
        output = output.index_select(0, back.to(output.device()));
    }
    return outputs;
  }

  void judge() {
    constexpr int64_t kFewestWhole = 2;
    int64_t whole = 0, finite = 0;
    for (const RehearsalCurve& curve : found_.curves) {
      whole += is_whole(curve) ? 1 : 0;
      finite += curve.finite ? 1 : 0;
      if (curve.level >= found_.level) continue;
      found_.level = curve.level;
      found_.rate = curve.rate;
    }
    const auto tried = static_cast<int64_t>(found_.curves.size()),
               asked = std::max(asked_, static_cast<int64_t>(options_.rates.size()));
    const bool learns = fits_ || halves_ >= 2;
    if (learns && found_.rate >= least_usual_rate()) {
      found_.verdict = RehearsalVerdict::learns;
    } else if (learns || halves_ > 0) {
      found_.verdict = RehearsalVerdict::fragile;
    } else if (tried > 0 && finite == 0 && tried == asked) {
      found_.verdict = RehearsalVerdict::diverges;
    } else if (found_.share() < stuck_share()) {
      found_.verdict = RehearsalVerdict::slow;
    } else if (whole >= std::min(kFewestWhole, asked)) {
      found_.verdict = RehearsalVerdict::stuck;
    }
    found_.cut = found_.verdict != RehearsalVerdict::learns && whole < asked;
    found_.at_once = fits_ && tried == 1 && 2 * found_.steps <= options_.steps;
    found_.reason = in_words();
  }

  double least_usual_rate() const { return *std::min_element(options_.rates.begin(), options_.rates.end()); }

  double stuck_share() const {
    return found_.task.kind == RehearsalTask::Kind::labels ? kStuckShare : kStuckShareOfTargets;
  }

  // Examples that no network tells apart in so many steps say nothing of this one.
  void compare_with_shallow() {
    found_.shallow_share =
        shallow_control(*task_, seen(), options_, change_.neighbourhood, network_.parameter_count());
    if (*found_.shallow_share < kLearnedShare) return;
    found_.verdict = RehearsalVerdict::unjudged;
    found_.reason = fmt::format("a shallow network is left with {:.2g} of a constant's loss: {}",
                                *found_.shallow_share, found_.task.sentence);
  }

  std::string in_words() const {
    if (found_.verdict == RehearsalVerdict::diverges) return "numbers stop being finite at every rate";
    if (!std::isfinite(found_.level)) return fmt::format("{} steps within the budget", found_.steps);
    constexpr double kVisible = .01;
    const bool has_least = std::abs(found_.least_loss) > kVisible * std::abs(found_.constant_loss);
    const std::string least = has_least ? fmt::format(", {:.3g} at least", found_.least_loss) : "";
    return fmt::format("loss {:.3g} at best, {:.3g} of a constant{}, Adam at {:g}", found_.level,
                       found_.constant_loss, least, found_.rate);
  }

  const StageChange& change_;
  TapSource& source_;
  const Network& network_;
  Batch batch_;
  const RehearsalOptions& options_;
  const Budget& budget_;
  RunOptions run_;
  const Task* task_;
  std::optional<RandomTask> random_;
  bool in_order_ = false;  // answers, before all steps
  std::unique_ptr<Descent> best_;
  size_t best_index_ = 0;
  int64_t asked_ = 0, halves_ = 0;  // rates: tried for, with half of the loss gone
  bool fits_ = false;               // at one of them, or half with more to come at a larger one
  double seconds_per_step_ = 0;
  Rehearsal found_;
};

}  // namespace

double Budget::thread_seconds() {
  timespec busy{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &busy);
  return static_cast<double>(busy.tv_sec) + 1e-9 * static_cast<double>(busy.tv_nsec);
}

bool lags(const Rehearsal& rehearsal) {
  return rehearsal.verdict == RehearsalVerdict::stuck || rehearsal.verdict == RehearsalVerdict::slow;
}

RunOptions run_of(const RehearsalOptions& options) {
  RunOptions run;
  run.functional.kind = Functional::Kind::probe;
  run.batch_norm = BatchStatistics::attached;
  run.dtype = options.dtype;
  run.device = options.device;
  run.seed = options.seed;
  return run;
}

StageResult rehearsed_on(TapSource& source, Batch batch, const RehearsalOptions& options,
                         const Budget& budget, const StageChange& change) {
  return Stage(source, std::move(batch), options, budget, change).play();
}

}  // namespace shatterproof
