// SPDX-License-Identifier: Apache-2.0
#include "experiment/taylor_cuts.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/forward_grad.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <tuple>

namespace shatterproof {
namespace {

using torch::autograd::ForwardADLevel;

// The level of dual numbers, of which LibTorch has one for all threads.
class DualLevel {
 public:
  DualLevel() : turn_(mutex()), level_(ForwardADLevel::get_next_idx()) {}
  ~DualLevel() { ForwardADLevel::release_idx(level_); }
  DualLevel(const DualLevel&) = delete;
  DualLevel& operator=(const DualLevel&) = delete;

  at::Tensor dual(const at::Tensor& primal, const at::Tensor& tangent) const {
    return at::_make_dual(primal, tangent, static_cast<int64_t>(level_));
  }
  at::Tensor primal(const at::Tensor& dual) const { return std::get<0>(unpacked(dual)).detach(); }
  at::Tensor tangent(const at::Tensor& dual) const {
    const at::Tensor tangent = std::get<1>(unpacked(dual));
    return tangent.defined() ? tangent.detach().clone() : at::zeros_like(primal(dual));
  }

 private:
  std::tuple<at::Tensor, at::Tensor> unpacked(const at::Tensor& dual) const {
    return at::_unpack_dual(dual, static_cast<int64_t>(level_));
  }
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }

  std::lock_guard<std::mutex> turn_;
  uint64_t level_;
};

// Operators have shorter ways for what needs no derivative; this one does, and so do values made of it.
at::Tensor differentiable_copy(const at::Tensor& tensor) {
  return tensor.detach().clone().requires_grad_(true);
}

// Layers whose outputs are made by the node or before it.
int64_t layers_passed(const Structure& structure, size_t next) {
  return std::count_if(structure.layers.begin(), structure.layers.end(),
                       [&](const Layer& layer) { return layer.output < next; });
}

// The expanded values on their way from the input to the outputs.
class ExpandedPass {
 public:
  ExpandedPass(const Interpreter& graph, const Network& initial, const Batch& batch)
      : graph_(graph), walk_(graph.walk(none_)) {
    for (const auto& [name, after] : graph.parameters()) {
      const at::Tensor before = graph.converted(initial.find_parameter(name)->value);
      const bool moves = before.is_floating_point() && !before.equal(after);
      walk_.set(name, moves ? level_.dual(differentiable_copy(before), after - before) : before);
    }
    for (size_t i = 0; i < batch.inputs.size(); ++i) {
      const std::string& name = graph.network().inputs()[i].name;
      of_input_.insert(name);
      walk_.set(name, graph.converted(batch.inputs[i]));
    }
  }

  std::vector<TaylorCuts> cuts() {
    std::vector<TaylorCuts> found;
    consider(0, found);
    for (size_t i = 0; i < graph_.network().nodes().size(); ++i) {
      walk_.visit(i, [&](size_t index, const auto& inputs) { return graph_.evaluate(index, inputs); });
      if (graph_.structure().depends_on_input[i]) {
        const std::vector<std::string>& made = graph_.network().nodes()[i].outputs;
        of_input_.insert(made.begin(), made.end());
      }
      consider(i + 1, found);
    }
    return found;
  }

 private:
  // What depends on the input and is still to be read, when it is one floating-point value.
  void consider(size_t next, std::vector<TaylorCuts>& found) const {
    const std::vector<Layer>& layers = graph_.structure().layers;
    const int64_t remaining = static_cast<int64_t>(layers.size()) - layers_passed(graph_.structure(), next);
    // Behind the last map the scores are taken as they are.
    const bool again = !found.empty() && found.back().remaining == remaining;
    if (again && remaining == 0) return;
    TaylorCuts cut{remaining, next, "", {}, {}, {}};
    for (const auto& [name, value] : walk_.values()) {
      if (!of_input_.contains(name) || !value.defined()) continue;
      if (!value.is_floating_point()) {
        cut.fixed[name] = value;
        continue;
      }
      if (!cut.name.empty()) return;
      cut.name = name;
      cut.initial = level_.primal(value).clone();
      cut.change = level_.tangent(value);
    }
    if (cut.name.empty()) return;
    if (again) found.pop_back();
    found.push_back(std::move(cut));
  }

  const Interpreter& graph_;
  const NamedTensors none_ = {};
  DualLevel level_;
  Walk<at::Tensor> walk_;
  std::set<std::string> of_input_;  // values that depend on the input
};

}  // namespace

std::vector<TaylorCuts> taylor_cuts(const Interpreter& graph, const Network& initial, const Batch& batch) {
  const at::AutoGradMode differentiates(true);
  return ExpandedPass(graph, initial, batch).cuts();
}

std::vector<at::Tensor> outputs_behind(const Interpreter& graph, const TaylorCuts& cut,
                                       const at::Tensor& value) {
  Walk<at::Tensor> walk = graph.walk(graph.parameters());
  for (const auto& [name, fixed] : cut.fixed) walk.set(name, fixed);
  walk.set(cut.name, value);
  for (size_t i = 0; i < graph.network().nodes().size(); ++i) {
    if (i < cut.next && graph.structure().depends_on_input[i]) continue;
    walk.visit(i, [&](size_t index, const auto& inputs) { return graph.evaluate(index, inputs); });
  }
  std::vector<at::Tensor> outputs;
  for (const std::string& name : graph.outputs()) outputs.push_back(walk.at(name));
  return outputs;
}

}  // namespace shatterproof
