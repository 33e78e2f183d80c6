// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <set>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// A forward pass with autograd's graph from the inputs on, that keeps what chosen nodes read and made.
///
/// Where numbers come out that depend on the input and on no number that could be moved, the rows of an
/// embedding say, derivatives start.
class GraphRun {
 public:
  /// Of the source's network, node by node; of a source without one, as it runs itself.
  GraphRun(TapSource& source, const Batch& batch, const RunOptions& options, const std::set<size_t>& kept);

  bool has(size_t node) const { return pass_.nodes.contains(node); }
  const KeptNode& at(size_t node) const { return pass_.nodes.at(node); }
  /// Of the network, what enters a final softmax in its place.
  const std::vector<at::Tensor>& outputs() const { return pass_.outputs; }

 private:
  KeptPass pass_;
};

/// d<factors, of>/d with_respect_to, zeros where nothing depends on it. The graph stays.
std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& of, const std::vector<at::Tensor>& factors,
                                  const std::vector<at::Tensor>& with_respect_to);

}  // namespace shatterproof
