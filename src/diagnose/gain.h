// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

/// The end-to-end gain of a map with orthogonal rows, sqrt(outputs / inputs) for unit inputs; 1 where their
/// numbers are not known.
double healthy_gain(const Examination& examination);

/// The end-to-end gain as a multiple of that, so that neither the number of inputs nor that of outputs
/// matters. Empty when it was not measured, and for recurrent networks, of which memory.h asks instead.
std::optional<double> gain_multiple(const Examination& examination, const Draw& draw);

/// The same of the network alone, which says nothing of how its inputs vary: of one without norms divided by
/// their deviation.
std::optional<double> own_gain_multiple(const Examination& examination, const Draw& draw);

/// Whether there are layers between which a gradient could grow or shrink.
bool spans_layers(const Examination& examination);

/// By what factor the gradient's root mean square grows from the last layer's state to the first's: what the
/// layers between do, whatever the readout's scale. Empty when it was not measured, or zero somewhere.
std::optional<double> gain_along_depth(const Draw& draw);

/// "a change of the input reaches the output 12 times enlarged (a factor 1.05 per layer)".
std::string gain_sentence(const Examination& examination, double multiple);

/// The gain beside a healthy one; `side` is where healthy gains lie.
Evidence gain_evidence(const Examination& examination, const Draw& draw, const char* side);

/// Weights at the scale that the network's nonlinearity keeps: He's before rectifiers, orthogonal ones
/// between linear maps, LeCun's otherwise.
Remedy right_variance(const Examination& examination);
/// Rectifiers that let through some of what is below zero, so that units which are shut still learn.
Remedy learned_slopes();
/// Whether the nonlinearity keeps relative changes: the identity and rectifiers.
bool keeps_relative_changes(const std::string& activation);
/// Whether the weights are drawn at that scale.
bool have_right_variance(const Examination& examination);

}  // namespace shatterproof
