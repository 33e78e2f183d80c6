// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/dataset/batch.h"
#include "shatterproof/train/rehearsal.h"
#include "train/random_task.h"

namespace shatterproof {

/// The smallest loss that one hidden layer of 128 rectifiers comes to in `options.steps` steps at 1e-3, 3e-3
/// or 1e-2, He's weights, on the standardized numbers of the examples: what the task asks of anybody.
///
/// More than 512 numbers per example are projected to 512 by independent normals.
double shallow_control(const RandomTask& task, const Batch& batch, const RehearsalOptions& options);

}  // namespace shatterproof
