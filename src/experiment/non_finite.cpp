// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/non_finite.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "network/softmax.h"

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
  for (size_t i = 0; i < tap.inputs.size(); ++i) {
    if (!tap.inputs[i].defined()) continue;
    const std::string value = tap.tap.op.empty() ? tap.tap.name : network.nodes()[tap.tap.node].inputs[i];
    ranges.push_back(range_of(value, tap.inputs[i]));
  }
  return ranges;
}

// The first accident on the way forward, and, as long as there is none, the first on the way back.
class Watch : public Observer {
 public:
  explicit Watch(const Network& network) : network_(network) {}

  bool wants_forward(const Tap&) const override { return true; }
  bool wants_backward(const Tap&) const override { return true; }

  void observe(const ForwardTap& tap) override {
    const bool earlier = !forward || tap.tap.order < forward_order_;
    if (!earlier || all_finite(tap.output) || masks_a_softmax(tap)) return;
    forward = NonFinite{false,         kind_of_accident(tap.output), tap.tap.name, tap.tap.op,
                        tap.tap.layer, input_ranges(network_, tap)};
    forward_order_ = tap.tap.order;
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
  bool masks_a_softmax(const ForwardTap& tap) const {
    const bool only_minus_infinity = (tap.output.isfinite() | tap.output.isneginf()).all().item<bool>();
    if (!only_minus_infinity) return false;
    const std::vector<size_t> readers = readers_of(network_, value_of(network_, tap.tap));
    return !readers.empty() && std::all_of(readers.begin(), readers.end(), [&](size_t reader) {
      return is_softmax(network_.nodes()[reader]);
    });
  }

  const Network& network_;
  size_t forward_order_ = 0;
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
