// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/diagnose/rule.h"
#include "shatterproof/diagnose/thresholds.h"
#include "shatterproof/examine/session.h"

namespace shatterproof {

/// What there is to know to try a remedy again.
struct RemedyTrial {
  const Session& session;
  const Trial& first;  ///< the draw that was tried
  const Examination& examination;
  const Thresholds& thresholds;
  RehearsalOptions rehearsal;
};

/// Makes the remedies of every finding that has no other as its cause, where they can be made, examines the
/// changed network as the first one was, and keeps those that help: the finding is gone or less severe and no
/// other one is worse; where the network was stuck, it learns. What was measured stands in the remedy;
/// remedies that cannot be made here stay as predicted. Cost: an examination of one draw for each, and where
/// the network was stuck rehearsals that together take no longer than the first one might.
void try_remedies(const RemedyTrial& trial, Diagnosis& diagnosis);

/// What a scalar reading of that name is, or a curve over the depth at its first place, the one at the input;
/// empty where there is none, or it is undefined.
std::optional<double> value_at_input(const std::vector<Reading>& readings, const std::string& name);

}  // namespace shatterproof
