// SPDX-License-Identifier: Apache-2.0
#include "train/random_task.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "network/softmax.h"
#include "shatterproof/core/random.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

constexpr int64_t kMostClasses = 8;
constexpr int64_t kMostPositions = 8;
constexpr double kUnbounded = std::numeric_limits<double>::infinity();

// Whether the node turns single numbers into others.
bool is_elementwise(const Node& node) {
  return operator_of(node).role == OperatorRole::nonlinearity && node.inputs.size() == 1;
}

// What makes the first output, last node first: a node of weight, and the nonlinearities that follow it.
// Softmax and what only moves values are passed over.
std::vector<size_t> last_nodes(const Network& network) {
  std::vector<size_t> found;
  std::string value = network.outputs().front();
  for (int64_t at = network.producer(value); at >= 0; at = network.producer(value)) {
    const Node& node = network.nodes()[static_cast<size_t>(at)];
    if (operator_of(node).role != OperatorRole::movement && !is_softmax(node)) {
      found.push_back(static_cast<size_t>(at));
      if (!is_elementwise(node)) break;
    }
    value = node.inputs[0];
  }
  return found;
}

struct Reach {
  double least = -kUnbounded, most = kUnbounded;
  bool is_bounded() const { return std::isfinite(least) || std::isfinite(most); }
};

// What the last nonlinearities can give one after the other, by trying them far out.
Reach reach_of(const Network& network) {
  constexpr double kFar = 1e4, kBound = 10;
  Reach reach;
  const std::vector<size_t> last = last_nodes(network);
  at::Tensor numbers =
      at::cat({at::tensor({-kFar, kFar}, at::kDouble), at::linspace(-5, 5, 101, at::kDouble)}).unsqueeze(1);
  bool passed = false;
  for (auto at = last.rbegin(); at != last.rend(); ++at) {
    const Node& node = network.nodes()[*at];
    if (!is_elementwise(node)) continue;
    const std::array<at::Tensor, 1> inputs = {numbers};
    OperatorCall call{node, inputs};
    call.examples = numbers.size(0);
    call.floating = at::kDouble;
    numbers = evaluate(call).front();
    passed = true;
  }
  if (!passed) return reach;
  const double least = numbers.min().item<double>(), most = numbers.max().item<double>();
  if (least > -kBound) reach.least = least;
  if (most < kBound) reach.most = most;
  return reach;
}

// Channels of what a convolution made are axis 1.
int64_t class_axis_of(const Network& network, const at::Tensor& output) {
  if (output.dim() < 3) return 1;
  const std::vector<size_t> last = last_nodes(network);
  const Structure view = structure(network);
  const Layer* nearest = nullptr;
  for (const Layer& layer : view.layers) {
    if (!last.empty() && layer.node <= last.front()) nearest = &layer;
  }
  const bool convolves = nearest && nearest->kind == LayerKind::convolution;
  return convolves ? 1 : output.dim() - 1;
}

at::Tensor normals(at::IntArrayRef sizes, uint64_t seed, const char* name) {
  at::Tensor drawn = at::empty(sizes, at::kDouble);
  RandomStream(seed, name).gaussian({drawn.data_ptr<double>(), static_cast<size_t>(drawn.numel())});
  return drawn;
}

// Standardized over the examples, along as many random directions as there are answers of one.
at::Tensor along_directions(const at::Tensor& numbers, at::IntArrayRef sizes, uint64_t seed,
                            const char* name) {
  const int64_t directions = c10::multiply_integers(sizes.slice(1));
  const at::Tensor along = numbers.mm(normals({numbers.size(1), directions}, seed, name));
  return ((along - along.mean(0, true)) / along.std(0, /*unbiased=*/false, true).clamp_min(1e-12))
      .reshape(sizes);
}

at::Tensor drawn_numbers(const at::Tensor& numbers, at::IntArrayRef sizes, uint64_t seed, const char* name) {
  return numbers.defined() ? along_directions(numbers, sizes, seed, name) : normals(sizes, seed, name);
}

// Equally many of each class at every position, in an order of its own, or in that of `drawn`.
at::Tensor balanced_labels(const at::Tensor& drawn, int64_t classes, bool in_order) {
  const at::Tensor order = drawn.argsort(0, false);
  if (!in_order) return order.remainder(classes);
  return (order.argsort(0, false) * classes).floor_divide(drawn.size(0));
}

// Apart as the network's own outputs are; never below a tenth of their size, which only rounding may be.
double scale_of(const at::Tensor& output) {
  constexpr double kTenth = .1, kNothing = 1e-12;
  const at::Tensor numbers = output.detach().to(at::kDouble);
  const double size = numbers.square().mean().sqrt().item<double>();
  const double apart =
      numbers.size(0) < 2 ? 0 : numbers.var(0, /*unbiased=*/false).mean().sqrt().item<double>();
  const double scale = std::max(apart, kTenth * size);
  return std::isfinite(scale) && scale > kNothing ? scale : 1;
}

