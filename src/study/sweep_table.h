// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "shatterproof/study/study.h"
#include "study/toml_table.h"

namespace shatterproof {

/// More is no sweep but a mistake, or an attack: a few words of a file can ask for any number.
inline constexpr int64_t kMostCombinations = 100'000;

/// One value of an axis: what it is, and how a spec has it.
struct AxisValue {
  std::variant<int64_t, double, bool, std::string> value;
  std::string text;
};

/// Which combinations are meant: all those whose axes have one of the values given.
class CellFilter {
 public:
  /// Each key of the table is an axis; its value one of that axis, a list of them, or { at_least, at_most }
  /// of numbers. `known` has the axes with all values that may be named, which are more where some were cut.
  CellFilter(const toml::table& table, const std::string& where, const std::vector<StudyAxis>& axes,
             const std::vector<StudyAxis>& known);
  bool takes(const std::vector<size_t>& cell) const;

 private:
  std::vector<std::vector<bool>> taken_;  // by axis and value
};

/// The table [sweep] of a study: a case for each combination of the values on its axes, in the order of the
/// file, the last axis fastest.
///
/// An axis stands wherever a setting has its name in braces, `initializer = "gaussian:std={std}"`; one that
/// stands nowhere is an option of the network. All errors are std::invalid_argument naming `where`.
class SweepTable {
 public:
  /// `quick_axes` replaces axes by others of the same name; may be nullptr. All tables outlive this.
  SweepTable(const toml::table& table, std::string where, const toml::table& settings,
             const toml::table* quick_axes);

  const std::vector<StudyAxis>& axes() const { return axes_; }
  /// Of the axes, those that are left out included.
  int64_t combinations() const { return combinations_; }
  void each_case(const std::function<void(StudyCase)>& visit) const;

 private:
  struct Claim {
    toml::table table;
    std::string where;
    CellFilter filter;
  };

  void read_axes(TomlTable& reader, const toml::table* quick_axes);
  void read_template(const toml::table& table, const toml::table& settings);
  void read_claims(const std::vector<const toml::table*>& claims);
  bool is_left_out(const std::vector<size_t>& cell) const;
  StudyCase case_at(const std::vector<size_t>& cell) const;

  std::string where_, name_;
  std::vector<StudyAxis> axes_, known_;
  std::vector<std::vector<AxisValue>> values_;
  std::vector<size_t> options_;  // axes that are options of the network
  std::vector<CellFilter> left_out_;
  std::vector<Claim> claims_;
  toml::table template_;
  int64_t combinations_ = 1;
};

}  // namespace shatterproof
