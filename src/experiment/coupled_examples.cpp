// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/coupled_examples.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "experiment/neighbours.h"
#include "network/softmax.h"
#include "network/weight_layout.h"
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

using Sizes = std::map<size_t, std::vector<int64_t>>;  // of what a node gives, by its place in the graph

// Takes prints of the last examples wherever the examples come first, and sizes everywhere.
class Taking : public Observer {
 public:
  Taking(int64_t examples, int64_t staying) : examples_(examples), staying_(staying) {}

  bool wants_forward(const Tap&) const override { return true; }
  void observe(const ForwardTap& tap) override {
    const at::Tensor& output = tap.output;
    if (!tap.tap.op.empty()) sizes[tap.tap.node] = output.sizes().vec();
    if (!output.is_floating_point() || output.dim() < 1 || output.size(0) != examples_ || output.numel() == 0)
      return;
    take(tap.tap, output);
  }
  using Observer::observe;

  void take(const Tap& tap, const at::Tensor& output) {
    const at::Tensor rows =
        output.narrow(0, examples_ - staying_, staying_).reshape({staying_, -1}).to(at::kCPU, at::kDouble);
    prints[tap.order] = {tap, rows.mv(direction(rows.size(1))), rows.norm(2, 1)};
  }

  Prints prints;
  Sizes sizes;

 private:
  int64_t examples_, staying_;
};

class ExchangeTrial {
 public:
  ExchangeTrial(TapSource& source, const Batch& batch, const RunOptions& options)
      : source_(source), options_(options), at_once_(source.examples_at_once(batch)) {
    constexpr int64_t kExamples = 6;
    options_.mini_batch = 0;
    examples_ = at_once_ > 0 ? at_once_ : std::min(kExamples, batch.examples());
    staying_ = examples_ / 2;
    // To hold statistics is a pass over what they are taken of: the few, not the batch.
    if (batch.examples() >= examples_) batch_ = with_statistics_inputs(batch.slice(0, examples_), options_);
  }

  int64_t examples() const { return examples_; }
  const Sizes& sizes() const { return sizes_; }
  bool is_possible() const { return staying_ > 0 && batch_.examples() >= examples_; }

  // Whether an output has a number for each pair of examples, which are then meant to meet.
  bool makes_pairs() {
    for (const int64_t examples : {examples_, examples_ - 1}) {
      const std::vector<at::Tensor> outputs = source_.outputs(batch_.slice(0, examples), options_);
      if (std::none_of(outputs.begin(), outputs.end(), [&](const at::Tensor& output) {
            return output.dim() > 1 && output.size(0) == examples && output.size(1) == examples;
          }))
        return false;
      if (at_once_ > 0) break;
    }
    return true;
  }

  // With examples of the batch, or with those that stay in every place.
  Prints prints(bool exchanged) {
    Batch here = batch_;
    const int64_t going = examples_ - staying_;
    const at::Tensor places = at::arange(examples_, at::kLong);
    const at::Tensor kept = at::where(places < going, going + places % staying_, places);
    for (at::Tensor& input : here.inputs) {
      const bool holds_examples = input.dim() > 0 && input.size(0) == examples_;
      if (exchanged && holds_examples) input = input.index_select(0, kept.to(input.device()));
    }
    Taking taking(examples_, staying_);
    Observer* observer = &taking;
    source_.observe_forward(here, {&observer, 1}, options_);
    take_outputs(here, taking);
    sizes_ = std::move(taking.sizes);
    return taking.prints;
  }

 private:
  // One number for all of them, which is given to each at last, has no examples where the output's tap lies.
  void take_outputs(const Batch& here, Taking& taking) {
    const auto is_output = [](const auto& print) { return print.second.tap.kind == TapKind::output; };
    if (std::any_of(taking.prints.begin(), taking.prints.end(), is_output)) return;
    const Network& graph = *source_.graph();
    const std::vector<at::Tensor> outputs = source_.outputs(here, options_);
    for (size_t i = 0; i < std::min(outputs.size(), graph.outputs().size()); ++i) {
      const at::Tensor& output = outputs[i];
      const int64_t maker = graph.producer(graph.outputs()[i]);
      if (maker < 0 || !output.is_floating_point() || output.dim() < 1 || output.size(0) != examples_ ||
          output.numel() == 0)
        continue;
      Tap tap;
      tap.kind = TapKind::output;
      tap.node = static_cast<size_t>(maker);
      tap.op = graph.nodes()[tap.node].op;
      tap.order = std::numeric_limits<size_t>::max() - i;
      taking.take(tap, output);
    }
  }

  TapSource& source_;
  RunOptions options_;
  int64_t at_once_;
  int64_t examples_ = 0, staying_ = 0;
  Batch batch_;  // the few that run
  Sizes sizes_;  // of the last run
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

bool computes(const Node& node) {
  return operator_of(node).role != OperatorRole::movement;
}

// What the sizes of a run say of a node; a node of unknown sizes may be anything.
class Layout {
 public:
  Layout(const Network& graph, const Sizes& sizes, int64_t examples)
      : graph_(graph), sizes_(sizes), examples_(examples) {}

