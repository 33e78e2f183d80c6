// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/results/record.h"
#include "shatterproof/theory/prediction.h"

namespace shatterproof {

/// A prediction as results files have it: on the axes of the reading it speaks of.
PredictionRecord prediction_record(const Prediction& prediction);

}  // namespace shatterproof
