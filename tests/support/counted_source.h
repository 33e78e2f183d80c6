// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// A source that counts the passes made of another, in batches: half of the examples are half a pass.
class CountedSource : public TapSource {
 public:
  CountedSource(std::unique_ptr<TapSource> source, int64_t examples)
      : source_(std::move(source)), examples_(static_cast<double>(examples)) {}

  double forward = 0, backward = 0;

  std::vector<Tap> taps(const RunOptions& options) override { return source_->taps(options); }
  void run(const Batch& batch, std::span<Observer* const> observers, const RunOptions& options) override {
    count(batch, 1);
    source_->run(batch, observers, options);
  }
  void observe_forward(const Batch& batch, std::span<Observer* const> observers,
                       const RunOptions& options) override {
    count(batch, 0);
    source_->observe_forward(batch, observers, options);
  }
  std::vector<at::Tensor> outputs(const Batch& batch, const RunOptions& options) override {
    count(batch, 0);
    return source_->outputs(batch, options);
  }
  at::Tensor input_gradient(const Batch& batch, const RunOptions& options) override {
    count(batch, 1);
    return source_->input_gradient(batch, options);
  }
  std::vector<at::Tensor> jacobian_transpose_times(const Batch& batch, const std::vector<at::Tensor>& us,
                                                   const RunOptions& options) override {
    count(batch, static_cast<double>(us.size()));
    return source_->jacobian_transpose_times(batch, us, options);
  }
  at::Tensor jacobian_times(const Batch& batch, const at::Tensor& v, const RunOptions& options) override {
    count(batch, 2);
    return source_->jacobian_times(batch, v, options);
  }
  KeptPass keep(const Batch& batch, const std::set<size_t>& nodes, const RunOptions& options) override {
    count(batch, 0);
    return source_->keep(batch, nodes, options);
  }
  int64_t examples_at_once(const Batch& batch) override { return source_->examples_at_once(batch); }
  std::unique_ptr<Trainee> trainee(const RunOptions& options) override { return source_->trainee(options); }
  const Network* graph() const override { return source_->graph(); }
  const Network* network() const override { return source_->network(); }
  CoverageRecord coverage() const override { return source_->coverage(); }

 private:
  void count(const Batch& batch, double backwards) {
    forward += static_cast<double>(batch.examples()) / examples_;
    backward += backwards * static_cast<double>(batch.examples()) / examples_;
  }

  std::unique_ptr<TapSource> source_;
  double examples_;
};

}  // namespace shatterproof
