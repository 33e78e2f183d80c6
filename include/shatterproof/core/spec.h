// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof {

/// What a user writes as `name:key=value,key=value`: a name and a few named numbers or words.
///
/// Every read marks its key as known; `reject_unread` then refuses what nobody asked for, so that an option
/// is never silently ignored.
class Spec {
 public:
  /// Parses `text`. A key without `=` is a positional word, kept under "0", "1", ... . Throws
  /// std::invalid_argument on an empty name, nothing behind a colon, an empty key or a key given twice.
  static Spec parse(std::string_view text);

  const std::string& name() const { return name_; }
  /// The text it was parsed from, with its keys sorted: equal values print equally.
  std::string text() const;
  /// The same with another value of a key, nothing of it read.
  Spec with(const std::string& key, const std::string& value) const;

  bool has(const std::string& key) const { return values_.contains(key); }
  std::string word(const std::string& key, const std::string& otherwise) const;
  /// A finite number. Throws std::invalid_argument naming key and value otherwise; likewise below.
  double number(const std::string& key, double otherwise) const;
  /// A finite number from 0 on.
  double not_negative(const std::string& key, double otherwise) const;
  /// A whole number in [least, most].
  int64_t count(const std::string& key, int64_t otherwise, int64_t least, int64_t most) const;
  bool flag(const std::string& key, bool otherwise) const;

  /// Throws std::invalid_argument when a key was given that no call above has asked for.
  void reject_unread() const;

 private:
  const std::string* find(const std::string& key) const;
  [[noreturn]] void reject_value(const std::string& key, std::string_view rule) const;

  std::string name_;
  std::map<std::string, std::string> values_;
  mutable std::vector<std::string> known_;
};

/// What a catalog says of one key.
struct OptionRecord {
  std::string name;
  std::string otherwise;  ///< what it is when not given: `name=otherwise` changes nothing
  std::string meaning;
};

/// `text` as a number with nothing left over; empty when it is not one.
std::optional<double> parse_number(std::string_view text);
/// `text` as a whole number with nothing left over; empty when it is not one.
std::optional<int64_t> parse_whole_number(std::string_view text);

}  // namespace shatterproof
