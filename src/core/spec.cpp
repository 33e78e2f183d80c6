// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "shatterproof/core/error.h"

namespace shatterproof {

Spec Spec::parse(std::string_view text) {
  Spec parsed;
  const size_t colon = text.find(':');
  parsed.name_ = text.substr(0, colon);
  if (parsed.name_.empty()) reject("options", "must begin with a name, as in name:key=value", text);
  std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (colon != std::string_view::npos && rest.empty())
    reject(parsed.name_, "options must follow the colon", text);
  size_t position = 0;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::string_view entry = rest.substr(0, comma);
    const size_t equals = entry.find('=');
    const std::string key(equals == std::string_view::npos ? std::to_string(position++)
                                                           : entry.substr(0, equals));
    const std::string value(equals == std::string_view::npos ? entry : entry.substr(equals + 1));
    if (key.empty() || value.empty()) reject(parsed.name_, "options must look like key=value", text);
    if (!parsed.values_.emplace(key, value).second)
      reject(parsed.name_, "each option may be given once", key);
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    if (comma != std::string_view::npos && rest.empty())
      reject(parsed.name_, "options must not end with a comma", text);
  }
  return parsed;
}

std::string Spec::text() const {
  std::vector<std::string> entries;
  for (const auto& [key, value] : values_) entries.push_back(fmt::format("{}={}", key, value));
  return entries.empty() ? name_ : fmt::format("{}:{}", name_, fmt::join(entries, ","));
}

Spec Spec::with(const std::string& key, const std::string& value) const {
  Spec changed = *this;
  changed.values_[key] = value;
  changed.known_.clear();
  return changed;
}

const std::string* Spec::find(const std::string& key) const {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

void Spec::reject_value(const std::string& key, std::string_view rule) const {
  reject(name_, fmt::format("{} must be {}", key, rule), "'" + values_.at(key) + "'");
}

std::string Spec::word(const std::string& key, const std::string& otherwise) const {
  const std::string* value = find(key);
  return value ? *value : otherwise;
}

double Spec::number(const std::string& key, double otherwise) const {
  const std::string* value = find(key);
  if (!value) return otherwise;
  const std::optional<double> number = parse_number(*value);
  if (!number || !std::isfinite(*number)) reject_value(key, "a finite number");
  return *number;
}

double Spec::not_negative(const std::string& key, double otherwise) const {
  const double value = number(key, otherwise);
  if (value < 0) reject(name_, key + " must not be negative", word(key, ""));
  return value;
}

int64_t Spec::count(const std::string& key, int64_t otherwise, int64_t least, int64_t most) const {
  const std::string* value = find(key);
  if (!value) return otherwise;
  const std::optional<int64_t> number = parse_whole_number(*value);
  if (!number || *number < least || *number > most) {
    reject_value(key, fmt::format("a whole number from {} to {}", least, most));
  }
  return *number;
}

bool Spec::flag(const std::string& key, bool otherwise) const {
  const std::string* value = find(key);
  if (!value) return otherwise;
  if (*value != "true" && *value != "false") reject_value(key, "true or false");
  return *value == "true";
}

void Spec::reject_unread() const {
  for (const auto& [key, value] : values_) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end())
      reject_unknown(name_, "option", key, known_);
  }
}

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int64_t> parse_whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace shatterproof
