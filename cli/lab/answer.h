// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "cli/lab/setting.h"
#include "cli/lab/training.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/network/network.h"

namespace shatterproof::cli {

/// What the laboratory shows of a state, as the text of a results file.
///
/// `whole`: with theory, correlation length, gradient scale and, of a network that is not trained, the
/// verdict of the rules without a rehearsal; otherwise the picture only, for while somebody drags. A trained
/// network stands beside itself before training, which goes on from the steps that `training` has made.
/// Numbers are those of LabSetting::commands. Throws Interrupted when `cancellation` was requested, and what
/// `measure` throws.
std::string lab_results(const LabSetting& setting, bool whole, LabTraining& training,
                        const Cancellation& cancellation);

/// The network of a state, drawn and, where it has steps, trained. Precondition: no noise. Throws likewise.
Network lab_network(const LabSetting& setting, LabTraining& training, const Cancellation& cancellation);

}  // namespace shatterproof::cli
