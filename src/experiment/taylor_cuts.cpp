// SPDX-License-Identifier: Apache-2.0
#include "experiment/taylor_cuts.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/forward_grad.h>

#include <algorithm>
#include <mutex>
#include <optional>
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
at::Tensor differentiable(const at::Tensor& tensor) {
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
  ExpandedPass(const NodeByNode& graph, const Network& initial, const Batch& batch) : graph_(graph) {
    for (const Parameter& parameter : graph.network().parameters()) {
      const at::Tensor before = graph.converted(initial.find_parameter(parameter.name)->value);
      const at::Tensor after = graph.converted(parameter.value);
      const bool moves = before.is_floating_point() && !before.equal(after);
      values_[parameter.name] = moves ? level_.dual(differentiable(before), after - before) : before;
    }
    for (size_t i = 0; i < batch.inputs.size(); ++i) {
      alive_.push_back(graph.network().inputs()[i].name);
      values_[alive_.back()] = graph.converted(batch.inputs[i]);
    }
  }

  std::vector<TaylorCuts> cuts() {
    std::vector<TaylorCuts> found;
    consider(0, found);
    for (size_t i = 0; i < graph_.network().nodes().size(); ++i) {
      run_node(i);
      consider(i + 1, found);
    }
    return found;
  }

 private:
  void run_node(size_t index) {
    const Node& node = graph_.network().nodes()[index];
    std::vector<at::Tensor> inputs;
    for (const std::string& name : node.inputs)
      inputs.push_back(name.empty() ? at::Tensor() : values_.at(name));
    std::vector<at::Tensor> outputs = graph_.evaluate(index, inputs);
    for (size_t i = 0; i < outputs.size() && i < node.outputs.size(); ++i) {
      if (node.outputs[i].empty() || !outputs[i].defined()) continue;
      if (graph_.structure().depends_on_input[index]) alive_.push_back(node.outputs[i]);
      values_[node.outputs[i]] = std::move(outputs[i]);
    }
    for (const std::string& name : graph_.last_uses(index)) {
      values_.erase(name);
      std::erase(alive_, name);
    }
  }

  // What depends on the input and is still to be read, when it is one floating-point value.
  void consider(size_t next, std::vector<TaylorCuts>& found) const {
    const std::vector<Layer>& layers = graph_.structure().layers;
    const int64_t remaining = static_cast<int64_t>(layers.size()) - layers_passed(graph_.structure(), next);
    if (!found.empty() && found.back().remaining == remaining) return;
    TaylorCuts cut{remaining, next, "", {}, {}, {}};
    for (const std::string& name : alive_) {
      const at::Tensor& value = values_.at(name);
      if (!value.is_floating_point()) {
        cut.fixed[name] = value;
        continue;
      }
      if (!cut.name.empty()) return;
      cut.name = name;
      cut.initial = level_.primal(value).clone();
      cut.change = level_.tangent(value);
    }
    if (!cut.name.empty()) found.push_back(std::move(cut));
  }

  const NodeByNode& graph_;
  DualLevel level_;
  NamedTensors values_;
  std::vector<std::string> alive_;  // values that depend on the input
};

}  // namespace

std::vector<TaylorCuts> taylor_cuts(const NodeByNode& graph, const Network& initial, const Batch& batch) {
  const at::AutoGradMode differentiates(true);
  return ExpandedPass(graph, initial, batch).cuts();
}

std::vector<at::Tensor> outputs_behind(const NodeByNode& graph, const TaylorCuts& cut,
                                       const at::Tensor& value) {
  NamedTensors values = cut.fixed;
  values[cut.name] = value;
  for (const Parameter& parameter : graph.network().parameters())
    values[parameter.name] = graph.converted(parameter.value);
  const std::vector<Node>& nodes = graph.network().nodes();
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (i < cut.next && graph.structure().depends_on_input[i]) continue;
    std::vector<at::Tensor> inputs;
    for (const std::string& name : nodes[i].inputs)
      inputs.push_back(name.empty() ? at::Tensor() : values.at(name));
    std::vector<at::Tensor> outputs = graph.evaluate(i, inputs);
    for (size_t k = 0; k < outputs.size() && k < nodes[i].outputs.size(); ++k)
      values[nodes[i].outputs[k]] = std::move(outputs[k]);
    for (const std::string& name : graph.last_uses(i)) values.erase(name);
  }
  std::vector<at::Tensor> outputs;
  for (const std::string& name : graph.outputs()) outputs.push_back(values.at(name));
  return outputs;
}

}  // namespace shatterproof
