// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof {

/// A value as TOML writes it, fit to be shown in an error.
std::string text_of(const toml::node& node);

/// A table of a study's file, read key by key. Every read marks its key as known; `reject_unread` then
/// refuses what nobody asked for, so that a misspelt key is never silently ignored. All errors are
/// std::invalid_argument "study NAME: rule; got x".
class TomlTable {
 public:
  /// `where` names the table in errors: "study figure_2, case 3". `otherwise` holds what keys are when the
  /// table does not have them; both tables outlive this.
  TomlTable(const toml::table& table, std::string where, const toml::table* otherwise = nullptr);

  bool has(std::string_view key) const;
  std::string word(std::string_view key, const std::string& otherwise);
  std::optional<double> number(std::string_view key);
  int64_t count(std::string_view key, int64_t otherwise);
  bool flag(std::string_view key, bool otherwise);
  /// A list of words, or one word.
  std::vector<std::string> words(std::string_view key);
  /// A list of numbers, or one number; nan where the list has none to give.
  std::vector<double> numbers(std::string_view key);
  /// A table; nullptr when there is none.
  const toml::table* table(std::string_view key);
  /// The tables of a list of tables.
  std::vector<const toml::table*> tables(std::string_view key);

  /// Refuses a key, of `otherwise` too, that no call above has asked for.
  void reject_unread() const;
  const std::string& where() const { return where_; }

 private:
  const toml::node* find(std::string_view key);
  [[noreturn]] void reject_value(std::string_view key, std::string_view rule, const toml::node& node) const;

  const toml::table& table_;
  const toml::table* otherwise_;
  std::string where_;
  std::vector<std::string> known_;
};

}  // namespace shatterproof
