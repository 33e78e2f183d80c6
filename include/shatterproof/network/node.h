// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace shatterproof {

using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                               std::vector<std::string>, at::Tensor>;

/// One operation with ONNX semantics: `outputs = op(inputs; attributes)` as operator set `opset` defines it.
///
/// Inputs and outputs are value names; an empty name is an optional one left out.
struct Node {
  std::string name;
  std::string op;
  int64_t opset = 17;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::map<std::string, Attribute> attributes;

  /// Its name, or that of its first output where it has none; empty where there is neither.
  const std::string& title() const { return name.empty() && !outputs.empty() ? outputs.front() : name; }
  bool has(const std::string& attribute) const { return attributes.contains(attribute); }
  /// The attribute, or `otherwise` when absent. Throws std::invalid_argument when it has another type;
  /// likewise below.
  int64_t integer(const std::string& attribute, int64_t otherwise) const;
  double number(const std::string& attribute, double otherwise) const;
  std::string text(const std::string& attribute, const std::string& otherwise) const;
  std::vector<int64_t> integers(const std::string& attribute, std::vector<int64_t> otherwise = {}) const;
  std::vector<double> numbers(const std::string& attribute, std::vector<double> otherwise = {}) const;
};

}  // namespace shatterproof
