// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/dataset/batch.h"
#include "shatterproof/diagnose/rule.h"
#include "shatterproof/run/tap_source.h"
#include "shatterproof/train/own_rehearsal.h"
#include "shatterproof/train/rehearsal.h"

namespace shatterproof {

/// Asks a source to fit one batch to random labels, and to its user's loss where there is one. What it learns
/// of its own task it can learn, whatever random labels say; what says nothing of random labels is judged by
/// its own task.
void rehearse(TapSource& source, const LossOfBatch& loss, const Batch& batch, const RehearsalOptions& options,
              Examination& examination);

}  // namespace shatterproof
