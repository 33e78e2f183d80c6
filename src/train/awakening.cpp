// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/awakening.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "initializer/weight_pattern.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"
#include "shatterproof/network/layer.h"
#include "train/derivative_stop.h"
#include "train/descent.h"
#include "train/live_awakening.h"
#include "train/standstill.h"
#include "train/zero_factor.h"

namespace shatterproof {
namespace {

constexpr int64_t kPasses = 3, kPassesOfAChoice = 12;
constexpr double kEqual = 1e-9;  // relative, of sums in another order

at::Tensor gradient_of(const TrainableParameter& parameter) {
  const at::Tensor& gradient = parameter.value.grad();
  return gradient.defined() ? gradient : at::zeros_like(parameter.value);
}

double largest_gradient(const std::vector<TrainableParameter>& parameters) {
  double largest = 0;
  for (const TrainableParameter& parameter : parameters) {
    if (parameter.value.numel() > 0)
      largest = std::max(largest, gradient_of(parameter).abs().max().item<double>());
  }
  return largest;
}

// Whether what runs, or what counts, depends on which of some numbers are largest.
bool chooses(const Network& network) {
  static const std::set<std::string> kOps = {"TopK", "ArgMax", "ArgMin", "Hardmax"};
  return std::any_of(network.nodes().begin(), network.nodes().end(),
                     [](const Node& node) { return kOps.contains(node.op); });
}

// Whether every unit [matrices, units, ...] has the numbers of the first, and some are not zero.
bool units_are_equal(const at::Tensor& canonical) {
  if (canonical.size(1) < 2) return false;
  const at::Tensor difference = (canonical - canonical.narrow(1, 0, 1)).abs().max();
  return difference.item<double>() <= kEqual * canonical.abs().max().item<double>();
}

struct UnitRecord {
  const Layer* layer = nullptr;
  at::Tensor without_gradient;  // [matrices, units], in all passes so far
  bool identical = true;        // weights, biases and gradients, in all passes so far
};

class Passes {
 public:
  Passes(TapSource& source, const Batch& batch, const AwakeningOptions& options)
      : source_(source),
        network_(*source.graph()),
        batch_(batch),
        options_(options),
        view_(structure(network_)) {
    RunOptions run;
    run.functional.kind = Functional::Kind::probe;
    run.batch_norm = BatchStatistics::attached;
    run.dtype = options.dtype;
    run.seed = options.seed;
    run_ = run;
    for (const Layer& layer : view_.layers) {
      const Parameter* weight = network_.find_parameter(layer.weight);
      if (weight->trainable && weight->value.numel() > 0) units_[layer.weight].layer = &layer;
    }
  }

  Awakening result() {
    Awakening found;
    found.zero_factors = zero_factors(network_, view_);
    // The first pass tells how small a gradient may be.
    Descent first(source_, run_, "adam");
    differentiate(first, 0);
    if (first.non_finite_gradient()) return stopped(first.non_finite_gradient()->name);
    const double least = options_.dtype == at::kDouble ? 1e-300 : 1e-30;
    const double epsilon = std::max(least, 1e-12 * largest_gradient(first.parameters()));
    Descent descent(source_, run_, fmt::format("adam:epsilon={}", epsilon));
    found.parameters = static_cast<int64_t>(descent.parameters().size());
    for (int64_t pass = 0; pass < kPasses; ++pass) {
      differentiate(descent, pass);
      if (descent.non_finite_gradient()) return stopped(descent.non_finite_gradient()->name);
      look(descent, pass);
      if (pass + 1 == kPasses) break;
      descent.step(options_.learning_rate);
      ++found.steps;
    }
    // A choice among experts falls elsewhere as what chooses learns.
    for (int64_t pass = kPasses; chooses(network_) && pass < kPassesOfAChoice; ++pass) {
      if (static_cast<int64_t>(wakes_.size()) == found.parameters) break;
      descent.step(options_.learning_rate);
      ++found.steps;
      differentiate(descent, pass);
      if (descent.non_finite_gradient()) return stopped(descent.non_finite_gradient()->name);
      look(descent, pass);
    }
    const Network after = descent.written_into(network_);
    for (ZeroFactor& factor : found.zero_factors)
      factor.opens = after.find_parameter(factor.parameter)->value.count_nonzero().item<int64_t>() > 0;
    sort(descent, found);
    explain(after, found);
    count_units(found);
    return found;
  }

