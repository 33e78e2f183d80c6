// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

struct ShallowOptions {
  int64_t width = 200;
  std::string activation = "relu";
  bool crelu = false;
  std::optional<double> slope;  ///< see FullyConnectedOptions
  std::string norm = "none";
  std::optional<double> bias_std;  ///< of b; 1/sqrt(width) unless given
};

/// One hidden layer on a scalar.
///
///   f = w . rho(N(x v - b)),   v = 1, w ~ N(0, 1/width), b ~ N(0, bias_std^2)
///
/// A feedforward network of depth 1. Its slope changes where x = b_i: with the default nearly all |b_i| lie
/// within 3/sqrt(width). [SG] figure 1a.
Network shallow(const ShallowOptions& options);

/// The options that `shallow:width=25` gives, `bias_std`
/// known. Throws std::invalid_argument on unknown ones (naming the known ones) and on
/// values out of range.
ShallowOptions shallow_options(const Spec& values);

}  // namespace shatterproof
