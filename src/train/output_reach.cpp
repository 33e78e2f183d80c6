// SPDX-License-Identifier: Apache-2.0
#include "train/output_reach.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "network/movement.h"
#include "network/patterns/region.h"
#include "network/softmax.h"
#include "shatterproof/network/composite.h"

namespace shatterproof {
namespace {

constexpr int64_t kNear = 101;
constexpr double kNearest = 5, kFar = 1e4, kFarther = 2e4;
// More axes than an output has before constants of any shape broadcast.
constexpr int64_t kAxes = 6;

enum class Start { open, unit };

// One thing that happens to the numbers on their way to the output.
struct Step {
  enum class Kind { moves, computes, sums } kind = Kind::moves;
  Region region;     // what computes
  int64_t axis = 0;  // what is summed along
};

// The way from weights, vectors of length 1 or a Concat to the output.
struct Tail {
  std::vector<Step> steps;  // the last first
  Start start = Start::open;
  const Node* concatenation = nullptr;  // at which it begins
};

class Tails {
 public:
  explicit Tails(const Network& network) : graph_(network), composites_(composites(network)) {}

  const PatternGraph& graph() const { return graph_; }

  // Back from a value that these steps follow.
  Tail from(std::string value, std::vector<Step> steps = {}) const {
    Tail tail;
    tail.steps = std::move(steps);
    for (int64_t at = graph_.maker(value); at >= 0; at = graph_.maker(value)) {
      const auto index = static_cast<size_t>(at);
      const Node& node = graph_.node(index);
      if (is_unit_length(value) || gives_cosines(node)) {
        tail.start = Start::unit;
        return tail;
      }
      if (node.op == "Concat") {
        tail.concatenation = &node;
        return tail;
      }
      if (only_moves(node)) {
        tail.steps.push_back({Step::Kind::moves, {}, 0});
        value = node.inputs[0];
      } else if (is_softmax(node)) {
        value = node.inputs[0];
      } else if (const auto axis = running_sum(node)) {
        tail.steps.push_back({Step::Kind::sums, {}, *axis});
        value = node.inputs[0];
      } else if (auto region = longest_region(index)) {
        value = region->entry;
        tail.steps.push_back({Step::Kind::computes, std::move(*region), 0});
      } else {
        return tail;
      }
    }
    return tail;
  }

 private:
  // Of nodes that take numbers one by one, and the constants beside them.
  std::optional<Region> longest_region(size_t exit) const {
    std::optional<Region> longest;
    each_region(
        graph_, exit, [&](size_t node) { return is_elementwise(graph_.node(node).op); },
        [&](const Region& region) {
          longest = region;
          return true;
        });
    return longest;
  }

  std::optional<int64_t> running_sum(const Node& node) const {
    if (node.op != "CumSum" || node.integer("exclusive", 0) != 0 || node.integer("reverse", 0) != 0)
      return {};
    const auto axis = graph_.constants.integers(node.inputs[1]);
    if (!axis || axis->size() != 1) return {};
    return axis->front();
  }

  // Vectors divided by their length, and rearranged.
  bool is_unit_length(std::string value) const {
    for (int64_t at = graph_.maker(value); at >= 0; at = graph_.maker(value)) {
      const Node& node = graph_.node(static_cast<size_t>(at));
      if (node.op == "LpNormalization") return node.integer("p", 2) == 2;
      for (const Composite& composite : composites_) {
        if (composite.output == static_cast<size_t>(at) && composite.op == "LpNormalization")
          return composite.values.empty();
      }
      if (!only_moves(node)) return false;
      value = node.inputs[0];
    }
    return false;
  }

  // Products of vectors of length 1 with one another, or with those that nodes make of a parameter.
  bool gives_cosines(const Node& node) const {
    constexpr size_t kFactors = 2;
    if ((node.op != "MatMul" && node.op != "Gemm") || node.inputs.size() != kFactors) return false;
    if (!is_unit_length(node.inputs[0])) return false;
    if (is_unit_length(node.inputs[1])) return true;
    if (graph_.constants.varies(node.inputs[1])) return false;
    const ConstantValue* weight = graph_.constants.find(node.inputs[1]);
    if (!weight || weight->value.dim() != 2 || graph_.network.find_parameter(node.inputs[1])) return false;
    constexpr double kRounding = 1e-3;
    const int64_t along = node.integer("transB", 0) != 0 ? 1 : 0;
    const at::Tensor lengths = weight->value.to(at::kDouble).square().sum(along).sqrt();
    return (lengths - 1).abs().max().item<double>() < kRounding;
  }

