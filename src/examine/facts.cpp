// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/facts.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "network/movement.h"
#include "shatterproof/dataset/preprocessing.h"
#include "shatterproof/network/operator.h"
#include "shatterproof/run/taps.h"
#include "train/output_reach.h"

namespace shatterproof {
namespace {

// What the numbers of a channel vary by: the deviation; where most are 0 and none is below, as of counts and
// of one-hot columns, the size of the others, which does not depend on how rare they are.
at::Tensor spreads(const at::Tensor& input, const ChannelMoments& channels) {
  const at::Tensor numbers = input.to(at::kDouble);
  const at::Tensor zeros = channel_moments(numbers.eq(0)).mean, below = channel_moments(numbers.lt(0)).mean;
  const at::Tensor size =
      (channels.mean.square() + channels.deviation.square()) / (1 - zeros).clamp_min(1e-300);
  return at::where(zeros.gt(.5).logical_and(below.eq(0)).logical_and(zeros.lt(1)), size.sqrt(),
                   channels.deviation);
}

void add_channels(const at::Tensor& input, InputFacts& facts) {
  const ChannelMoments channels = channel_moments(input);
  const at::Tensor means = channels.mean.flatten().contiguous(),
                   deviations = channels.deviation.flatten().contiguous(),
                   sizes = spreads(input, channels).flatten().contiguous();
  const double *mean = means.data_ptr<double>(), *deviation = deviations.data_ptr<double>();
  const double* size = sizes.data_ptr<double>();
  std::vector<double> varying;
  double widest = 0, squares = 0;
  for (int64_t i = 0; i < means.numel(); ++i) {
    ++facts.channels;
    // A channel that varies within rounding is as good as constant.
    if (!(deviation[i] > 1e-6 * std::max(1e-30, std::abs(mean[i])))) {
      ++facts.constant_channels;
      continue;
    }
    squares += deviation[i] * deviation[i];
    varying.push_back(size[i]);
    if (size[i] <= widest) continue;
    widest = size[i];
    facts.widest = fmt::format("{} {}", input.dim() >= 4 ? "channel" : "column", i + 1);
  }
  if (varying.empty()) return;
  const double usual = std::sqrt(squares / static_cast<double>(varying.size()));
  for (int64_t i = 0; i < means.numel(); ++i)
    facts.largest_offset = std::max(facts.largest_offset, std::abs(mean[i]) / std::max(usual, deviation[i]));
  const auto middle = varying.begin() + static_cast<std::ptrdiff_t>(varying.size() / 2);
  std::nth_element(varying.begin(), middle, varying.end());
  facts.deviation_ratio = std::max(facts.deviation_ratio, widest / *middle);
}

// Whether something between the inputs and the first layer normalizes, or shifts and scales by constants.
bool prepares_inputs(const Network& graph, const Structure& structure) {
  if (structure.layers.empty()) return false;
  std::set<int64_t> front = {static_cast<int64_t>(structure.layers.front().node)};
  bool first = true;
  while (!front.empty()) {
    const int64_t node = *front.rbegin();
    front.erase(node);
    const Node& one = graph.nodes()[static_cast<size_t>(node)];
    const OperatorRole role = operator_of(one).role;
    const bool scales = one.op == "Sub" || one.op == "Div" || one.op == "Mul";
    if (!first && (role == OperatorRole::normalization || scales)) return true;
    first = false;
    for (const std::string& value : one.inputs) {
      const int64_t from = graph.producer(value);
      if (from >= 0 && structure.depends_on_input[static_cast<size_t>(from)]) front.insert(from);
    }
  }
  return false;
}

// Of those that read inputs which no other layer has changed. Local response normalization keeps a scale.
bool normalizes_behind(const Network& graph, const Structure& structure) {
  std::vector<bool> is_layer(graph.nodes().size()), reads_inputs(graph.nodes().size());
  for (const Layer& layer : structure.layers) is_layer[layer.node] = true;
  for (size_t i = 0; i < reads_inputs.size(); ++i) {
    for (const std::string& value : graph.nodes()[i].inputs) {
      const int64_t from = graph.producer(value);
      const auto before = static_cast<size_t>(from);
      const bool is_input = from < 0 && !value.empty() && !graph.find_parameter(value);
      if (is_input || (from >= 0 && reads_inputs[before] && !is_layer[before])) reads_inputs[i] = true;
    }
  }
  return std::all_of(structure.layers.begin(), structure.layers.end(), [&](const Layer& layer) {
    if (!reads_inputs[layer.node]) return true;
    return layer.normalization && graph.nodes()[*layer.normalization].op != "LRN";
  });
}

// The final softmax, where its axis has one number.
std::string softmax_of_one(const Network& graph, const at::Tensor& logits) {
  const Node* softmax = final_softmax(graph, graph.outputs().front());
  if (!softmax) return {};
  const int64_t axis = softmax->integer("axis", -1), axes = logits.dim();
  const bool is_over_examples = axis == 0 || axis == -axes;
  if (axis < -axes || axis >= axes || is_over_examples || logits.size(axis) != 1) return {};
  return softmax->title();
}

// A last softmax of a softmax: its logits are what that gives.
bool takes_probabilities(const Network& graph) {
  const int64_t last = maker_of_numbers(graph, graph.outputs().front());
  if (last < 0 || graph.nodes()[static_cast<size_t>(last)].op != "Softmax") return false;
  const int64_t before = maker_of_numbers(graph, graph.nodes()[static_cast<size_t>(last)].inputs[0]);
  return before >= 0 && graph.nodes()[static_cast<size_t>(before)].op == "Softmax";
}

}  // namespace

InputFacts input_facts(const Network& graph, const Structure& structure, const Batch& batch) {
  InputFacts facts;
  std::vector<at::Tensor> numbers;
  facts.whole = true;
  for (const at::Tensor& given : batch.inputs) {
    if (!at::isFloatingType(given.scalar_type()) || given.numel() == 0) continue;
    const at::Tensor input = given.to(at::kCPU);  // where its moments are read one by one
    numbers.push_back(input.to(at::kDouble).flatten());
    facts.whole = facts.whole && at::equal(numbers.back(), numbers.back().round());
    add_channels(input, facts);
  }
  if (numbers.empty()) return {};
  const at::Tensor all = at::cat(numbers);
  facts.real = true;
  facts.not_finite = all.numel() - all.isfinite().sum().item<int64_t>();
  facts.mean = all.mean().item<double>();
  facts.deviation = all.numel() < 2 ? 1 : all.std().item<double>();
  facts.least = all.min().item<double>();
  facts.greatest = all.max().item<double>();
  facts.prepared = prepares_inputs(graph, structure);
  facts.normalized_behind = !structure.layers.empty() && normalizes_behind(graph, structure);
  return facts;
}

OutputFacts output_facts(const Network& graph, const std::vector<at::Tensor>& logits,
                         const at::Tensor& labels) {
  constexpr int64_t kMostClasses = int64_t{1} << 20;
  if (logits.empty() || !at::isFloatingType(logits[0].scalar_type())) return {};
  const at::Tensor& output = logits[0];
  OutputFacts facts;
  facts.softmax_of_one = softmax_of_one(graph, output);
  if (const std::optional<size_t> rectifier = output_rectifier(graph))
    facts.rectifier = graph.nodes()[*rectifier].title();
  if (const int64_t last = maker_of_numbers(graph, graph.outputs().front()); last >= 0) {
    facts.last = graph.nodes()[static_cast<size_t>(last)].title();
    facts.last_op = graph.nodes()[static_cast<size_t>(last)].op;
  }
  const OutputReach reach = output_reach(graph, output);
  facts.are_cosines = reach.of_unit_length;
  if (reach.least.defined()) facts.least = reach.least.min().item<double>();
  if (reach.most.defined()) facts.most = reach.most.max().item<double>();
  if (takes_probabilities(graph)) {
    facts.least = 0;
    facts.most = 1;
  }
  if (output.dim() < 2 || output.dim() > 3 || output.size(-1) < 2 || output.size(-1) > kMostClasses)
    return facts;
  const at::Tensor rows = output.flatten(0, -2).to(at::kDouble);
  facts.classes = output.size(-1);
  facts.examples = output.size(0);
  if (!facts.rectifier.empty()) facts.shut_outputs = rows.eq(0).all(0).sum().item<int64_t>();
  facts.initial_loss = (rows.logsumexp(1) - rows.mean(1)).mean().item<double>();
  facts.logit_deviation = std::sqrt(rows.var(1, /*unbiased=*/false).mean().item<double>());
  if (labels.defined() && labels.dim() == 1 && labels.size(0) >= output.size(0) && output.dim() == 2) {
    const at::Tensor of_these = labels.narrow(0, 0, facts.examples);
    facts.accuracy = rows.argmax(1).cpu().eq(of_these.cpu()).to(at::kDouble).mean().item<double>();
  }
  return facts;
}

}  // namespace shatterproof
