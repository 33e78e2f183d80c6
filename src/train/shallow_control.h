// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/train/rehearsal.h"
#include "train/task.h"

namespace shatterproof {

/// What an example's inputs say, [examples, at most 512] in float64: every column of mean 0 and deviation 1.
/// More than 512 numbers per example are projected by independent normals.
at::Tensor standardized_numbers(const Batch& batch, uint64_t seed);

/// The part of a constant's loss that one hidden layer of rectifiers is left with after `options.steps` steps
/// at 1e-3, 3e-3 or 1e-2, He's weights, on the examples' `standardized_numbers`: what the task asks of
/// anybody of that size. It has 128 units, fewer where it would have more than so many parameters, and 16 at
/// least. Examples are moved by `neighbourhood` of their deviation in every step.
double shallow_control(const Task& task, const Batch& batch, const RehearsalOptions& options,
                       double neighbourhood, int64_t parameters);

}  // namespace shatterproof
