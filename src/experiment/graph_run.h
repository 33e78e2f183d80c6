// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <set>
#include <unordered_map>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/run_options.h"

namespace shatterproof {

/// A forward pass with autograd's graph from the inputs on, that keeps what chosen nodes read and made.
///
/// Where numbers come out that depend on the input and on no number that could be moved, the rows of an
/// embedding say, derivatives start.
class GraphRun {
 public:
  struct Kept {
    at::Tensor input;  ///< the node's first
    std::vector<at::Tensor> outputs;
  };

  GraphRun(const Network& network, const Batch& batch, const RunOptions& options,
           const std::set<size_t>& kept);

  const Kept& at(size_t node) const { return kept_.at(node); }
  /// Of the network, what enters a final softmax in its place.
  const std::vector<at::Tensor>& outputs() const { return outputs_; }

 private:
  std::unordered_map<size_t, Kept> kept_;
  std::vector<at::Tensor> outputs_;
};

/// d<factors, of>/d with_respect_to, zeros where nothing depends on it. The graph stays.
std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& of, const std::vector<at::Tensor>& factors,
                                  const std::vector<at::Tensor>& with_respect_to);

}  // namespace shatterproof
