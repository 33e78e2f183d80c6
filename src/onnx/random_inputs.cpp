// SPDX-License-Identifier: Apache-2.0
#include "onnx/random_inputs.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

// Random input of `batch` examples; axes left free take `free_size`.
at::Tensor random_input(const Input& input, int64_t batch, int64_t free_size, uint64_t seed,
                        int64_t byte_limit) {
  std::vector<int64_t> shape = input.shape;
  double numbers = static_cast<double>(batch);
  for (size_t i = 1; i < shape.size(); ++i)
    numbers *= static_cast<double>(shape[i] = shape[i] < 0 ? free_size : shape[i]);
  if (numbers * sizeof(double) > static_cast<double>(byte_limit)) {
    reject(fmt::format("input '{}'", printable(input.name)),
           fmt::format("must fit into {} bytes", byte_limit),
           fmt::format("[{}]", fmt::join(input.shape, ", ")));
  }
  shape[0] = batch;
  at::Tensor values = at::empty(shape, at::kDouble);
  const std::span<double> drawn(values.data_ptr<double>(), static_cast<size_t>(values.numel()));
  RandomStream(seed, input.name).gaussian(drawn);
  // Whole numbers are most likely indices: 0 and 1 exist in every table.
  return c10::isFloatingType(input.dtype) ? values.to(input.dtype) : at::gt(values, 0).to(input.dtype);
}

}  // namespace

std::vector<at::Tensor> random_inputs(const GraphDraft& draft, int64_t batch, int64_t free_size,
                                      uint64_t seed, int64_t byte_limit) {
  std::vector<at::Tensor> inputs;
  for (const Input& input : draft.inputs)
    inputs.push_back(random_input(input, batch, free_size, seed, byte_limit));
  return inputs;
}

}  // namespace shatterproof
