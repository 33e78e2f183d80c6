// SPDX-License-Identifier: Apache-2.0
#include "experiment/state_gradients.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "experiment/graph_run.h"
#include "experiment/interpreter.h"
#include "experiment/jacobian.h"
#include "experiment/state_reads.h"
#include "run/mini_batch.h"
#include "shatterproof/network/recurrence.h"

namespace shatterproof {
namespace {

int64_t steps_of(const GraphRun& run, size_t node) {
  return run.at(node).input.size(run.at(node).is_batch_first ? 1 : 0);
}

// Steps, examples and numbers; a live call may have been given less.
bool reads_sequence(const KeptNode& node) {
  constexpr int64_t kAxes = 3;
  constexpr size_t kSequenceAndState = 2;
  return node.input.defined() && node.input.dim() == kAxes && node.outputs.size() >= kSequenceAndState &&
         node.outputs[0].dim() == kAxes + 1 && node.outputs[1].dim() == kAxes;
}

bool has_own_lengths(const Node& node) {
  constexpr size_t kLengths = 4;
  return node.inputs.size() > kLengths && !node.inputs[kLengths].empty();
}

// From what enters a node, or the products of a cell shown step by step, to the state a recurrence ends in.
struct Path {
  Recurrence to;
  size_t from = 0;
  at::Tensor squares = {};
};

// The recurrent layer that comes last, all its directions.
std::vector<Recurrence> last_directions(const std::vector<Recurrence>& all) {
  const auto last = std::max_element(all.begin(), all.end(), [](const Recurrence& a, const Recurrence& b) {
    return a.nodes.back() < b.nodes.back();
  });
  std::vector<Recurrence> directions;
  std::copy_if(all.begin(), all.end(), std::back_inserter(directions),
               [&](const Recurrence& other) { return other.nodes == last->nodes; });
  return directions;
}

// The first node that reads as many steps as the last one; that itself when it is a cell shown step by step.
size_t first_node(const std::vector<Recurrence>& all, const Recurrence& last, const GraphRun& run) {
  if (last.is_unrolled()) return last.nodes[0];
  const int64_t steps = steps_of(run, last.nodes[0]);
  const auto first = std::find_if(all.begin(), all.end(), [&](const Recurrence& other) {
    return !other.is_unrolled() && steps_of(run, other.nodes[0]) == steps;
  });
  return first->nodes[0];
}

class Sums {
 public:
  Sums(TapSource& source, const RunOptions& options, int64_t examples, std::vector<Recurrence> all)
      : source_(source),
        options_(options),
        examples_(examples),
        all_(std::move(all)),
        last_(last_directions(all_)),
        reads_(*source.graph(), last_) {
    for (const Recurrence& recurrence : all_) nodes_.insert(recurrence.nodes.begin(), recurrence.nodes.end());
  }

  void add(const Batch& part, int64_t first_example) {
    const GraphRun run(source_, part, options_, nodes_);
    const auto unseen =
        std::find_if(nodes_.begin(), nodes_.end(), [&](size_t node) { return !run.has(node); });
    if (unseen != nodes_.end()) {
      obstacle_ = fmt::format("{} runs its steps out of sight", source_.graph()->nodes()[*unseen].name);
      return;
    }
    for (const Recurrence& recurrence : all_) {
      if (recurrence.is_unrolled() || reads_sequence(run.at(recurrence.nodes[0]))) continue;
      obstacle_ = fmt::format("{} reads no axes of steps and examples", recurrence.name);
      return;
    }
    if (paths_.empty()) find_paths(run);
    const Rows rows{first_example, part.examples()};
    for (Path& path : paths_) {
      const at::Tensor squares =
          path.to.is_unrolled() ? squares_at_products(run, path, rows) : squares_at_inputs(run, path, rows);
      path.squares = path.squares.defined() ? path.squares + squares : squares;
    }
    reads_.add(run, options_.seed);
  }

  StateGradients result() const {
    StateGradients result;
    result.obstacle = obstacle_;
    if (!obstacle_.empty()) return result;
    at::Tensor whole;
    for (size_t d = 0; d < last_.size(); ++d)
      whole = whole.defined() ? whole + paths_[whole_[d]].squares : paths_[whole_[d]].squares;
    result.paths.push_back({"", whole});
    for (size_t i = 0; all_.size() > 1 && i < all_.size(); ++i)
      result.paths.push_back({paths_[i].to.name, paths_[i].squares});
    result.span = reads_.span();
    return result;
  }

