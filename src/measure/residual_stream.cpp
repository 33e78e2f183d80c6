// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/residual_stream.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "measure/column_sums.h"
#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kResidualStream = "residual_stream";
constexpr const char* kUpdateName = "residual_update";
constexpr const char* kBlocksName = "residual_blocks";
constexpr const char* kIdentitiesName = "residual_identities";
// A block that makes less than a tenth of the state's size.
constexpr double kIdentity = .01;

struct Sum {
  SquareSum skip, branch, state;
};

double mean_square(const SquareSum& sum) {
  return sum.squares / static_cast<double>(sum.entries);
}

Outcome update_of(const Sum& sum) {
  if (!std::isfinite(sum.branch.squares + sum.state.squares)) return {.undefined = kNotFinite};
  if (sum.state.squares == 0) return {.undefined = "the state is zero for every example"};
  return {std::sqrt(mean_square(sum.branch) / mean_square(sum.state))};
}

class ResidualStream : public Measurement {
 public:
  explicit ResidualStream(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_forward(const Tap& tap) const override {
    if (tap.kind != TapKind::residual_sum) return false;
    return options_.tap.empty() ? !tap.bypassed : tap.name == options_.tap;
  }
  void observe(const ForwardTap& tap) override {
    Sum& sum = table_.at(tap.tap);
    sum.skip.add(tap.inputs[tap.tap.skip]);
    sum.branch.add(tap.inputs[tap.tap.branch]);
    sum.state.add(tap.output);
  }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    const Reading updates = depth_curve(kUpdateName, table_, kNoResidualSum, update_of);
    return {sizes(), updates, blocks(updates), identities(updates)};
  }

 private:
  Reading sizes() const {
    const double start = table_.empty() ? 0 : mean_square(table_.rows().begin()->second.state.skip);
    return depth_curve(kResidualStream, table_, kNoResidualSum, [&](const Sum& sum) {
      if (!std::isfinite(sum.state.squares + start)) return Outcome{.undefined = kNotFinite};
      if (start == 0) return Outcome{.undefined = "the state begins at zero"};
      return Outcome{std::sqrt(mean_square(sum.state) / start)};
    });
  }

  static Reading blocks(const Reading& updates) {
    if (!updates.is_defined()) return undefined_reading(kBlocksName, ReadingType::scalar, updates.undefined);
    double sum = 0, squares = 0;
    for (const double update : updates.values) {
      if (std::isnan(update)) continue;
      sum += update * update;
      squares += std::pow(update, 4);
    }
    return squares == 0 ? undefined_reading(kBlocksName, ReadingType::scalar, "every block is the identity")
                        : scalar_reading(kBlocksName, sum * sum / squares);
  }

  static Reading identities(const Reading& updates) {
    if (!updates.is_defined())
      return undefined_reading(kIdentitiesName, ReadingType::scalar, updates.undefined);
    double count = 0, all = 0;
    for (const double update : updates.values) {
      if (std::isnan(update)) continue;
      ++all;
      count += update * update < kIdentity ? 1 : 0;
    }
    return scalar_reading(kIdentitiesName, count / all);
  }

  MeasurementOptions options_;
  PerTap<Sum> table_;
};

}  // namespace

Reading residual_update(const at::Tensor& skip, const at::Tensor& branch) {
  Sum sum;
  sum.skip.add(skip);
  sum.branch.add(branch);
  sum.state.add(skip + branch);
  return scalar_of(kUpdateName, update_of(sum));
}

MeasurementRecord residual_stream_record() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  MeasurementRecord record;
  record.name = kResidualStream;
  record.symbol = "||x_l||/||x_0||";
  record.sentence = "How the size of the state grows over the sums in which residual blocks end.";
  record.formula = "rms(sum_l) / rms(skip_1)";
  record.reference =
      "Xiong et al. 2020, On layer normalization in the transformer architecture; Wang et al. 2022, DeepNet; "
      "Sun et al. 2025, The curse of depth in large language models";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = kInfinity;
  record.range_note =
      "1: the state keeps its size; it grows like sqrt(l) where branches are normalized first";
  record.batch_norm = PreferredStatistics::attached;
  record.undefined_when =
      "no residual sum, a state that is or begins at zero, blocks that are all the identity, or a number "
      "that "
      "is not finite";
  record.prediction = kResidualStream;
  record.over_seeds = SeedMean::geometric;
  record.companions = {
      {kUpdateName, "What part of the state behind a block the block has made.", ReadingType::curve, 0,
       kInfinity, 0, SeedMean::arithmetic},
      {kBlocksName, "As many blocks with equal updates would share the work as evenly.", ReadingType::scalar,
       0, kInfinity, 0, SeedMean::arithmetic},
      {kIdentitiesName, "Share of blocks that make less than a tenth of the state behind them.",
       ReadingType::scalar, 0, 1, 0, SeedMean::arithmetic}};
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<ResidualStream>(options);
  };
  return record;
}

}  // namespace shatterproof
