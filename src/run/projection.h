// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "shatterproof/run/functional.h"

namespace shatterproof {

/// Derivative of the functional with respect to one output tensor of a mini-batch: what the backward pass
/// starts from. Throws std::invalid_argument when the functional does not fit the output.
at::Tensor output_gradient(const Functional& functional, const std::string& output_name,
                           const at::Tensor& output, const at::Tensor& labels, uint64_t seed,
                           int64_t first_example);

}  // namespace shatterproof
