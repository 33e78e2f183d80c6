// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "network/walk.h"
#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/run/run_options.h"

namespace shatterproof {

/// Values by name.
using NamedTensors = std::unordered_map<std::string, at::Tensor>;

/// Evaluates the nodes of a network one at a time, for walks that let something else than numbers flow.
class Interpreter {
 public:
  /// Runs on as many examples as `batch` has, with the dtype, device and batch statistics of `options`.
  Interpreter(const Network& network, const Batch& batch, const RunOptions& options);

  const Network& network() const { return network_; }
  const Structure& structure() const { return structure_; }
  BatchStatistics batch_norm() const { return batch_norm_; }

  /// A floating-point tensor in the run's type, and any tensor on its device.
  at::Tensor converted(const at::Tensor& tensor) const;
  /// The network's parameters, converted.
  const NamedTensors& parameters() const { return parameters_; }
  /// The network's outputs, what enters a final softmax in its place.
  const std::vector<std::string>& outputs() const { return outputs_; }

  /// A walk to these outputs; `constants` must outlive it.
  template <typename Value>
  Walk<Value> walk(const std::unordered_map<std::string, Value>& constants) const {
    return Walk<Value>(network_.nodes(), outputs_, constants);
  }

  /// What the node makes of these inputs; an undefined tensor stands for one left out.
  std::vector<at::Tensor> evaluate(size_t node, const std::vector<at::Tensor>& inputs) const {
    return evaluate(network_.nodes()[node], structure_.depends_on_input[node], inputs);
  }
  std::vector<at::Tensor> evaluate(const Node& node, bool depends_on_input,
                                   const std::vector<at::Tensor>& inputs) const;

 private:
  const Network& network_;
  Structure structure_;
  int64_t examples_;
  at::ScalarType dtype_;
  std::string device_;
  BatchStatistics batch_norm_;
  std::vector<std::string> outputs_;
  NamedTensors parameters_;
};

/// Why statistics over the batch cannot be taken from each mini-batch itself; empty when they can, or when
/// the network takes none.
std::string foreign_statistics(const Network& network, const Batch& batch, const RunOptions& options);

}  // namespace shatterproof
