// SPDX-License-Identifier: Apache-2.0
#include "cli/replayed.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <algorithm>

#include "cli/run_setup.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/run/dump.h"

namespace shatterproof::cli {
namespace {

// Remembers which taps passed, and how many numbers left the network.
class TapList : public Observer {
 public:
  explicit TapList(Replayed& replayed) : replayed_(replayed) {}
  bool wants_forward(const Tap&) const override { return true; }
  void observe(const ForwardTap& tap) override {
    replayed_.taps.push_back(tap.tap);
    if (tap.tap.kind != TapKind::output || tap.output.dim() == 0) return;
    replayed_.output_numbers += tap.output.numel() / std::max<int64_t>(1, tap.output.size(0));
  }

 private:
  Replayed& replayed_;
};

// Why a dump made with this functional cannot give the reading; empty when it can.
std::string obstacle(const MeasurementRecord& record, const RunContext& context) {
  if (!record.make) return "needs the network, a dump has its taps only";
  if (record.functional == PreferredFunctional::probe && context.functional != "probe") {
    return fmt::format("needs the functional probe, the dump was made with {}", context.functional);
  }
  return "";
}

}  // namespace

Replayed replayed(const std::string& folder, const std::vector<std::string>& names,
                  const MeasurementOptions& options) {
  Replayed result;
  std::vector<const MeasurementRecord*> records;
  std::vector<std::unique_ptr<Measurement>> measurements;
  TapList taps(result);
  std::vector<Observer*> observers = {&taps};
  for (const std::string& name : names) {
    const MeasurementRecord& record = measurement_of(name);
    if (std::find(records.begin(), records.end(), &record) != records.end()) continue;
    records.push_back(&record);
    measurements.push_back(record.make ? record.make(options) : nullptr);
    if (measurements.back()) observers.push_back(measurements.back().get());
  }
  result.context = replay(folder, observers);
  for (size_t i = 0; i < records.size(); ++i) {
    const std::string reason = obstacle(*records[i], result.context);
    if (!reason.empty()) {
      result.coverage.skipped.push_back({records[i]->name, reason});
      Reading undefined = undefined_reading(records[i]->name, records[i]->type, reason);
      result.readings.push_back(std::move(undefined));
      continue;
    }
    for (Reading& reading : measurements[i]->readings()) result.readings.push_back(std::move(reading));
  }
  for (Reading& reading : result.readings) {
    reading.functional = result.context.functional;
    reading.batch_norm = result.context.batch_norm;
  }
  result.coverage.nodes = result.coverage.measured = static_cast<int64_t>(result.taps.size());
  return result;
}

ContextRecord context_record(const Replayed& replayed, const std::string& folder,
                             const std::string& command_line) {
  ContextRecord context = context_record(command_line);
  context.network = folder;
  context.inputs = "a dump of taps";
  context.examples = replayed.context.examples;
  context.functional = replayed.context.functional;
  context.batch_norm = replayed.context.batch_norm;
  return context;
}

Examination examine(const Replayed& replayed) {
  Examination examination;
  int layers = 0, depth = 0;
  for (const Tap& tap : replayed.taps) {
    layers = std::max(layers, tap.layer);
    depth = std::max(depth, tap.depth);
    if (tap.kind == TapKind::residual_sum)
      examination.structure.residual_sums.push_back({tap.node, tap.skip, tap.branch});
  }
  examination.structure.layers.resize(static_cast<size_t>(layers));
  examination.structure.depth = {depth};
  examination.examples = replayed.context.examples;
  examination.input_numbers = replayed.context.input_numbers;
  examination.output_numbers = replayed.output_numbers;
  examination.mean.readings = replayed.readings;
  examination.draws.push_back(examination.mean);
  return examination;
}

}  // namespace shatterproof::cli