 private:
  static Awakening stopped(const std::string& parameter) {
    Awakening found;
    found.stopped = fmt::format("the gradient of '{}' is not finite", printable(parameter));
    return found;
  }

  void differentiate(Descent& descent, int64_t pass) {
    at::Tensor loss = at::zeros({}, at::TensorOptions().dtype(options_.dtype));
    size_t number = 0;
    for (const at::Tensor& output : descent.outputs(batch_, Dropout{options_.seed, pass})) {
      const std::string name = fmt::format("awakening/{}", number++);
      if (!output.is_floating_point() || output.numel() == 0) continue;
      at::Tensor v = at::empty(output.sizes(), at::kDouble);
      RandomStream(options_.seed, name).gaussian({v.data_ptr<double>(), static_cast<size_t>(v.numel())});
      loss = loss + (output * v.to(options_.dtype)).sum() / std::sqrt(static_cast<double>(output.numel()));
    }
    descent.differentiate(loss);
  }

  void look(const Descent& descent, int64_t pass) {
    for (const TrainableParameter& parameter : descent.parameters()) {
      const at::Tensor gradient = gradient_of(parameter);
      if (gradient.count_nonzero().item<int64_t>() > 0) wakes_.emplace(parameter.name, pass);
      const auto units = units_.find(parameter.name);
      if (units == units_.end()) continue;
      // A live model's recurrent weights have no axis of directions; others may be used otherwise than they
      // are kept.
      const at::IntArrayRef sizes = network_.find_parameter(parameter.name)->value.sizes();
      const bool has_axis_more = sizes.size() > parameter.value.sizes().size() && sizes[0] == 1;
      if ((has_axis_more ? sizes.slice(1) : sizes) != parameter.value.sizes()) {
        units_.erase(units);
        continue;
      }
      look_at_units(parameter.value.detach().reshape(sizes), gradient.reshape(sizes), units->second);
    }
    for (auto& [weight, record] : units_) {
      if (record.identical && !record.layer->bias.empty())
        record.identical = equal_biases(descent, *record.layer);
    }
  }

  void look_at_units(const at::Tensor& weight, const at::Tensor& gradient, UnitRecord& record) {
    const Node& node = network_.nodes()[record.layer->node];
    const at::Tensor slopes = canonical_weight(node, *record.layer, gradient);
    const at::Tensor silent = slopes.eq(0).flatten(2).all(2);
    record.without_gradient = record.without_gradient.defined() ? record.without_gradient & silent : silent;
    record.identical = record.identical && units_are_equal(slopes) &&
                       units_are_equal(canonical_weight(node, *record.layer, weight));
  }

  static bool equal_biases(const Descent& descent, const Layer& layer) {
    for (const TrainableParameter& parameter : descent.parameters()) {
      if (parameter.name != layer.bias) continue;
      const at::Tensor numbers = parameter.value.detach().flatten();
      const double spread = (numbers - numbers[0]).abs().max().item<double>();
      return spread <= kEqual * numbers.abs().max().item<double>();
    }
    return true;
  }

  void sort(const Descent& descent, Awakening& found) const {
    for (const TrainableParameter& parameter : descent.parameters()) {
      if (parameter.value.numel() == 0) continue;
      const auto woken = wakes_.find(parameter.name);
      if (woken == wakes_.end()) {
        found.dead.push_back({parameter.name});
      } else if (woken->second > 0) {
        found.resting.push_back({parameter.name, woken->second});
      }
    }
  }

