// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// Outputs flattened and side by side: [examples, numbers].
at::Tensor rows_of(const std::vector<at::Tensor>& outputs);

/// Standard normal [examples, numbers] that depend on name, seed and place alone, rounded to float32.
at::Tensor gaussian_rows(const std::string& name, uint64_t seed, int64_t examples, int64_t numbers);

/// The Jacobians of single examples, [examples, outputs, inputs], from as many passes as the smaller side has
/// numbers. The batch must say whose statistics it runs with.
at::Tensor jacobians(const ExperimentRun& run, const Batch& batch, int64_t outputs, int64_t inputs);

/// What the Lanczos method finds of single examples' Jacobians.
struct LeadingValues {
  at::Tensor singular_values;  ///< [examples, count], largest first
  at::Tensor squared_norm;     ///< [examples], estimates of ||J||_F^2 from Gaussian probes
};

/// The `count` largest singular values, as the square roots of the largest eigenvalues of the Lanczos matrix
/// of J J^T (J^T J where that is smaller) after 64 steps, all examples at once, their vectors orthogonalized
/// twice against all before.
LeadingValues leading_values(const ExperimentRun& run, const Batch& batch, int64_t outputs, int64_t inputs,
                             int64_t count);

}  // namespace shatterproof