  // Whether a softmax runs along an axis that may hold the examples.
  bool chooses_among_examples(const Node& node) const {
    if (!is_softmax(node)) return false;
    const std::vector<int64_t>* made = sizes_of(node.outputs[0]);
    if (!made) return true;
    const auto axes = static_cast<int64_t>(made->size());
    const int64_t axis = node.integer("axis", -1), place = axis < 0 ? axis + axes : axis;
    return place < 0 || place >= axes || (*made)[static_cast<size_t>(place)] == examples_;
  }

  // Whether axis 0 becomes that of the examples without their being moved there: it takes from all of them.
  bool reshapes_into_examples(const Node& node) const {
    if (node.op != "Reshape" && node.op != "Flatten") return false;
    const std::vector<int64_t>*entering = sizes_of(node.inputs[0]), *made = sizes_of(node.outputs[0]);
    return entering && made && !entering->empty() && !made->empty() && made->front() == examples_ &&
           entering->front() > 1 && entering->front() % examples_ != 0;
  }

 private:
  const std::vector<int64_t>* sizes_of(const std::string& value) const {
    const int64_t from = graph_.producer(value);
    const auto found = from < 0 ? sizes_.end() : sizes_.find(static_cast<size_t>(from));
    return found == sizes_.end() ? nullptr : &found->second;
  }

  const Network& graph_;
  const Sizes& sizes_;
  int64_t examples_;
};

// Behind which node examples first meet: of those between it and the last ones that keep examples apart, what
// runs along an axis by its nature, else what reshapes them into one another or moves them to given
// neighbours, else the first that computes.
const Node* meeting_place(const Network& graph, const InputFlow& flow, const Neighbours& neighbours,
                          const Layout& layout, const Prints& prints,
                          const std::map<size_t, double>& changes) {
  std::vector<bool> is_clean(graph.nodes().size());
  std::optional<size_t> first;
  for (const auto& [order, change] : changes) {
    const Tap& tap = prints.at(order).tap;
    if (tap.op.empty()) continue;
    if (change <= kRounding) is_clean[tap.node] = true;
    if (change > kRounding && !first) first = tap.node;
  }
  if (!first) return nullptr;
  const std::vector<bool> between = flow.way_back(*first, is_clean);
  const auto chooses = [&](const Node& node) { return layout.chooses_among_examples(node); };
  const auto reshapes = [&](const Node& node) { return layout.reshapes_into_examples(node); };
  const auto moves = [&](const Node& node) { return neighbours.moves_by_indices(node); };
  for (const std::function<bool(const Node&)>& is_of_kind :
       {std::function<bool(const Node&)>(is_recurrent), {chooses}, {reshapes}, {moves}, {computes}}) {
    for (size_t i = 0; i < between.size(); ++i) {
      if (between[i] && is_of_kind(graph.nodes()[i])) return &graph.nodes()[i];
    }
  }
  return &graph.nodes()[*first];
}

// Whether all examples are answered alike, though they differ: a mean over them takes their place.
bool answers_alike(TapSource& source, const Batch& batch, const RunOptions& options) {
  constexpr int64_t kFew = 6;
  const int64_t at_once = source.examples_at_once(batch);
  const int64_t few = at_once > 0 ? at_once : std::min(kFew, batch.examples());
  const std::vector<at::Tensor> outputs = source.outputs(batch.slice(0, few), options);
  return std::all_of(outputs.begin(), outputs.end(), [&](const at::Tensor& output) {
    if (output.dim() < 1 || output.size(0) != few || !output.is_floating_point() || output.numel() == 0)
      return false;
    const double apart = (output - output.narrow(0, 0, 1)).abs().max().item<double>();
    return apart <= kRounding * output.abs().max().item<double>();
  });
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
  // Means over the examples, as of a norm that is written out, are held; not where they are all there is.
  const bool are_alike = answers_alike(source, batch, options);
  if (options.batch_norm == BatchStatistics::detached && are_alike)
    options.batch_norm = BatchStatistics::attached;
  ExchangeTrial trial(source, batch, options);
  if (!trial.is_possible()) return {};
  const Prints before = trial.prints(false);
  if (change_of_outputs(before, changes_of(before, trial.prints(false))) > kRounding) return {};
  const std::map<size_t, double> changes = changes_of(before, trial.prints(true));
  CoupledExamples found;
  found.change = change_of_outputs(before, changes);
  if (found.change <= kRounding || trial.makes_pairs()) return {};
  const Network& graph = *source.graph();
  const InputFlow flow(graph);
  const Neighbours neighbours(graph, flow, batch);
  const Layout layout(graph, trial.sizes(), trial.examples());
  if (const Node* place = meeting_place(graph, flow, neighbours, layout, before, changes)) {
    found.node = place->title();
    found.op = place->op;
    found.by_given_neighbours = neighbours.join_at(*place);
    found.by_statistics = place->op.starts_with("Reduce") && !are_alike;
  }
  return found;
}

}  // namespace shatterproof
