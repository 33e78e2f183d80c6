// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "live_pass.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof::python {

/// A torch.nn.Module as a source: the object `live` (shatterproof.live_model.LiveModel) runs it, `graph` is
/// what a pass of it was.
///
/// Runs in the module's own type, on its device. Its methods are called without the interpreter's lock.
class LiveSource : public TapSource {
 public:
  LiveSource(Network graph, pybind11::object live);
  ~LiveSource() override;

  std::vector<Tap> taps(const RunOptions& options) override;
  void run(const Batch& batch, std::span<Observer* const> observers, const RunOptions& options) override;
  void observe_forward(const Batch& batch, std::span<Observer* const> observers,
                       const RunOptions& options) override;
  std::vector<at::Tensor> outputs(const Batch& batch, const RunOptions& options) override;
  at::Tensor input_gradient(const Batch& batch, const RunOptions& options) override;
  std::vector<at::Tensor> jacobian_transpose_times(const Batch& batch, const std::vector<at::Tensor>& us,
                                                   const RunOptions& options) override;
  at::Tensor jacobian_times(const Batch& batch, const at::Tensor& v, const RunOptions& options) override;
  int64_t examples_at_once(const Batch& batch) override;
  KeptPass keep(const Batch& batch, const std::set<size_t>& nodes, const RunOptions& options) override;
  std::unique_ptr<Trainee> trainee(const RunOptions& options) override;
  OwnLoss own_loss(const Batch& batch) override;
  bool set_parameters(const std::vector<Parameter>& parameters) override;
  ValueShapes shapes() const override;
  std::unique_ptr<TapSource> rewritten(const Network& graph) override;
  const Network* graph() const override { return &graph_; }
  CoverageRecord coverage() const override;
  std::optional<DropoutPlace> dropout() const override;

 private:
  void place_taps(const RunOptions& options);
  void hold_statistics(const Batch& batch, const RunOptions& options);
  std::vector<at::Tensor> forward(LivePass& pass, const std::vector<at::Tensor>& inputs,
                                  const RunOptions& options, bool takes, bool twice);
  pybind11::object loss_of_pass(const Batch& part) const;
  std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& outputs, const Batch& part,
                                    const RunOptions& options, int64_t first_example);
  bool runs_on(const Batch& batch);
  template <typename Visit>
  void each_mini_batch(const Batch& batch, const RunOptions& options, Visit visit);
  void begin(const Batch& batch, std::span<Observer* const> observers, const RunOptions& options) const;

  Network graph_;
  pybind11::object live_;
  std::vector<bool> is_seen_;  // per node: whether a call was seen to make it
  std::optional<RunOptions> placed_for_;
  std::vector<Tap> taps_;
  std::vector<std::string> output_names_;
  std::vector<at::Tensor> held_;  // whose statistics the model keeps
  bool holds_ = false;
  std::optional<bool> runs_on_few_;
};

}  // namespace shatterproof::python
