// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/coupled_examples.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "network/softmax.h"
#include "run/mini_batch.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

constexpr double kRounding = 1e-6;  // of an example's numbers

// Of each example that stays: its numbers along a direction, and their size.
struct Print {
  Tap tap;
  at::Tensor along, size;

  double change_to(const Print& other) const {
    const at::Tensor differences = (other.along - along).abs() / size.clamp_min(1e-30);
    return differences.nan_to_num(0, 0, 0).max().item<double>();
  }
};

using Prints = std::map<size_t, Print>;  // by the taps' order

// A direction that no layer prefers.
at::Tensor direction(int64_t numbers) {
  return at::arange(numbers, at::kDouble).mul(.7390851).add(.5).cos().mul(std::sqrt(2.));
}

// Takes prints of the last examples wherever the examples come first.
class Taking : public Observer {
 public:
  Taking(int64_t examples, int64_t staying) : examples_(examples), staying_(staying) {}

  bool wants_forward(const Tap&) const override { return true; }
  void observe(const ForwardTap& tap) override {
    const at::Tensor& output = tap.output;
    if (!output.is_floating_point() || output.dim() < 1 || output.size(0) != examples_ || output.numel() == 0)
      return;
    const at::Tensor rows =
        output.narrow(0, examples_ - staying_, staying_).reshape({staying_, -1}).to(at::kCPU, at::kDouble);
    prints[tap.tap.order] = {tap.tap, rows.mv(direction(rows.size(1))), rows.norm(2, 1)};
  }
  using Observer::observe;

  Prints prints;

 private:
  int64_t examples_, staying_;
};

class Trial {
 public:
  Trial(TapSource& source, const Batch& batch, const RunOptions& options)
      : source_(source), batch_(with_statistics_inputs(batch, options)), options_(options) {
    constexpr int64_t kExamples = 6;
    const int64_t frozen = frozen_batch(source.graph()->inputs());
    examples_ = frozen > 0 ? frozen : std::min(kExamples, batch.examples());
    staying_ = examples_ / 2;
    options_.mini_batch = 0;
  }

  bool is_possible() const { return staying_ > 0 && batch_.examples() >= examples_; }

  // Whether an output has a number for each pair of examples, which are then meant to meet.
  bool makes_pairs() {
    for (const int64_t examples : {examples_, examples_ - 1}) {
      const std::vector<at::Tensor> outputs = source_.outputs(batch_.slice(0, examples), options_);
      if (std::none_of(outputs.begin(), outputs.end(), [&](const at::Tensor& output) {
            return output.dim() > 1 && output.size(0) == examples && output.size(1) == examples;
          }))
        return false;
      if (frozen_batch(source_.graph()->inputs()) > 0) break;
    }
    return true;
  }

  // With examples of the batch, or with those that stay in every place.
  Prints prints(bool exchanged) {
    Batch here = batch_.slice(0, examples_);
    const int64_t going = examples_ - staying_;
    const at::Tensor places = at::arange(examples_, at::kLong);
    const at::Tensor kept = at::where(places < going, going + places % staying_, places);
    for (at::Tensor& input : here.inputs)
      input = exchanged && input.dim() > 0 ? input.index_select(0, kept.to(input.device())) : input;
    Taking taking(examples_, staying_);
    Observer* observer = &taking;
    source_.observe_forward(here, {&observer, 1}, options_);
    return taking.prints;
  }

 private:
  TapSource& source_;
  Batch batch_;
  RunOptions options_;
  int64_t examples_ = 0, staying_ = 0;
};

// Changes of the examples that stay, by tap.
std::map<size_t, double> changes_of(const Prints& before, const Prints& after) {
  std::map<size_t, double> changes;
  for (const auto& [order, print] : before) {
    const auto other = after.find(order);
    if (other != after.end() && other->second.along.sizes() == print.along.sizes())
      changes[order] = print.change_to(other->second);
  }
  return changes;
}

