// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "operator_call.h"

namespace shatterproof {

/// A call whose derivative is held against central differences. Inputs are float64, away from kinks.
struct GradientSample {
  NodeText text;
  std::vector<at::Tensor> inputs;
  BatchStatistics batch_norm = BatchStatistics::stored;
  int64_t examples = 0;
};

/// Distinct numbers with spacing 0.13, symmetric about 0 and none nearer to it than 0.065, in an order drawn
/// from `name`: far from every kink and tie.
at::Tensor spread(at::IntArrayRef sizes, const std::string& name = "x");

/// The same as sizes in [0.5, ...): positive numbers away from 0.
at::Tensor positive(at::IntArrayRef sizes, const std::string& name = "x");

/// Samples of operators that choose and place values, that resample positions, and that recur.
void add_selections(std::vector<GradientSample>& samples);
void add_resampling(std::vector<GradientSample>& samples);
void add_recurrence(std::vector<GradientSample>& samples);

/// The samples of every operator, at least one for each that is differentiable.
std::vector<GradientSample> gradient_samples();

}  // namespace shatterproof
