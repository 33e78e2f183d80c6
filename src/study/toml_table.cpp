// SPDX-License-Identifier: Apache-2.0
#include "study/toml_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "shatterproof/core/error.h"

namespace shatterproof {

std::string text_of(const toml::node& node) {
  std::ostringstream text;
  node.visit([&](const auto& value) { text << value; });
  return printable(text.str());
}

TomlTable::TomlTable(const toml::table& table, std::string where, const toml::table* otherwise)
    : table_(table), otherwise_(otherwise), where_(std::move(where)) {}

const toml::node* TomlTable::find(std::string_view key) {
  known_.emplace_back(key);
  const toml::node* node = table_.get(key);
  return node == nullptr && otherwise_ != nullptr ? otherwise_->get(key) : node;
}

void TomlTable::reject_value(std::string_view key, std::string_view rule, const toml::node& node) const {
  reject(where_, fmt::format("{} must be {}", key, rule), text_of(node));
}

bool TomlTable::has(std::string_view key) const {
  return table_.contains(key) || (otherwise_ != nullptr && otherwise_->contains(key));
}

std::string TomlTable::word(std::string_view key, const std::string& otherwise) {
  const toml::node* node = find(key);
  if (node == nullptr) return otherwise;
  if (!node->is_string()) reject_value(key, "a string", *node);
  return *node->value<std::string>();
}

std::optional<double> TomlTable::number(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  if (!node->is_number()) reject_value(key, "a number", *node);
  return node->value<double>();
}

int64_t TomlTable::count(std::string_view key, int64_t otherwise) {
  const toml::node* node = find(key);
  if (node == nullptr) return otherwise;
  if (!node->is_integer() || *node->value<int64_t>() < 1) reject_value(key, "a whole number >= 1", *node);
  return *node->value<int64_t>();
}

bool TomlTable::flag(std::string_view key, bool otherwise) {
  const toml::node* node = find(key);
  if (node == nullptr) return otherwise;
  if (!node->is_boolean()) reject_value(key, "true or false", *node);
  return *node->value<bool>();
}

std::vector<std::string> TomlTable::words(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  if (node->is_string()) return {*node->value<std::string>()};
  std::vector<std::string> words;
  if (!node->is_array()) reject_value(key, "a list of strings", *node);
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_string()) reject_value(key, "a list of strings", *node);
    words.push_back(*element.value<std::string>());
  }
  return words;
}

std::vector<double> TomlTable::numbers(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  if (node->is_number()) return {*node->value<double>()};
  std::vector<double> numbers;
  if (!node->is_array()) reject_value(key, "a list of numbers", *node);
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_number()) reject_value(key, "a list of numbers", *node);
    numbers.push_back(*element.value<double>());
  }
  return numbers;
}

const toml::table* TomlTable::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) reject_value(key, "a table", *node);
  return node->as_table();
}

std::vector<const toml::table*> TomlTable::tables(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  std::vector<const toml::table*> tables;
  if (!node->is_array()) reject_value(key, "a list of tables", *node);
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_table()) reject_value(key, "a list of tables", *node);
    tables.push_back(element.as_table());
  }
  return tables;
}

void TomlTable::reject_unread() const {
  for (const toml::table* table : {&table_, otherwise_}) {
    if (table == nullptr) continue;
    for (const auto& [key, node] : *table) {
      if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
      reject_unknown(where_, "key", key.str(), known_);
    }
  }
}

}  // namespace shatterproof
