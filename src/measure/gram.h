// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace shatterproof {

/// The largest Gram matrix that is made has this many rows: 128 MiB.
inline constexpr int64_t kLargestGram = 4096;
inline constexpr const char* kGramTooLarge =
    "the matrix of inner products would have more than 4096 rows: use fewer examples";

/// The mean of gradients [examples, numbers], float or double, or why differences from it say nothing.
struct MeanGradient {
  at::Tensor mean;  ///< [numbers], double, on the processor
  const char* undefined = nullptr;
};
MeanGradient mean_gradient(const at::Tensor& gradients);

/// A A^T, in double on the processor, of a matrix [rows, columns] of float or double on any device, less
/// `mean` [columns] in every row where one is given.
at::Tensor gram_of_rows(const at::Tensor& matrix, const at::Tensor& mean = {});
/// A^T A, likewise.
at::Tensor gram_of_columns(const at::Tensor& matrix, const at::Tensor& mean = {});

}  // namespace shatterproof
