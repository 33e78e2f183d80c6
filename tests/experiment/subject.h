// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "shatterproof/experiment/measure.h"

namespace shatterproof {

/// What is changed about the thing that is measured.
struct Change {
  uint64_t seed = 1;
  int64_t examples = 12;
  int64_t units = 7;
  bool not_finite = false;  ///< a NaN reaches everything
  bool zeros = false;       ///< all values and gradients are 0
  bool shuffled = false;    ///< examples in another order
  bool doubled = false;     ///< all gradients doubled
  at::ScalarType dtype = at::kDouble;
  int64_t mini_batch = 0;
  std::string options = {};  ///< of the measurement, behind its name
};

/// Readings of the record's measurement of something small and random: made-up taps, or a network of two
/// rectifier layers where the definition needs one, of a recurrent layer or of attention where it asks for
/// that. float32 numbers are the float64 ones, rounded.
std::vector<Reading> read_subject(const ExperimentRecord& record, const Change& change = {});

/// A network input -> Gemm -> Relu -> ... -> Gemm with Gaussian weights of variance 2 / fan_in; layers named
/// layer_1, ...
Network rectifier_network(int64_t inputs, int64_t units, int64_t layers, uint64_t seed);

}  // namespace shatterproof