  // Zero factors explain a rectifier behind them that gives zero, not the other way round.
  void explain(const Network& after, Awakening& found) const {
    const bool shut = std::any_of(found.zero_factors.begin(), found.zero_factors.end(),
                                  [](const ZeroFactor& factor) { return !factor.opens; });
    const bool is_at_rest = !source_.network() && !found.zero_factors.empty();
    StandstillSearch still(network_);
    if (!shut && !is_at_rest) {
      // A live model runs its own weights only, in which what stands still does so from the first step on.
      Observer* observer = &still;
      RunOptions everywhere = run_;
      everywhere.every_node = true;
      const std::unique_ptr<TapSource> trained = source_.network() ? tap_source(after, everywhere) : nullptr;
      (trained ? *trained : source_).observe_forward(batch_, {&observer, 1}, everywhere);
      if (!still.outputs_differ()) found.standstill = still.first();
    }
    for (DeadParameter& dead : found.dead) {
      if (const std::optional<std::string> stop = derivative_stop(network_, dead.name)) {
        dead.end = {.cause = DeathCause::no_derivative, .at = *stop};
      } else if (shut) {
        dead.end.cause = DeathCause::zero_factors;
      } else if (still.first()) {
        dead.end = *still.first();
      }
    }
  }

  void count_units(Awakening& found) const {
    for (const Layer& layer : view_.layers) {
      const auto place = units_.find(layer.weight);
      if (place == units_.end() || place->second.layer != &layer || !wakes_.contains(layer.weight)) continue;
      const UnitRecord& record = place->second;
      const int64_t units = record.without_gradient.numel(),
                    silent = record.without_gradient.sum().item<int64_t>();
      if (record.identical) found.identical.push_back({layer.weight, units});
      if (silent > 0) found.silent.push_back({layer.weight, silent, units});
    }
  }

  TapSource& source_;
  const Network& network_;
  Batch batch_;
  AwakeningOptions options_;
  Structure view_;
  RunOptions run_;
  std::map<std::string, int64_t> wakes_;  // per parameter, the first pass in which it has a gradient
  std::map<std::string, UnitRecord> units_;
};

}  // namespace

std::string_view to_string(ZeroPurpose purpose) {
  switch (purpose) {
    case ZeroPurpose::branch_gain:
      return "last gain of a branch";
    case ZeroPurpose::branch_layer:
      return "last layer of a branch";
    case ZeroPurpose::branch_scale:
      return "factor of a branch";
    case ZeroPurpose::modulation:
      return "modulation of a branch";
    case ZeroPurpose::low_rank_factor:
      return "second factor of an adapter";
    case ZeroPurpose::readout:
      return "readout";
    case ZeroPurpose::unknown:
      return "unknown";
  }
  return "";
}

std::string_view to_string(DeathCause cause) {
  switch (cause) {
    case DeathCause::zero_factors:
      return "zero factors one behind the other";
    case DeathCause::rectifier:
      return "a rectifier that gives zero";
    case DeathCause::saturation:
      return "a nonlinearity at its bound";
    case DeathCause::standstill:
      return "a node that gives the same for all examples";
    case DeathCause::no_derivative:
      return "no derivative";
    case DeathCause::unknown:
      return "unknown";
  }
  return "";
}

Awakening awakening(const Network& network, const Batch& batch, const AwakeningOptions& options) {
  RunOptions run;
  run.dtype = options.dtype;
  return awakening(*tap_source(network, run), batch, options);
}

Awakening awakening(TapSource& source, const Batch& batch, const AwakeningOptions& options) {
  if (batch.examples() == 0) reject("awakening", "needs at least 1 example", "0");
  if (options.examples < 1)
    reject("awakening", "examples must be from 1 on", std::to_string(options.examples));
  const Network& graph = *source.graph();
  if (graph.parameter_count() == 0) return {};
  const int64_t at_once = source.examples_at_once(batch);
  const int64_t examples = at_once > 0 ? at_once : std::min(options.examples, batch.examples());
  return Passes(source, batch.slice(0, std::min(examples, batch.examples())), options).result();
}

std::optional<Awakening> awakening_as_it_runs(TapSource& source, const Batch& batch, uint64_t seed) {
  for (const at::ScalarType dtype : {at::kDouble, at::kFloat}) {
    RunOptions run;
    run.dtype = dtype;
    if (!source.trainee(run)) continue;
    AwakeningOptions options;
    options.seed = seed;
    options.dtype = dtype;
    return awakening(source, batch, options);
  }
  return {};
}

}  // namespace shatterproof