 private:
  // Every recurrence by itself, then the whole where that is more than its last layer.
  void find_paths(const GraphRun& run) {
    for (const Recurrence& recurrence : all_) paths_.push_back({recurrence, recurrence.nodes[0]});
    const size_t first = first_node(all_, last_.front(), run);
    for (const Recurrence& direction : last_) {
      const auto own = std::find_if(paths_.begin(), paths_.end(), [&](const Path& path) {
        return path.to.name == direction.name && path.from == first;
      });
      whole_.push_back(static_cast<size_t>(own - paths_.begin()));
      if (own == paths_.end()) paths_.push_back({direction, first});
    }
  }

  // Examples of a part of the batch.
  struct Rows {
    int64_t first = 0, count = 0;
  };

  // Of its place among the recurrences: names are whoever's wrote the graph. A state that is not one row for
  // each example has a probe as a whole.
  at::Tensor probe(const Recurrence& of, const at::Tensor& like, const Rows& rows) const {
    const auto place = std::find_if(all_.begin(), all_.end(),
                                    [&](const Recurrence& other) { return other.name == of.name; });
    const std::string name = fmt::format("gradient_over_time.{}", place - all_.begin());
    const bool has_rows = like.dim() > 0 && like.size(0) == rows.count && rows.count > 0;
    const at::Tensor drawn = has_rows
                                 ? gaussian_rows(name, options_.seed, examples_, like.numel() / rows.count)
                                       .narrow(0, rows.first, rows.count)
                                 : gaussian_rows(name, options_.seed, 1, like.numel());
    return drawn.to(like.options()).view(like.sizes());
  }

  at::Tensor squares_at_inputs(const GraphRun& run, const Path& path, const Rows& rows) const {
    const size_t own = path.to.nodes[0];
    const at::Tensor state =
        run.at(own).outputs[1].select(run.at(own).is_batch_first ? 1 : 0, path.to.direction);
    const at::Tensor gradient =
        gradients({state}, {probe(path.to, state, rows)}, {run.at(path.from).input})[0];
    const at::Tensor squares = gradient.to(at::kCPU, at::kDouble).square();
    const int64_t other_axis = run.at(path.from).is_batch_first ? 0 : 1;
    const at::Tensor per_step = squares.sum(at::IntArrayRef{other_axis, 2});
    return path.to.is_reverse ? per_step : per_step.flip(0);
  }

  at::Tensor squares_at_products(const GraphRun& run, const Path& path, const Rows& rows) const {
    std::vector<at::Tensor> products;
    for (const size_t node : path.to.nodes) {
      if (run.at(node).outputs[0].requires_grad()) products.push_back(run.at(node).outputs[0]);
    }
    if (products.empty()) return at::zeros({1}, at::kDouble);
    std::reverse(products.begin(), products.end());
    const at::Tensor last = products.front();
    std::vector<at::Tensor> squares;
    for (const at::Tensor& gradient : gradients({last}, {probe(path.to, last, rows)}, products))
      squares.push_back(gradient.to(at::kCPU, at::kDouble).square().sum());
    return at::stack(squares);
  }

  TapSource& source_;
  const RunOptions& options_;
  int64_t examples_;
  std::vector<Recurrence> all_, last_;
  StateReads reads_;
  std::set<size_t> nodes_;
  std::vector<Path> paths_;
  std::string obstacle_;
  std::vector<size_t> whole_;  // paths of the last layer's directions
};

}  // namespace

StateGradients state_gradients(TapSource& source, const Batch& batch, const RunOptions& options) {
  const Network& network = *source.graph();
  StateGradients nothing;
  std::vector<Recurrence> found = recurrences(network);
  if (found.empty()) nothing.obstacle = "no recurrent layer";
  for (const Recurrence& recurrence : found) {
    if (has_own_lengths(network.nodes()[recurrence.nodes[0]]) && !recurrence.is_unrolled())
      nothing.obstacle = "sequences of different lengths end at different steps";
  }
  if (nothing.obstacle.empty() && source.network())
    nothing.obstacle = foreign_statistics(network, batch, options);
  if (!nothing.obstacle.empty()) return nothing;
  Sums sums(source, options, batch.examples(), std::move(found));
  for (const MiniBatch& part : mini_batches(network.inputs(), batch, options))
    sums.add(part.examples, part.first);
  return sums.result();
}

}  // namespace shatterproof
