// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/teacher.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string>

#include "dataset/limits.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

constexpr int64_t kMostClasses = 1000;
constexpr int64_t kUnits = 100;

at::Tensor normals(const std::string& name, uint64_t seed, at::IntArrayRef sizes, uint64_t first = 0) {
  at::Tensor tensor = at::empty(sizes, at::kDouble);
  RandomStream(seed, name).gaussian({tensor.data_ptr<double>(), static_cast<size_t>(tensor.numel())}, first);
  return tensor;
}

// Numbers per example.
int64_t numbers_of(const Input& input) {
  int64_t numbers = 1;
  for (size_t i = 1; i < input.shape.size(); ++i) {
    if (input.shape[i] < 1 || __builtin_mul_overflow(numbers, input.shape[i], &numbers)) {
      reject("teacher", "only the batch axis may be free",
             fmt::format("'{}' [{}]", printable(input.name), fmt::join(input.shape, ", ")));
    }
  }
  return numbers;
}

void check(const Input& input, int64_t numbers, int64_t first, int64_t examples, int64_t classes) {
  if (!at::isFloatingType(input.dtype)) {
    reject("teacher", "examples are real numbers",
           fmt::format("'{}' {}", printable(input.name), c10::toString(input.dtype)));
  }
  if (classes < 2 || classes > kMostClasses)
    reject("teacher", fmt::format("classes must be from 2 to {}", kMostClasses), std::to_string(classes));
  if (first < 0 || first > kMostExamples)
    reject("teacher", fmt::format("the first example must be from 0 to {}", kMostExamples),
           std::to_string(first));
  if (examples < 1 || examples > kMostExamples || numbers > kMostNumbers / examples) {
    reject(
        "teacher",
        fmt::format("must have 1 to {} examples of at most {} numbers in all", kMostExamples, kMostNumbers),
        fmt::format("{} of {}", examples, numbers));
  }
}

}  // namespace

Batch teacher_batch(const Input& input, int64_t first, int64_t examples, int64_t classes, uint64_t seed) {
  const int64_t numbers = numbers_of(input);
  check(input, numbers, first, examples, classes);
  // A stream is read from multiples of four: every example has whole fours of its own.
  constexpr int64_t kStep = 4;
  const int64_t stride = (numbers + kStep - 1) / kStep * kStep;
  const at::Tensor x =
      normals("teacher.examples", seed, {examples, stride}, static_cast<uint64_t>(first * stride))
          .narrow(1, 0, numbers)
          .to(at::kFloat)
          .contiguous();
  constexpr uint64_t kTeacher = 1;
  const at::Tensor u = normals("teacher.hidden", kTeacher, {kUnits, numbers});
  const at::Tensor v = normals("teacher.output", kTeacher, {classes, kUnits});
  const at::Tensor hidden = (x.to(at::kDouble).matmul(u.t()) / std::sqrt(numbers)).tanh();
  Batch batch;
  std::vector<int64_t> sizes = input.shape;
  sizes[0] = examples;
  batch.inputs = {x.view(sizes).to(input.dtype)};
  batch.labels = hidden.matmul(v.t()).argmax(1);
  batch.description = fmt::format("teacher, {} examples", examples);
  return batch;
}

}  // namespace shatterproof
