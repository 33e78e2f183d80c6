// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "examine/altered.h"
#include "shatterproof/diagnose/rule.h"
#include "shatterproof/diagnose/thresholds.h"
#include "shatterproof/experiment/measure.h"

namespace shatterproof {

/// What there is to know to try a remedy again.
struct RemedyTrial {
  Altering alter;
  const Examination& examination;
  const Thresholds& thresholds;
  MeasureRequest request;  ///< as the first draw was measured
  RehearsalOptions rehearsal;
  std::function<void()> before_each = [] {};  ///< told of every remedy that is tried
};

/// Makes the remedies of every finding that has no other as its cause, where they can be made, examines the
/// changed network as the first one was, and keeps those that help: the finding is gone or less severe and no
/// other one is worse, or it learns all the same; where the network was stuck, it learns. What was measured
/// stands in the remedy; remedies that cannot be made here stay as predicted. Cost: an examination of one
/// draw for each, and where the network was stuck rehearsals that together, the one without the output's
/// rectifier among them, take no longer than the first one might.
void try_remedies(const RemedyTrial& trial, Diagnosis& diagnosis);

/// Rehearses a network that does not learn, some of whose outputs a rectifier shuts, again without it:
/// whether it is to blame is told by nothing else. Empty for all others, and where the change cannot be made.
std::optional<Rehearsal> without_output_rectifier(const RemedyTrial& trial);

/// What a scalar reading of that name is, or a curve over the depth at its first place, the one at the input;
/// empty where there is none, or it is undefined.
std::optional<double> value_at_input(const std::vector<Reading>& readings, const std::string& name);

}  // namespace shatterproof
