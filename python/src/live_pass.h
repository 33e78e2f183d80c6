// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <span>
#include <vector>

#include "shatterproof/run/run_options.h"
#include "shatterproof/run/tap.h"

namespace shatterproof::python {

/// One mini-batch on its way through a live model: what the model's functions make is shown to observers, and
/// autograd, not this library, knows how they are differentiated.
class LivePass {
 public:
  /// `taps` outlive the pass, and the pass outlives the backward pass.
  LivePass(const std::vector<Tap>& taps, std::span<Observer* const> observers, int64_t first_example,
           bool with_gradients);
  LivePass(const LivePass&) = delete;
  LivePass& operator=(const LivePass&) = delete;

  bool with_gradients() const { return with_gradients_; }

  /// A tensor equal to this one from which derivatives start.
  at::Tensor start_at(const at::Tensor& tensor);
  /// Shows what has passed a tap, and later its gradient. `inputs` of its node, undefined where unknown.
  /// Tensors of half precision are shown in single.
  void observe(size_t tap, const std::vector<at::Tensor>& inputs, const at::Tensor& output);

  /// Runs backward from outputs with these gradients, without the interpreter's lock.
  void backward(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& gradients);

  /// After backward: gradients at the starts, [examples, numbers] side by side.
  at::Tensor input_gradient(int64_t examples) const;
  /// J^T u and J v, see Execution.
  std::vector<at::Tensor> pull_back(const std::vector<at::Tensor>& outputs,
                                    const std::vector<at::Tensor>& us) const;
  at::Tensor push_forward(const std::vector<at::Tensor>& outputs, const at::Tensor& v) const;

 private:
  at::Tensor pulled_back(const std::vector<at::Tensor>& outputs, const at::Tensor& u, bool keeps_graph,
                         bool is_differentiable) const;
  void show_gradient(size_t tap, const at::Tensor& gradient);
  void show_zero_gradients();
  at::Tensor side_by_side(const std::vector<at::Tensor>& tensors, int64_t examples) const;

  const std::vector<Tap>& taps_;
  int64_t first_example_;
  bool with_gradients_;
  std::vector<std::vector<Observer*>> forward_, backward_;    // per tap
  std::vector<std::optional<at::Tensor>> awaited_gradients_;  // per tap: one number in the gradient's shape
  std::vector<at::Tensor> starts_;
};

}  // namespace shatterproof::python
