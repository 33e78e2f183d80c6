// SPDX-License-Identifier: Apache-2.0
#include "results/json_fields.h"

#include "shatterproof/core/error.h"

namespace shatterproof {

std::string shown(const Json& value) {
  return value.dump(-1, ' ', true, Json::error_handler_t::replace);
}

const Json& required(const Json& line, const char* key) {
  const auto value = line.find(key);
  if (value == line.end()) reject(key, "must be there", "nothing");
  return *value;
}

std::string text_of(const char* key, const Json& value) {
  if (!value.is_string()) reject(key, "must be text", shown(value));
  return value.get<std::string>();
}

std::string text(const Json& line, const char* key) {
  return text_of(key, required(line, key));
}

std::string optional_text(const Json& line, const char* key) {
  return line.contains(key) ? text(line, key) : "";
}

int64_t whole_of(const char* key, const Json& value, int64_t least, int64_t most) {
  const bool fits = value.is_number_integer() &&
                    !(value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) &&
                    value.get<int64_t>() >= least && value.get<int64_t>() <= most;
  if (!fits) reject(key, "must be a whole number in range", shown(value));
  return value.get<int64_t>();
}

int64_t whole(const Json& line, const char* key, int64_t otherwise, int64_t least, int64_t most) {
  return line.contains(key) ? whole_of(key, line.at(key), least, most) : otherwise;
}

const Json& list(const Json& line, const char* key) {
  const Json& value = required(line, key);
  if (!value.is_array()) reject(key, "must be a list", shown(value));
  return value;
}

std::vector<std::string> texts(const Json& line, const char* key) {
  std::vector<std::string> words;
  for (const Json& value : list(line, key)) words.push_back(text_of(key, value));
  return words;
}

}  // namespace shatterproof
