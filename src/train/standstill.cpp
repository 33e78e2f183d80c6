// SPDX-License-Identifier: Apache-2.0
#include "train/standstill.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <set>

#include "network/softmax.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// What rounding leaves where nothing should be left, of what enters.
double rounding_left(const at::Tensor& y) {
  return y.scalar_type() == at::kDouble ? 1e-12 : 4e-6;
}

// What a norm leaves, which divides by the root of its epsilon: PyTorch's of one number in float32 up to 3e-5
// of what enters. What it normalizes is of size 1 again, however large it was.
double rounding_left_by_norm(const at::Tensor& y, double entering) {
  constexpr double kLittle = 1e-2;
  return y.scalar_type() == at::kDouble ? 1e-12 * entering : std::min(1e-4 * entering, kLittle);
}

bool is_norm(const Node& node) {
  return operator_of(node).role == OperatorRole::normalization;
}

// Largest difference of an example from the first.
double spread_of(const at::Tensor& y) {
  return y.dim() == 0 || y.size(0) < 2 ? 0 : (y - y.narrow(0, 0, 1)).abs().max().item<double>();
}

// Along its axis, before set 13 along all from there on; 0 of what is no softmax.
int64_t choices_of(const Node& node, const at::Tensor& y) {
  if (!is_softmax(node)) return 0;
  constexpr int64_t kAlongOneAxis = 13;
  if (node.opset < kAlongOneAxis) return y.flatten(node.integer("axis", 1)).size(-1);
  return y.size(node.integer("axis", -1));
}

// What takes means or differences leaves rounding where nothing should be left.
bool leaves_rounding(const Node& node) {
  static const std::set<std::string> kMeans = {"ReduceMean", "ReduceSum", "GlobalAveragePool", "AveragePool",
                                               "Sub"};
  return kMeans.contains(node.op) || is_norm(node);
}

}  // namespace

StandstillSearch::StandstillSearch(const Network& network) : network_(network) {
  for (const Input& input : network.inputs()) spreads_[input.name] = 0;
}

void StandstillSearch::observe(const ForwardTap& tap) {
  const at::Tensor& y = tap.output;
  if (!y.is_floating_point() || y.numel() == 0) return;
  const Node& node = network_.nodes()[tap.tap.node];
  const double spread = spread_of(y);
  // More than any later layer makes of rounding.
  constexpr double kAmplified = 1e3;
  const double allowed = first_ ? kAmplified * rounding_left(y) * entering_ : 0;
  const std::vector<std::string>& outputs = network_.outputs();
  for (const std::string& made : node.outputs) {
    const bool is_output = std::find(outputs.begin(), outputs.end(), made) != outputs.end();
    outputs_differ_ = outputs_differ_ || (is_output && spread > allowed);
  }
  if (first_) return;
  if (const std::optional<DeathCause> cause = cause_at(tap.tap, y)) {
    first_ = {*cause, tap.tap.name, tap.tap.op, choices_of(node, y)};
    entering_ = entering_at(node).value_or(0);
  } else if (spread > 0) {
    for (const std::string& made : node.outputs) spreads_[made] = spread;
  }
}

std::optional<DeathCause> StandstillSearch::cause_at(const Tap& tap, const at::Tensor& y) const {
  static const std::map<std::string, std::array<double, 2>> kBounds = {
      {"Sigmoid", {0, 1}}, {"HardSigmoid", {0, 1}}, {"Tanh", {-1, 1}}, {"Softsign", {-1, 1}}};
  const auto bounds = kBounds.find(tap.op);
  if (bounds != kBounds.end()) {
    if ((y.eq(bounds->second[0]) | y.eq(bounds->second[1])).all().item<bool>()) return DeathCause::saturation;
  } else if (tap.op == "Relu" && y.count_nonzero().item<int64_t>() == 0) {
    return DeathCause::rectifier;
  }
  if (!keeps_nothing(network_.nodes()[tap.node], y)) return {};
  return tap.op == "Clip" ? DeathCause::saturation : DeathCause::standstill;
}

std::optional<double> StandstillSearch::entering_at(const Node& node) const {
  std::optional<double> entering;
  for (const std::string& value : node.inputs) {
    const auto known = spreads_.find(value);
    if (known != spreads_.end()) entering = std::max(entering.value_or(0), known->second);
  }
  return entering;
}

bool StandstillSearch::keeps_nothing(const Node& node, const at::Tensor& y) const {
  if (y.dim() == 0 || y.size(0) < 2) return false;
  const std::optional<double> entering = entering_at(node);
  if (!entering) return false;
  // What is so small beside a bias vanished before, and is lost in the sum.
  constexpr double kTimes = 100;
  const bool is_lost = *entering > 0 && *entering < kTimes * rounding_left(y) * y.abs().max().item<double>();
  if (is_lost) return false;
  const double left = is_norm(node)           ? rounding_left_by_norm(y, *entering)
                      : leaves_rounding(node) ? rounding_left(y) * *entering
                                              : 0;
  return spread_of(y) <= left;
}

}  // namespace shatterproof