at::Tensor targets_within(const Reach& reach, const at::Tensor& output, const at::Tensor& drawn) {
  constexpr double kMargin = .2;  // of the reach, kept from its ends
  if (std::isfinite(reach.least) && std::isfinite(reach.most)) {
    const double span = reach.most - reach.least;
    return at::where(drawn.gt(0), at::full_like(drawn, reach.most - kMargin * span),
                     at::full_like(drawn, reach.least + kMargin * span));
  }
  const double scale = scale_of(output);
  if (reach.is_bounded()) {
    const bool below = std::isfinite(reach.least);
    const at::Tensor bound = at::full_like(drawn, below ? reach.least : reach.most);
    const at::Tensor within = bound + (below ? scale : -scale) * drawn.abs();
    // At its bound a rectifier has no gradient: such examples stay where they are, unless all are there.
    const at::Tensor rests = output.detach().to(at::kDouble).eq(bound);
    return rests.all().item<bool>() ? within : at::where(rests, bound, within);
  }
  // A linear readout can make numbers of any size; where they begin tiny, that is no task.
  const at::Tensor middle = output.detach().to(at::kDouble).mean(0, /*keepdim=*/true);
  return middle + std::max(1.0, scale) * drawn;
}

}  // namespace

RandomTask::RandomTask(const Network& network, const at::Tensor& output, uint64_t seed,
                       const at::Tensor& inputs) {
  constexpr int64_t kSides = 2;
  task_.follows_inputs = inputs.defined();
  const Reach reach = reach_of(network);
  class_axis_ = class_axis_of(network, output);
  const at::Tensor table = output.dim() < 2 ? output.unsqueeze(1) : output;
  const int64_t numbers = table.size(class_axis_), examples = table.size(0);
  const int64_t all = numbers == 0 ? 0 : table.numel() / (examples * numbers);
  task_.positions = std::min(kMostPositions, all);
  // The last ones of equal stretches: of a causal sequence those that have seen something.
  positions_ = (at::arange(1, task_.positions + 1, at::kLong) * all).floor_divide(task_.positions) - 1;
  const std::string each =
      task_.positions == 1 ? fmt::format("for each of {} examples", examples)
                           : fmt::format("at {} positions of each of {} examples", task_.positions, examples);
  if (numbers >= 2 && !reach.is_bounded()) {
    task_.classes = numbers_ = task_.follows_inputs ? kSides : std::min(numbers, kMostClasses);
    task_.sentence = task_.follows_inputs
                         ? fmt::format("on which side of a plane through the inputs it lies, {}", each)
                         : fmt::format("a random label of {} {}", task_.classes, each);
    answers_ = balanced_labels(drawn_numbers(inputs, {examples, task_.positions}, seed, "rehearsal/labels"),
                               task_.classes, task_.follows_inputs);
    return;
  }
  task_.kind = RehearsalTask::Kind::targets;
  numbers_ = numbers;
  task_.sentence =
      fmt::format("{} {}", task_.follows_inputs ? "linear functions of the inputs" : "random targets", each);
  const at::Tensor made = chosen(output);
  answers_ = targets_within(reach, made, drawn_numbers(inputs, made.sizes(), seed, "rehearsal/targets"));
}

// [examples, positions, numbers]. Of more logits than classes the first, so that nothing has to be learned
// about those that no example has.
at::Tensor RandomTask::chosen(const at::Tensor& output) const {
  const at::Tensor table = output.dim() < 2 ? output.unsqueeze(1) : output;
  const at::Tensor last = table.movedim(class_axis_, -1);
  const at::Tensor all = last.reshape({last.size(0), -1, last.size(-1)});
  const at::Tensor picked = all.index_select(1, positions_.to(output.device()));
  return task_.classes > 0 ? picked.narrow(2, 0, task_.classes) : picked;
}

at::Tensor RandomTask::loss_of_answers(const at::Tensor& made) const {
  const at::Tensor answers = answers_.to(made.device());
  if (task_.kind == RehearsalTask::Kind::labels)
    return at::nll_loss(at::log_softmax(made, -1).flatten(0, 1), answers.flatten());
  return (made - answers.to(made.scalar_type())).square().mean();
}

at::Tensor RandomTask::in_units_of_answers(const at::Tensor& made) const {
  if (task_.kind == RehearsalTask::Kind::labels) return made;
  return made * std::sqrt(constant_loss()) + answers_.mean(0, /*keepdim=*/true);
}

double RandomTask::constant_loss() const {
  if (task_.kind == RehearsalTask::Kind::targets)
    return answers_.var(0, /*unbiased=*/false).mean().item<double>();
  const at::Tensor shares = at::one_hot(answers_, task_.classes).to(at::kDouble).mean(0);
  return -(shares * shares.clamp_min(1e-300).log()).sum(-1).mean().item<double>();
}

}  // namespace shatterproof
