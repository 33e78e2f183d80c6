// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "written_network.h"

namespace shatterproof {

/// A function of one value as some exporter writes it.
struct PatternSample {
  std::string pattern;  ///< row of `patterns()`
  std::string form;
  std::function<std::string(Written& w, const std::string& x)> write;
  /// The node that stands for it, with `numbers` as attributes; empty where the operator sets have none.
  std::string op = {};
  std::map<std::string, Attribute> attributes = {};
};

/// Of activations, at least one for each pattern; x is [batch, 12].
std::vector<PatternSample> activation_samples();
/// Of norms; x is [batch, 12].
std::vector<PatternSample> normalization_samples();

}  // namespace shatterproof