  PatternGraph graph_;
  std::vector<Composite> composites_;
};

// Ascending along axis 0; the outermost two on either side are far out.
at::Tensor points(Start start) {
  const at::Tensor along = start == Start::unit
                               ? at::linspace(-1, 1, kNear, at::kDouble)
                               : at::cat({at::tensor({-kFarther, -kFar}, at::kDouble),
                                          at::linspace(-kNearest, kNearest, kNear, at::kDouble),
                                          at::tensor({kFar, kFarther}, at::kDouble)});
  std::vector<int64_t> sizes(kAxes, 1);
  sizes[0] = along.numel();
  return along.view(sizes);
}

bool never_fall(const at::Tensor& numbers) {
  const int64_t n = numbers.size(0);
  return numbers.narrow(0, 1, n - 1).ge(numbers.narrow(0, 0, n - 1)).all().item<bool>();
}

// What the numbers say of an end, the lower one. The upper one is the lower one of their negatives.
struct End {
  at::Tensor bound;  // least of all
  at::Tensor near;   // least of the near ones
  bool is_closed = true;
};

End lower_end(const at::Tensor& numbers, Start start) {
  End end;
  end.bound = numbers.amin(0);
  if (start == Start::unit) {
    end.near = end.bound;
    end.is_closed = end.bound.isfinite().all().item<bool>();
    return end;
  }
  end.near = numbers.narrow(0, 2, kNear).amin(0);
  constexpr double kStill = 1e-3;  // of all that is reached
  const at::Tensor allowed = kStill * (numbers.amax(0) - end.bound);
  const int64_t last = numbers.size(0) - 1;
  for (const auto& [farther, far] : {std::pair<int64_t, int64_t>(0, 1), {last, last - 1}}) {
    const at::Tensor falls = numbers[farther].eq(end.bound).logical_and(
        (numbers[far] - numbers[farther]).le(allowed).logical_not());
    end.is_closed = end.is_closed && !falls.any().item<bool>();
  }
  end.is_closed = end.is_closed && end.bound.isfinite().all().item<bool>();
  return end;
}

OutputReach reach_of(const at::Tensor& numbers, Start start) {
  OutputReach reach;
  if (numbers.isnan().any().item<bool>()) return reach;
  const End lower = lower_end(numbers, start), upper = lower_end(-numbers, start);
  const at::Tensor near_most = -upper.near, near_span = near_most - lower.near;
  if (!near_span.gt(0).all().item<bool>()) return reach;
  if (lower.is_closed && upper.is_closed) {
    const at::Tensor most = -upper.bound;
    const bool wide = (2 * near_span).lt(most - lower.bound).any().item<bool>();
    reach.least = wide ? lower.near : lower.bound;
    reach.most = wide ? near_most : most;
    return reach;
  }
  constexpr double kReached = .1;
  const auto comes_to_it = [&](const End& end) {
    return end.is_closed && (end.near - end.bound).le(kReached * near_span).all().item<bool>();
  };
  if (comes_to_it(lower)) reach.least = lower.bound;
  if (comes_to_it(upper)) reach.most = -upper.bound;
  return reach;
}

// Without the axes that are only there for constants to broadcast along; undefined when one of another size
// is among them.
at::Tensor fitted(at::Tensor bound, const at::Tensor& output) {
  while (bound.defined() && bound.dim() > output.dim()) bound = bound.size(0) == 1 ? bound[0] : at::Tensor();
  for (int64_t axis = 1; bound.defined() && axis <= bound.dim(); ++axis) {
    if (bound.size(-axis) != 1 && bound.size(-axis) != output.size(-axis)) bound = at::Tensor();
  }
  return bound;
}

OutputReach reach_along(const PatternGraph& graph, const Tail& tail, const at::Tensor& output) {
  at::Tensor numbers = points(tail.start);
  const int64_t count = numbers.numel();
  std::optional<int64_t> rises_along;
  for (auto step = tail.steps.rbegin(); step != tail.steps.rend(); ++step) {
    const bool are_alike = numbers.numel() == count;
    if (step->kind == Step::Kind::computes) {
      const auto made = evaluate_region(graph, step->region, numbers, /*of_first_numbers=*/false);
      if (!made || made->dim() != kAxes || made->size(0) != count) return {};
      numbers = made->to(at::kDouble);
    } else if (!are_alike || rises_along) {
      return {};
    } else if (step->kind == Step::Kind::sums) {
      // Of numbers that are never below 0, and of any size, alone.
      const OutputReach summed = reach_of(numbers, tail.start);
      const bool rises = summed.least.defined() && !summed.most.defined() &&
                         summed.least.ge(0).all().item<bool>() && never_fall(numbers);
      if (!rises) return {};
      rises_along = step->axis < 0 ? step->axis + output.dim() : step->axis;
    }
  }
  if (rises_along && (!never_fall(numbers) || *rises_along < 1 || *rises_along >= output.dim())) return {};
  OutputReach reach = reach_of(numbers, tail.start);
  const bool had_least = reach.least.defined(), had_most = reach.most.defined();
  reach.least = fitted(reach.least, output);
  reach.most = fitted(reach.most, output);
  if (had_least != reach.least.defined() || had_most != reach.most.defined()) return {};
  reach.rises_along = rises_along;
  reach.of_unit_length = tail.start == Start::unit && reach.is_bounded();
  return reach;
}

// The closer one of two bounds that may be open.
at::Tensor closer(const at::Tensor& one, const at::Tensor& other, bool is_least) {
  if (!one.defined() || !other.defined()) return one.defined() ? one : other;
  return is_least ? at::maximum(one, other) : at::minimum(one, other);
}

// Numbers that every part of a concatenation can be; open where there are none.
OutputReach reach_of_all(const Tails& tails, const Tail& joined, const at::Tensor& output) {
  constexpr size_t kMostParts = 16;
  const std::vector<std::string>& inputs = joined.concatenation->inputs;
  const std::set<std::string> parts(inputs.begin(), inputs.end());
  if (parts.size() > kMostParts) return {};
  OutputReach all;
  all.of_unit_length = true;
  for (const std::string& part : parts) {
    const OutputReach one = reach_along(tails.graph(), tails.from(part, joined.steps), output);
    if (one.rises_along) return {};
    all.least = closer(all.least, one.least, true);
    all.most = closer(all.most, one.most, false);
    all.of_unit_length = all.of_unit_length && one.of_unit_length;
  }
  const bool is_closed = all.least.defined() && all.most.defined();
  if (!all.is_bounded() || (is_closed && !all.least.lt(all.most).all().item<bool>())) return {};
  return all;
}

}  // namespace

OutputReach output_reach(const Network& network, const at::Tensor& output) {
  const Tails tails(network);
  const Tail tail = tails.from(network.outputs().front());
  return tail.concatenation ? reach_of_all(tails, tail, output) : reach_along(tails.graph(), tail, output);
}

}  // namespace shatterproof
