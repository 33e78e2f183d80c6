// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shatterproof/examine/check.h"
#include "shatterproof/results/difference.h"
#include "shatterproof/results/reader.h"
#include "shatterproof/results/writer.h"

namespace shatterproof {

struct CompareOptions {
  double level = .05;  ///< how often results of one law may have any number marked
  size_t places = 8;   ///< of a curve that are compared: neighbours say nearly the same
};

/// A finding whose severity differs.
struct FindingChange {
  std::string id;
  std::optional<Severity> before, after;  ///< empty: not found
  std::string headline;                   ///< of the second one's, of the first one's where it is lost

  bool is_worse() const { return after && *after >= Severity::watch && (!before || *after > *before); }
};

/// Two results beside each other, the second one judged by the first.
struct Comparison {
  std::string network, other;          ///< what they are of
  std::string verdict, other_verdict;  ///< empty where nobody judged
  std::vector<DifferenceRecord> differences;
  std::vector<FindingChange> findings;    ///< those that differ, worse ones first
  std::vector<std::string> not_compared;  ///< readings that one side alone has, or has defined
  bool seed_by_seed = false;              ///< whether draws of the same seeds were compared
  double level = .05;

  /// Whether the second has a finding of watch or more that the first has not, or not as severe.
  bool is_worse() const;
};

/// The same numbers of both, at the same places, with what differs beyond its error.
///
///   t = (b - a) / error of b - a, of logarithms where readings are averaged geometrically
///
/// Where both have draws of the same seeds the error is that of the mean difference of draws, t with n - 1
/// degrees of freedom; otherwise that of two means, after Welch. Probabilities are Holm's, over all numbers
/// compared: results of one law have no mark in 1 - `level` of all comparisons. Single draws have no error,
/// and no mark. Scalars and curves are compared, curves at `places`, or at both ends where axes differ.
///
/// Throws std::invalid_argument when they have no reading of the same name, place and way of measuring, and
/// on a level outside (0, 1).
Comparison compare(const Results& a, const Results& b, const CompareOptions& options = {});

/// A check as its results file has it.
Results results_of(const Checked& checked);

/// Both results as cases "A" and "B" of one file, then every difference. Does not close the writer.
void write(ResultsWriter& writer, const Results& a, const Results& b, const Comparison& comparison);

}  // namespace shatterproof
