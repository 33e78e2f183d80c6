// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/contiguity.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "measure/column_sums.h"
#include "measure/per_tap.h"
#include "measure/run_lengths.h"

namespace shatterproof {
namespace {

constexpr const char* kContiguity = "contiguity";
constexpr const char* kMeanName = "contiguity_mean";

const char* undefined_because(const RunLengths& runs) {
  if (runs.inputs() < 2) return kOneExample;
  if (runs.units() == 0) return "the layer has no units";
  return runs.finite() ? nullptr : kNotFinite;
}

Outcome mean_length(const RunLengths& runs) {
  if (const char* reason = undefined_because(runs)) return {.undefined = reason};
  const std::vector<int64_t> counts = runs.counts();
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  return {static_cast<double>(runs.inputs()) * static_cast<double>(runs.units()) / total};
}

Reading histogram(const RunLengths& runs) {
  if (const char* reason = undefined_because(runs))
    return undefined_reading(kContiguity, ReadingType::histogram, reason);
  std::vector<double> edges = {1}, runs_per_unit;
  for (const int64_t count : runs.counts()) {
    edges.push_back(2 * edges.back());
    runs_per_unit.push_back(static_cast<double>(count) / static_cast<double>(runs.units()));
  }
  return histogram_reading(kContiguity, "length", std::move(edges), std::move(runs_per_unit));
}

void add_runs(RunLengths& runs, const at::Tensor& pre_activations) {
  each_activity(as_rows(pre_activations).to(at::kCPU),
                [&](std::span<const ActivityBits> blocks, int64_t) { runs.add(blocks); });
}

class Contiguity : public Measurement {
 public:
  explicit Contiguity(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_forward(const Tap& tap) const override {
    return context_.along_path && switches_units(tap, options_);
  }
  void observe(const ForwardTap& tap) override { add_runs(table_.at(tap.tap), tap.inputs[0]); }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    const char* reason = context_.along_path ? kNoRectifier : kNotAlongPath;
    std::vector<Reading> readings = {depth_curve(kMeanName, table_, reason, mean_length)};
    for (const auto& [order, row] : table_.rows()) readings.push_back(at_tap(histogram(row.state), row.tap));
    if (table_.empty()) readings.push_back(undefined_reading(kContiguity, ReadingType::histogram, reason));
    return readings;
  }

 private:
  MeasurementOptions options_;
  PerTap<RunLengths> table_;
};

}  // namespace

Reading contiguity(const at::Tensor& pre_activations) {
  RunLengths runs;
  add_runs(runs, pre_activations);
  return histogram(runs);
}

MeasurementRecord contiguity_record() {
  MeasurementRecord record;
  record.name = kContiguity;
  record.symbol = "runs";
  record.sentence = "How long a unit stays as it is, active or not, along ordered inputs.";
  record.formula =
      "runs per unit with lengths in [1, 2), [2, 4), [4, 8), ...; a run: neighbours equal in z > 0";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, figure 4";
  record.type = ReadingType::histogram;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "one run of length B per unit that never switches; at most B runs of length 1";
  record.along_path = true;
  record.order_invariant = false;
  record.undefined_when =
      "inputs without an order, one example, no nonlinearity, or a number that is not finite enters it";
  record.prediction = "none: it depends on how far apart the inputs are, which theory leaves open";
  record.companions = {
      {kMeanName, "Mean length of the runs of all units of a layer.", ReadingType::curve, 1, record.most, 0}};
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<Contiguity>(options);
  };
  return record;
}

}  // namespace shatterproof
