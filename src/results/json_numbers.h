// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace shatterproof {

using Json = nlohmann::ordered_json;

/// Puts numbers into one record. JSON has no NaN: such a number becomes null, and `finish` adds what each
/// null stood for under "non_finite": one word when all nulls of the record are the same, else per key a list
/// of words in their order.
class NumberWriter {
 public:
  explicit NumberWriter(Json& record) : record_(record) {}
  void put(const char* key, double number);
  /// `digits` 0 writes the shortest text that reads back as the same number.
  void put(const char* key, std::span<const double> numbers, int digits = 0);
  void finish();

 private:
  Json encoded(const char* key, double number);

  Json& record_;
  Json words_ = Json::object();
};

/// Takes numbers out of a record again. Throws std::invalid_argument "key: rule; got x" on anything else.
class NumberReader {
 public:
  explicit NumberReader(const Json& record);
  double number(const char* key) const;
  std::vector<double> numbers(const char* key) const;

 private:
  double decoded(const char* key, const Json& value, size_t null_index) const;

  const Json& record_;
  Json words_;
};

}  // namespace shatterproof
