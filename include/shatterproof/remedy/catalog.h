// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "shatterproof/results/remedy.h"

namespace shatterproof {

/// All that is said of a kind of change: help, documents and `mend` read this record and nothing else.
struct RemedyRecord {
  Remedy::Kind kind = Remedy::Kind::look_at;
  std::string name;       ///< that of the kind
  std::string sentence;   ///< what it changes
  std::string applies;    ///< where it can be made
  std::string predicts;   ///< what theory says of it; empty when nothing does
  std::string reference;  ///< where it is from; empty when everybody knows it
  /// How much of a network it changes: 0 nothing but the inputs, 1 numbers of weights, 2 nodes in place of
  /// others, 3 nodes beside those that were there.
  int reach = 0;
  bool draws = false;  ///< whether weights are drawn anew
  /// The forms in which it is worth trying where nobody says how, small changes first; empty where `changed`
  /// cannot make it, or not without being told where or by how much.
  std::vector<Remedy> forms;
};

/// Every kind of change, in the order of Remedy::Kind. No other list of them exists.
std::span<const RemedyRecord> remedies();
/// The record of a kind.
const RemedyRecord& remedy_of(Remedy::Kind kind);

}  // namespace shatterproof
