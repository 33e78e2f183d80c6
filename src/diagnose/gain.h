// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

/// The end-to-end gain as a multiple of that of a map with orthogonal rows, sqrt(outputs / inputs) for unit
/// inputs, so that neither the number of inputs nor that of outputs matters; empty when it was not measured.
std::optional<double> gain_multiple(const Examination& examination, const Draw& draw);

/// "a change of the input reaches the output 12 times enlarged (a factor 1.05 per layer)".
std::string gain_sentence(const Examination& examination, double multiple);

/// The gain beside a healthy one; `side` is where healthy gains lie.
Evidence gain_evidence(const Examination& examination, const Draw& draw, const char* side);

/// Whether inputs of another scale than 1 are what enlarges or diminishes beyond `allowed`.
bool inputs_explain(const Examination& examination, double multiple, double allowed);

/// What to do about such inputs.
std::string scale_inputs(const Examination& examination);

/// What to do first about a network whose weights are trained.
inline constexpr const char* kJudgeArchitecture =
    "the weights are trained: draw them anew (--init he --seeds 5) to see whether the architecture does it";

}  // namespace shatterproof
