// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/run/run_options.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {

/// A network evaluated one node at a time, by experiments that let something else than numbers flow.
class NodeByNode {
 public:
  /// Runs on as many examples as `batch` has, with the dtype, device and batch-norm semantics of `options`.
  NodeByNode(const Network& network, const Batch& batch, const RunOptions& options);

  const Network& network() const { return network_; }
  const Structure& structure() const { return structure_; }
  BatchStatistics batch_norm() const { return batch_norm_; }

  /// A floating-point tensor in the run's type, and any tensor on its device.
  at::Tensor converted(const at::Tensor& tensor) const;
  /// The values that nothing after the node reads.
  const std::vector<std::string>& last_uses(size_t node) const { return last_uses_[node]; }
  /// The network's outputs, what enters a final softmax in its place.
  const std::vector<std::string>& outputs() const { return outputs_; }

  /// What the node makes of these inputs; an undefined tensor stands for one left out.
  std::vector<at::Tensor> evaluate(size_t node, const std::vector<at::Tensor>& inputs) const {
    return evaluate(network_.nodes()[node], structure_.depends_on_input[node], inputs);
  }
  std::vector<at::Tensor> evaluate(const Node& node, bool depends_on_input,
                                   const std::vector<at::Tensor>& inputs) const;

 private:
  void find_last_uses();

  const Network& network_;
  Structure structure_;
  int64_t examples_;
  at::ScalarType dtype_;
  std::string device_;
  BatchStatistics batch_norm_;
  std::vector<std::string> outputs_;
  std::vector<std::vector<std::string>> last_uses_;
};

/// Values by name, as they come and go.
using NamedTensors = std::unordered_map<std::string, at::Tensor>;

/// The mini-batches in which `options` wants the batch to be run.
std::vector<Batch> mini_batches(const Batch& batch, const RunOptions& options);

/// Why statistics over the batch cannot be taken from each mini-batch itself; empty when they can, or when
/// the network takes none.
std::string foreign_statistics(const Network& network, const Batch& batch, const RunOptions& options);

}  // namespace shatterproof
