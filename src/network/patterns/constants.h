// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// A value that no input of the network changes.
struct ConstantValue {
  at::Tensor value;
  bool trains = false;  ///< a trainable parameter enters
};

/// What is constant in a network, and its numbers: parameters, Constant nodes and what nodes make of these.
class Constants {
 public:
  explicit Constants(const Network& network);

  /// Whether an input changes the value's numbers; comparisons pass them on, sizes do not.
  bool varies(const std::string& value) const { return varying_.contains(value); }
  /// The constant, where its numbers are known without a run (a fill of unknown size is one number).
  const ConstantValue* find(const std::string& value) const;
  /// Its one number: of a tensor of one element, or of equal ones.
  std::optional<double> number(const std::string& value) const;
  /// Its integers, of axes and shapes.
  std::optional<std::vector<int64_t>> integers(const std::string& value) const;
  /// Whether it is one number that training does not change.
  bool is_fixed_number(const std::string& value) const;

 private:
  const ConstantValue& computed(const std::string& value) const;

  const Network& network_;
  std::unordered_set<std::string> varying_;
  mutable std::unordered_map<std::string, ConstantValue> known_;  // undefined tensor: not known
};

}  // namespace shatterproof
