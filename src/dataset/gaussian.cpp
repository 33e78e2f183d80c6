// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/gaussian.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dataset/limits.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

std::vector<int64_t> sizes_of(const Input& input, int64_t examples) {
  std::vector<int64_t> sizes = input.drawn_shape.empty() ? input.shape : input.drawn_shape;
  if (sizes.empty()) {
    reject("gaussian", "every input must have a batch axis", fmt::format("'{}' without one", input.name));
  }
  sizes[0] = examples;
  int64_t numbers = 1;
  for (const int64_t size : sizes) {
    if (size < 0) {
      reject("gaussian", "only the batch axis may be free (--shape AXIS=N, or give the inputs as .npy files)",
             fmt::format("'{}' [{}]", input.name, fmt::join(input.shape, ", ")));
    }
    if (__builtin_mul_overflow(numbers, size, &numbers) || numbers > kMostNumbers) {
      reject("gaussian", fmt::format("an input must have at most {} numbers", kMostNumbers),
             fmt::format("'{}' [{}]", input.name, fmt::join(sizes, ", ")));
    }
  }
  return sizes;
}

at::Tensor uniform_ids(const std::vector<int64_t>& sizes, int64_t vocabulary, const RandomStream& stream) {
  at::Tensor uniforms = at::empty(sizes, at::kDouble);
  stream.uniform({uniforms.data_ptr<double>(), static_cast<size_t>(uniforms.numel())});
  return (uniforms * static_cast<double>(vocabulary)).floor().clamp_max(vocabulary - 1);
}

at::Tensor drawn(const Input& input, const std::vector<int64_t>& sizes, uint64_t seed, int64_t vocabulary) {
  const RandomStream stream(seed, "inputs." + input.name);
  if (at::isFloatingType(input.dtype)) {
    at::Tensor normals = at::empty(sizes, at::kFloat);
    stream.gaussian({normals.data_ptr<float>(), static_cast<size_t>(normals.numel())}, 1);
    return normals.to(input.dtype);
  }
  constexpr int64_t kCoin = 2;
  const int64_t known = vocabulary > 0 ? vocabulary : input.vocabulary;
  const int64_t ids = input.dtype == at::kBool ? kCoin : known;
  if (ids < 1) {
    reject("gaussian", "ids for an integer input need a vocabulary size", fmt::format("'{}'", input.name));
  }
  return uniform_ids(sizes, ids, stream).to(input.dtype);
}

}  // namespace

Batch gaussian_batch(const std::vector<Input>& inputs, int64_t examples, uint64_t seed, int64_t vocabulary) {
  if (examples < 1 || examples > kMostExamples) {
    reject("gaussian", fmt::format("examples must be from 1 to {}", kMostExamples), std::to_string(examples));
  }
  Batch batch;
  for (const Input& input : inputs) {
    batch.inputs.push_back(drawn(input, sizes_of(input, examples), seed, vocabulary));
  }
  batch.description = fmt::format("gaussian, {} examples", examples);
  return batch;
}

}  // namespace shatterproof
