// SPDX-License-Identifier: Apache-2.0
#include "train/batch_statistics.h"

#include <ATen/ATen.h>

#include <map>

#include "network/operators/unit_moments.h"

namespace shatterproof {
namespace {

constexpr size_t kMean = 3, kVariance = 4;  // inputs of the operator

bool stores(const Network& network, const Node& node) {
  return node.op == "BatchNormalization" && node.inputs.size() > kVariance &&
         network.find_parameter(node.inputs[kMean]) && network.find_parameter(node.inputs[kVariance]);
}

// Sums of moments over mini-batches, per stored parameter.
class Moments : public Observer {
 public:
  explicit Moments(const Network& network) : network_(network) {}

  bool wants_forward(const Tap& tap) const override {
    return !tap.op.empty() && stores(network_, network_.nodes()[tap.node]);
  }
  void observe(const ForwardTap& tap) override {
    const Node& node = network_.nodes()[tap.tap.node];
    const at::Tensor& x = tap.inputs[0];
    const bool unit_per_position = node.opset < 9 && node.integer("spatial", 1) == 0;
    const UnitMoments moments = unit_moments(unit_per_position ? x.flatten(1) : x);
    add(node.inputs[kMean], moments.mean);
    add(node.inputs[kVariance], moments.variance);
  }
  using Observer::observe;

  std::map<std::string, at::Tensor> sums;

 private:
  void add(const std::string& parameter, const at::Tensor& moment) {
    at::Tensor& sum = sums[parameter];
    sum = sum.defined() ? sum + moment.to(at::kDouble) : moment.to(at::kDouble);
  }

  const Network& network_;
};

}  // namespace

bool stores_statistics(const Network& network) {
  for (const Node& node : network.nodes()) {
    if (stores(network, node)) return true;
  }
  return false;
}

void set_statistics(Network& network, const RunOptions& given, int64_t count,
                    const std::function<Batch(int64_t)>& batch) {
  RunOptions options = given;
  options.batch_norm = BatchStatistics::attached;
  options.every_node = true;
  Moments moments(network);
  {
    Execution execution(network, options);
    Observer* observer = &moments;
    for (int64_t i = 0; i < count; ++i) execution.observe_forward(batch(i), {&observer, 1});
  }
  for (const auto& [name, sum] : moments.sums) {
    const at::Tensor& stored = network.find_parameter(name)->value;
    network.set_parameter(name,
                          (sum / static_cast<double>(count)).to(stored.options()).reshape(stored.sizes()));
  }
}

}  // namespace shatterproof
