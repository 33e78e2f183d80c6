// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/non_finite.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <memory>

#include "network/softmax.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

bool all_finite(const at::Tensor& tensor) {
  return !tensor.is_floating_point() || tensor.isfinite().all().item<bool>();
}

std::string kind_of_accident(const at::Tensor& tensor) {
  return tensor.isnan().any().item<bool>() ? "nan" : "inf";
}

ValueRange range_of(std::string value, const at::Tensor& tensor) {
  ValueRange range{std::move(value), 0, 0, 0, tensor.numel()};
  const at::Tensor numbers = tensor.to(at::kCPU, at::kDouble);
  const at::Tensor finite = numbers.masked_select(numbers.isfinite());
  range.not_finite = range.numbers - finite.numel();
  if (finite.numel() > 0) {
    range.least = finite.min().item<double>();
    range.greatest = finite.max().item<double>();
  }
  return range;
}

std::vector<size_t> readers_of(const Network& network, const std::string& value) {
  std::vector<size_t> readers;
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    const std::vector<std::string>& inputs = network.nodes()[i].inputs;
    if (std::find(inputs.begin(), inputs.end(), value) != inputs.end()) readers.push_back(i);
  }
  return readers;
}

std::string value_of(const Network& network, const Tap& tap) {
  return tap.op.empty() ? tap.name : network.nodes()[tap.node].outputs[0];
}

std::vector<ValueRange> input_ranges(const Network& network, const ForwardTap& tap) {
  std::vector<ValueRange> ranges;
  const std::vector<std::string> values =
      tap.tap.op.empty() ? std::vector{tap.tap.name} : network.nodes()[tap.tap.node].inputs;
  // A live model's call may have more operands than the graph says.
  for (size_t i = 0; i < std::min(values.size(), tap.inputs.size()); ++i) {
    if (tap.inputs[i].defined()) ranges.push_back(range_of(values[i], tap.inputs[i]));
  }
  return ranges;
}

// Where -inf came from.
struct Origin {
  NonFinite place;
  ValueRange range;  // of what came out there
  size_t order = 0;
  bool is_given = false;  // by a constant, as a mask is, not made of finite numbers
};

// The first accident on the way forward, and, as long as there is none, the first on the way back. -inf is
// none as long as it becomes finite again, as scores do in a softmax, whoever wrote that.
class Watch : public Observer {
 public:
  explicit Watch(const Network& network) : network_(network) {}

  bool wants_forward(const Tap&) const override { return true; }
  bool wants_backward(const Tap&) const override { return true; }

  void observe(const ForwardTap& tap) override {
    if (forward && tap.tap.order >= forward_order_) return;
    const std::string value = value_of(network_, tap.tap);
    if (all_finite(tap.output)) {
      origins_.erase(value);  // of another mini-batch
      return;
    }
    std::shared_ptr<const Origin> origin = entering(tap);
    if (!(tap.output.isfinite() | tap.output.isneginf()).all().item<bool>()) {
      settle(tap, origin && !origin->is_given ? origin->place : accident(tap, origin.get()));
      return;
    }
    if (!origin || is_softmax_at(tap)) origin = begin(tap, value);
    if (leaves(value)) settle(tap, origin->place);
    origins_[value] = std::move(origin);
  }

  void observe(const BackwardTap& tap) override {
    const bool later = !backward_tap || tap.tap.order > backward_tap->order;
    if (!later || all_finite(tap.gradient)) return;
    backward_tap = tap.tap;
    backward_what = kind_of_accident(tap.gradient);
  }

  std::optional<NonFinite> forward;
  std::optional<Tap> backward_tap;
  std::string backward_what;

 private:
  bool is_softmax_at(const ForwardTap& tap) const {
    return !tap.tap.op.empty() && is_softmax(network_.nodes()[tap.tap.node]);
  }

  bool leaves(const std::string& value) const {
    return std::find(network_.outputs().begin(), network_.outputs().end(), value) != network_.outputs().end();
  }