// Largest change at an output.
double change_of_outputs(const Prints& prints, const std::map<size_t, double>& changes) {
  double largest = 0;
  for (const auto& [order, change] : changes) {
    if (prints.at(order).tap.kind == TapKind::output) largest = std::max(largest, change);
  }
  return largest;
}

bool is_recurrent(const Node& node) {
  return node.op == "LSTM" || node.op == "GRU" || node.op == "RNN";
}

// Behind which node examples first meet: of those between it and the last ones that keep examples apart, what
// runs along an axis by its nature, else the first that computes.
class Meeting {
 public:
  Meeting(const Network& graph, const Prints& prints, const std::map<size_t, double>& changes)
      : graph_(graph) {
    for (const auto& [order, change] : changes) {
      const Tap& tap = prints.at(order).tap;
      if (tap.op.empty()) continue;
      if (change <= kRounding) clean_.insert(tap.node);
      if (change > kRounding && !first_) first_ = tap.node;
    }
  }

  const Node* place() {
    if (!first_) return nullptr;
    collect(*first_);
    for (const size_t node : between_) {
      if (is_recurrent(graph_.nodes()[node])) return &graph_.nodes()[node];
    }
    for (const size_t node : between_) {
      if (is_softmax(graph_.nodes()[node])) return &graph_.nodes()[node];
    }
    for (const size_t node : between_) {
      if (operator_of(graph_.nodes()[node]).role != OperatorRole::movement) return &graph_.nodes()[node];
    }
    return &graph_.nodes()[*first_];
  }

 private:
  void collect(size_t node) {
    if (clean_.contains(node) || !between_.insert(node).second) return;
    for (const std::string& input : graph_.nodes()[node].inputs) {
      if (const int64_t from = graph_.producer(input); from >= 0) collect(static_cast<size_t>(from));
    }
  }

  const Network& graph_;
  std::set<size_t> clean_, between_;  // between: in topological order
  std::optional<size_t> first_;
};

// Whether a value is an input or a parameter, but for how it is held.
bool is_given(const Network& graph, std::string value) {
  for (int64_t from = graph.producer(value); from >= 0; from = graph.producer(value)) {
    const Node& node = graph.nodes()[static_cast<size_t>(from)];
    if (node.op == "Constant") return true;
    if (operator_of(node).role != OperatorRole::movement && node.op != "Cast") return false;
    value = node.inputs[0];
  }
  return true;
}

bool multiplies_by_given_matrix(const Network& graph, const Node& node) {
  return (node.op == "MatMul" || node.op == "Gemm") && is_given(graph, node.inputs[0]) &&
         !graph.find_parameter(node.inputs[1]);
}

}  // namespace

std::optional<CoupledExamples> coupled_examples(const Network& network, const Batch& batch,
                                                RunOptions options) {
  options.every_node = true;
  return coupled_examples(*tap_source(network, options), batch, options);
}

std::optional<CoupledExamples> coupled_examples(TapSource& source, const Batch& batch, RunOptions options) {
  options.every_node = true;
  options.functional = Functional::parse("sum");  // a final softmax stays where it is
  if (options.batch_norm == BatchStatistics::attached) options.batch_norm = BatchStatistics::detached;
  Trial trial(source, batch, options);
  if (!trial.is_possible()) return {};
  const Prints before = trial.prints(false);
  if (change_of_outputs(before, changes_of(before, trial.prints(false))) > kRounding) return {};
  const std::map<size_t, double> changes = changes_of(before, trial.prints(true));
  CoupledExamples found;
  found.change = change_of_outputs(before, changes);
  if (found.change <= kRounding || trial.makes_pairs()) return {};
  const Network& graph = *source.graph();
  if (const Node* place = Meeting(graph, before, changes).place()) {
    found.node = place->name.empty() ? place->outputs[0] : place->name;
    found.op = place->op;
    found.by_given_matrix = multiplies_by_given_matrix(graph, *place);
  }
  return found;
}

}  // namespace shatterproof
