// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/network/builder.h"

namespace shatterproof {

/// A value and how many units it has.
struct Units {
  std::string value;
  int64_t count = 0;
};

/// The pieces that fully connected families are stacked from.
class DenseStack {
 public:
  /// Checks every option, and that all parameters together have at most kMostParameters `numbers` (a double:
  /// hostile sizes overflow integers). Throws std::invalid_argument.
  DenseStack(std::string family, const FullyConnectedOptions& options, DepthCount count, double numbers);

  /// The network's input, embedded in `width` units when it is a scalar.
  Units input(int64_t width);
  /// `name.norm`, then `name.relu`: rho(N(x)).
  Units rectified(const Units& x, const std::string& name);
  /// Has a bias when `prescribed_bias_scheme` says how it is drawn.
  Units linear(const Units& x, const std::string& name, int64_t units, const std::string& initial = "",
               const std::string& prescribed_bias_scheme = "");
  /// The network whose output is w . x.
  Network read_out(const Units& x);

  NetworkBuilder& builder() { return builder_; }
  /// The network whose output this is.
  Network finish(const Units& output);

 private:
  std::string family_;
  FullyConnectedOptions options_;
  NetworkBuilder builder_;
};

/// Throws std::invalid_argument when an option is out of range or fits no other.
void require_valid(const std::string& family, const FullyConnectedOptions& options, DepthCount count);

/// Numbers in an input layer, `hidden` matrices of width x width that read what rectifiers made, and a
/// readout.
double numbers_in_stack(const FullyConnectedOptions& options, int64_t hidden);

/// "layer_7".
std::string layer_name(int64_t layer);

}  // namespace shatterproof
