// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "shatterproof/results/finding.h"
#include "tests/diagnose/zoo.h"

namespace shatterproof {

/// A number that a remedy promises, and what is measured once the remedy is applied.
struct KeptPromise {
  std::string rule, network, remedy;  ///< the remedy in words
  std::string reading, theory;
  double now = 0, predicted = 0, measured = 0;
  double tolerance = 0;
  bool is_relative = true;  ///< whether the tolerance is a part of the prediction

  bool is_kept() const;
  std::string tolerance_text() const;
};

/// Applies every remedy with a promise that the animal's findings have, to three draws, and measures again.
/// The network is changed as remedy/apply.h does it, where it can; a width is that of another member of the
/// family.
std::vector<KeptPromise> promises_of(const Animal& animal);

}  // namespace shatterproof
