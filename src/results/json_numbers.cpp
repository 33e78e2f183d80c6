// SPDX-License-Identifier: Apache-2.0
#include "results/json_numbers.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

double rounded(double number, int digits) {
  if (digits == 0 || !std::isfinite(number)) return number;
  return std::strtod(fmt::format("{:.{}e}", number, digits - 1).c_str(), nullptr);
}

const char* word_for(double number) {
  return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
}

double number_for(const char* key, const std::string& word) {
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (word == "inf") return std::numeric_limits<double>::infinity();
  if (word == "-inf") return -std::numeric_limits<double>::infinity();
  reject(key, "non_finite must be nan, inf or -inf", word);
}

}  // namespace

Json NumberWriter::encoded(const char* key, double number) {
  if (std::isfinite(number)) return number;
  words_[key].push_back(word_for(number));
  return nullptr;
}

void NumberWriter::put(const char* key, double number) {
  record_[key] = encoded(key, number);
}

void NumberWriter::put(const char* key, std::span<const double> numbers, int digits) {
  Json list = Json::array();
  for (const double number : numbers) list.push_back(encoded(key, rounded(number, digits)));
  record_[key] = std::move(list);
}

void NumberWriter::finish() {
  if (words_.empty()) return;
  const Json first = words_.begin().value().front();
  for (const auto& words : words_) {
    for (const auto& word : words) {
      if (word != first) {
        record_["non_finite"] = words_;
        return;
      }
    }
  }
  record_["non_finite"] = first;
}

NumberReader::NumberReader(const Json& record) : record_(record) {
  if (const auto words = record.find("non_finite"); words != record.end()) words_ = *words;
}

double NumberReader::decoded(const char* key, const Json& value, size_t null_index) const {
  if (value.is_number()) return value.get<double>();
  if (!value.is_null())
    reject(key, "must hold numbers", value.dump(-1, ' ', true, Json::error_handler_t::replace));
  if (words_.is_string()) return number_for(key, words_.get<std::string>());
  if (words_.is_object() && words_.contains(key)) {
    const Json& words = words_.at(key);
    if (words.is_array() && null_index < words.size() && words[null_index].is_string()) {
      return number_for(key, words[null_index].get<std::string>());
    }
  }
  reject(key, "a null number must be named in non_finite", "null");
}

double NumberReader::number(const char* key) const {
  const auto value = record_.find(key);
  if (value == record_.end()) reject(key, "must be there", "nothing");
  return decoded(key, *value, 0);
}

std::vector<double> NumberReader::numbers(const char* key) const {
  const auto list = record_.find(key);
  if (list == record_.end() || !list->is_array()) reject(key, "must be a list of numbers", "something else");
  std::vector<double> numbers;
  size_t nulls = 0;
  for (const Json& value : *list) {
    numbers.push_back(decoded(key, value, nulls));
    if (value.is_null()) ++nulls;
  }
  return numbers;
}

}  // namespace shatterproof
