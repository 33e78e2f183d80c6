// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/batch.h"

#include <ATen/ATen.h>

namespace shatterproof {

Batch Batch::slice(int64_t first, int64_t count) const {
  Batch part = *this;
  for (at::Tensor& input : part.inputs) input = input.narrow(0, first, count);
  if (labels.defined()) part.labels = labels.narrow(0, first, count);
  return part;
}

at::Tensor Batch::rows() const {
  std::vector<at::Tensor> columns;
  for (const at::Tensor& input : inputs)
    columns.push_back(input.dim() == 1 ? input.unsqueeze(1) : input.flatten(1));
  return at::cat(columns, 1);
}

}  // namespace shatterproof