  void settle(const ForwardTap& tap, NonFinite found) {
    forward = std::move(found);
    forward_order_ = tap.tap.order;
  }

  // The earliest of what enters.
  std::shared_ptr<const Origin> entering(const ForwardTap& tap) const {
    std::shared_ptr<const Origin> earliest;
    if (tap.tap.op.empty()) return earliest;
    for (const std::string& input : network_.nodes()[tap.tap.node].inputs) {
      const auto found = origins_.find(input);
      if (found != origins_.end() && (!earliest || found->second->order < earliest->order))
        earliest = found->second;
    }
    return earliest;
  }

  NonFinite accident(const ForwardTap& tap, const Origin* origin) const {
    NonFinite found{false,         kind_of_accident(tap.output), tap.tap.name, tap.tap.op,
                    tap.tap.layer, input_ranges(network_, tap)};
    const bool is_told =
        !origin || std::any_of(found.inputs.begin(), found.inputs.end(),
                               [&](const auto& one) { return one.value == origin->range.value; });
    if (!is_told) found.inputs.push_back(origin->range);
    return found;
  }

  std::shared_ptr<const Origin> begin(const ForwardTap& tap, const std::string& value) const {
    return std::make_shared<Origin>(
        Origin{accident(tap, nullptr), range_of(value, tap.output), tap.tap.order, is_given(tap)});
  }

  // What only chooses or moves numbers may have it as an attribute. An input's are the examples' own.
  bool is_given(const ForwardTap& tap) const {
    if (tap.tap.op.empty()) return false;
    const Node& node = network_.nodes()[tap.tap.node];
    const OperatorRole role = operator_of(node).role;
    if (node.op == "Where" || role == OperatorRole::movement || role == OperatorRole::shape) return true;
    return std::any_of(tap.inputs.begin(), tap.inputs.end(),
                       [](const at::Tensor& input) { return input.defined() && !all_finite(input); });
  }

  const Network& network_;
  size_t forward_order_ = 0;
  std::map<std::string, std::shared_ptr<const Origin>> origins_;  // by the values that hold -inf now
};

// What went into one node.
class NodeInputs : public Observer {
 public:
  NodeInputs(const Network& network, size_t node) : network_(network), node_(node) {}

  bool wants_forward(const Tap& tap) const override { return !tap.op.empty() && tap.node == node_; }
  void observe(const ForwardTap& tap) override {
    if (ranges.empty()) ranges = input_ranges(network_, tap);
    layer = tap.tap.layer;
  }
  using Observer::observe;

  std::vector<ValueRange> ranges;
  int layer = 0;

 private:
  const Network& network_;
  size_t node_;
};

}  // namespace

std::optional<NonFinite> first_non_finite(const Network& network, const Batch& batch, RunOptions options) {
  options.every_node = true;
  return first_non_finite(*tap_source(network, options), batch, options);
}

std::optional<NonFinite> first_non_finite(TapSource& source, const Batch& batch, RunOptions options) {
  const Network& network = *source.graph();
  options.every_node = true;
  Watch watch(network);
  Observer* observer = &watch;
  source.run(batch, {&observer, 1}, options);
  if (watch.forward || !watch.backward_tap) return watch.forward;

  // The gradient at this tap was made by a node that reads it; at the output, by the functional.
  NonFinite found{
      true, watch.backward_what, watch.backward_tap->name, watch.backward_tap->op, watch.backward_tap->layer,
      {}};
  const std::vector<size_t> readers = readers_of(network, value_of(network, *watch.backward_tap));
  if (readers.empty()) return found;
  const Node& node = network.nodes()[readers.front()];
  NodeInputs inputs(network, readers.front());
  observer = &inputs;
  source.observe_forward(batch, {&observer, 1}, options);
  found.node = node.title();
  found.op = node.op;
  found.layer = inputs.layer;
  found.inputs = std::move(inputs.ranges);
  return found;
}

}  // namespace shatterproof
