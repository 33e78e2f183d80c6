// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/mend/mend.h"

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <tuple>

#include "mend/candidates.h"
#include "mend/trying.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/dataset/preprocessing.h"

namespace shatterproof {
namespace {

// What is less severe, then fewer findings, then fewer changes, then smaller ones, then what fits a batch
// better.
bool is_better(const ChangeRecord& a, const ChangeRecord& b) {
  const auto key = [](const ChangeRecord& trial) {
    return std::tuple(trial.worst, trial.left.size(), trial.changes.size(), reach_of(trial.changes),
                      trial.loss_after.value_or(0));
  };
  return key(a) < key(b);
}

class Mending {
 public:
  Mending(const Subject& subject, const MendOptions& options)
      : subject_(subject), options_(options), trying_(subject, options) {
    mended_.before = trying_.before();
  }

  Mended result() {
    if (!mended_.is_sick()) return std::move(mended_);
    choices_ = candidates(mended_.before, options_, may_draw());
    try {
      options_.at_random ? search_at_random(*options_.at_random) : search();
      keep();
      if (mended_.network && options_.learning.examples.examples() > 0) train();
    } catch (const Interrupted&) {
      mended_.interrupted = true;
    }
    return std::move(mended_);
  }

 private:
  // New weights of a file that lost its norms would be those of another network.
  bool may_draw() const {
    return (mended_.before.fresh || options_.redraws_trained) && (!subject_.folded || options_.weights.as_is);
  }

  bool is_spent() const { return static_cast<int64_t>(mended_.trials.size()) >= options_.budget; }

  // Whether it clears all findings, made in an order in which none undoes another.
  bool clears(std::vector<Remedy> changes) {
    sort_for_making(changes);
    if (is_spent() || !asked_.insert(short_words_of(changes)).second) return false;
    std::optional<ChangeRecord> trial = trying_.tried(std::move(changes));
    if (!trial) return false;
    if (options_.after_trial) options_.after_trial(*trial);
    mended_.trials.push_back(std::move(*trial));
    return mended_.trials.back().left.empty();
  }

  void search() {
    for (const Remedy& one : choices_) {
      if (clears({one})) return;
    }
    constexpr size_t kKept = 4;
    for (int64_t size = 2; size <= options_.most_changes && !is_spent(); ++size) {
      for (const std::vector<Remedy>& base : best_of(static_cast<size_t>(size) - 1, kKept)) {
        for (const Remedy& more : choices_) {
          if (has_kind(base, more.kind)) continue;
          std::vector<Remedy> changes = base;
          changes.push_back(more);
          if (clears(changes)) return;
        }
      }
    }
  }

  // Those trials, the best one first.
  std::vector<const ChangeRecord*> ranked(const std::function<bool(const ChangeRecord&)>& counts) const {
    std::vector<const ChangeRecord*> found;
    for (const ChangeRecord& trial : mended_.trials) {
      if (counts(trial)) found.push_back(&trial);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const ChangeRecord* a, const ChangeRecord* b) { return is_better(*a, *b); });
    return found;
  }

  // The best trials of so many changes; copies, since more trials follow.
  std::vector<std::vector<Remedy>> best_of(size_t size, size_t most) const {
    std::vector<std::vector<Remedy>> best;
    for (const ChangeRecord* trial : ranked([&](const auto& one) { return one.changes.size() == size; })) {
      if (best.size() < most) best.push_back(trial->changes);
    }
    return best;
  }

  // Changes of a number and of kinds that are equally likely.
  void search_at_random(uint64_t seed) {
    std::mt19937_64 generator(seed);
    constexpr int64_t kDrawsForEach = 50;  // most of them are known already, or cannot be made
    for (int64_t i = 0; i < kDrawsForEach * options_.budget && !is_spent(); ++i) {
      const auto size = 1 + generator() % static_cast<uint64_t>(options_.most_changes);
      std::vector<Remedy> changes;
      while (changes.size() < size && changes.size() < choices_.size()) {
        const Remedy& one = choices_[generator() % choices_.size()];
        const bool known = std::any_of(changes.begin(), changes.end(),
                                       [&](const Remedy& other) { return same_change(other, one); });
        if (!known) changes.push_back(one);
      }
      if (clears(changes)) return;
    }
  }

  // The best trial that also holds over all draws.
  void keep() {
    constexpr size_t kMostChecked = 3;
    const std::vector<const ChangeRecord*> helping = ranked([](const auto& trial) { return trial.helps; });
    for (size_t i = 0; i < std::min(kMostChecked, helping.size()); ++i) {
      const std::vector<Remedy>& changes = helping[i]->changes;
      const std::optional<Changed> made = trying_.made(changes);
      Checked after = trying_.checked_over_draws(changes, *made);
      if (Trying::burden(after.diagnosis) >= Trying::burden(mended_.before.diagnosis)) continue;
      mended_.changes = changes;
      kept_ = static_cast<size_t>(helping[i] - mended_.trials.data());
      mended_.trials[*kept_].kept = true;
      mended_.network = made->network;
      mended_.after = std::move(after);
      return;
    }
  }

  static std::optional<double> loss_of(const LearningResult& result) {
    return result.best() ? std::optional(result.best()->loss) : std::nullopt;
  }

  void train() {
    LearningOptions learning = options_.learning;
    mended_.learned_before = learned(trying_.first().network, learning);
    if (has_kind(mended_.changes, Remedy::Kind::standardize_inputs))
      learning.examples = standardized(learning.examples);
    mended_.learned_after = learned(*mended_.network, learning);
    ChangeRecord& kept = mended_.trials[*kept_];
    kept.constant_loss = mended_.learned_before->constant_loss;
    kept.learned_before = loss_of(*mended_.learned_before);
    kept.learned_after = loss_of(*mended_.learned_after);
  }

  const Subject& subject_;
  const MendOptions& options_;
  Trying trying_;
  std::vector<Remedy> choices_;
  std::set<std::string> asked_;
  Mended mended_;
  std::optional<size_t> kept_;  // of the trials
};

}  // namespace

Mended mend(const Subject& subject, const MendOptions& options) {
  if (options.budget < 1) reject("mend", "the budget must be from 1 on", std::to_string(options.budget));
  if (options.most_changes < 1)
    reject("mend", "most changes must be from 1 on", std::to_string(options.most_changes));
  const bool trains = options.learning.examples.examples() > 0;
  const Subject whole = as_it_trains(subject, options);
  if (trains && subject.fixed_batch > 0) {
    reject("mend", "training needs a network that takes any number of examples",
           std::to_string(subject.fixed_batch) + " and no other number");
  }
  if (trains) require_learnable(whole.network, options.learning);  // before the work
  const CancellationScope heeds(options.cancellation);
  return Mending(whole, options).result();
}

}  // namespace shatterproof
