// SPDX-License-Identifier: Apache-2.0
#include "study/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "study/case_table.h"
#include "study/study_claim.h"
#include "study/sweep_axis.h"

namespace shatterproof {
namespace {

// What of the table is no setting of its cases.
constexpr std::string_view kOwnKeys[] = {"name", "axes", "exclude", "claim"};

bool is_own(std::string_view key) {
  return std::find(std::begin(kOwnKeys), std::end(kOwnKeys), key) != std::end(kOwnKeys);
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Calls `name(text)` for each name in braces, and returns the text with what that gives in its place.
template <typename Name>
std::string filled(const std::string& text, const std::string& where, const Name& name) {
  std::string result;
  size_t from = 0;
  for (size_t open = text.find('{'); open != std::string::npos; open = text.find('{', from)) {
    const size_t close = text.find('}', open);
    if (close == std::string::npos) reject(where, "a brace that opens must close", printable(text));
    result += text.substr(from, open - from) + name(text.substr(open + 1, close - open - 1));
    from = close + 1;
  }
  return result + text.substr(from);
}

// Every word of a table and of what is in it.
template <typename Visit>
void each_word(toml::node& node, const Visit& visit) {
  if (toml::table* table = node.as_table()) {
    for (auto&& [key, value] : *table) each_word(value, visit);
  } else if (toml::array* list = node.as_array()) {
    for (toml::node& element : *list) each_word(element, visit);
  } else if (auto* word = node.as_string()) {
    visit(word->get());
  }
}

// A setting that is nothing but an axis has its value, a number where that is one; whatever else names an
// axis has the value's text in its place.
void fill(toml::table& table, const std::string& where, const std::vector<StudyAxis>& axes,
          const std::vector<const AxisValue*>& values) {
  const auto value_of = [&](const std::string& name) -> const AxisValue& {
    const auto found =
        std::find_if(axes.begin(), axes.end(), [&](const StudyAxis& axis) { return axis.name == name; });
    return *values[static_cast<size_t>(found - axes.begin())];
  };
  for (auto&& [key, node] : table) {
    if (toml::table* inner = node.as_table()) {
      fill(*inner, where, axes, values);
      continue;
    }
    const auto* word = node.as_string();
    if (word != nullptr && word->get().find('{') == std::string::npos) continue;
    if (word != nullptr && word->get().starts_with('{') && word->get().find('}') == word->get().size() - 1) {
      std::visit([&, &at = key](const auto& value) { table.insert_or_assign(at, value); },
                 value_of(word->get().substr(1, word->get().size() - 2)).value);
      continue;
    }
    each_word(node, [&](std::string& text) {
      text = filled(text, where, [&](const std::string& name) { return value_of(name).text; });
    });
  }
}

std::vector<bool> values_taken(const toml::node& node, const StudyAxis& axis, const StudyAxis& known,
                               const std::string& where) {
  std::vector<bool> taken(axis.values.size(), false);
  if (const toml::table* bounds = node.as_table()) {
    TomlTable reader(*bounds, where);
    const std::optional<double> least = reader.number("at_least"), most = reader.number("at_most");
    reader.reject_unread();
    if (!least && !most) reject(where, "give at_least, at_most or both", "neither");
    for (size_t i = 0; i < taken.size(); ++i) {
      const std::optional<double> number = parse_number(axis.values[i]);
      if (!number) reject(where, "at_least and at_most speak of numbers", printable(axis.values[i]));
      taken[i] = (!least || *number >= *least) && (!most || *number <= *most);
    }
    return taken;
  }
  const auto take = [&](const toml::node& element) {
    const std::string text = axis_value(element, axis.name, where).text;
    if (std::find(known.values.begin(), known.values.end(), text) == known.values.end())
      reject_unknown(where, "value of " + axis.name, text, known.values);
    const auto found = std::find(axis.values.begin(), axis.values.end(), text);
    if (found != axis.values.end()) taken[static_cast<size_t>(found - axis.values.begin())] = true;
  };
  if (const toml::array* list = node.as_array()) {
    for (const toml::node& element : *list) take(element);
  } else {
    take(node);
  }
  return taken;
}

std::vector<std::string> names_of(const std::vector<StudyAxis>& axes) {
  std::vector<std::string> names;
  for (const StudyAxis& axis : axes) names.push_back(axis.name);
  return names;
}

}  // namespace

CellFilter::CellFilter(const toml::table& table, const std::string& where, const std::vector<StudyAxis>& axes,
                       const std::vector<StudyAxis>& known) {
  const std::vector<std::string> names = names_of(axes);
  for (size_t i = 0; i < axes.size(); ++i) {
    const toml::node* node = table.get(axes[i].name);
    taken_.push_back(node == nullptr ? std::vector<bool>(axes[i].values.size(), true)
                                     : values_taken(*node, axes[i], known[i], where));
  }
  for (const auto& [key, node] : table) {
    if (std::find(names.begin(), names.end(), key.str()) == names.end())
      reject_unknown(where, "axis", key.str(), names);
  }
}

bool CellFilter::takes(const std::vector<size_t>& cell) const {
  for (size_t axis = 0; axis < cell.size(); ++axis) {
    if (!taken_[axis][cell[axis]]) return false;
  }
  return true;
}

SweepTable::SweepTable(const toml::table& table, std::string where, const toml::table& settings,
                       const toml::table* quick_axes)
    : where_(std::move(where)) {
  TomlTable reader(table, where_);
  name_ = reader.word("name", "");
  read_axes(reader, quick_axes);
  const std::vector<const toml::table*> left_out = reader.tables("exclude");
  for (size_t i = 0; i < left_out.size(); ++i)
    left_out_.emplace_back(*left_out[i], fmt::format("{}, exclude {}", where_, i + 1), axes_, known_);
  read_claims(reader.tables("claim"));
  read_template(table, settings);
}

void SweepTable::read_axes(TomlTable& reader, const toml::table* quick_axes) {
  const toml::table* axes = reader.table("axes");
  if (axes == nullptr || axes->empty()) reject(where_, "needs axes, a table of them", "none");
  struct Found {
    toml::source_position place;
    std::string name;
    const toml::node* node;
  };
  std::vector<Found> found;
  for (const auto& [key, node] : *axes) found.push_back({key.source().begin, std::string(key.str()), &node});
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.place < b.place; });
  for (const Found& one : found) {
    if (!is_name(one.name)) reject(where_, "an axis is named by letters, digits and _", printable(one.name));
    const toml::node* quick = quick_axes == nullptr ? nullptr : quick_axes->get(one.name);
    const std::vector<AxisValue> full = axis_values(*one.node, one.name, where_);
    values_.push_back(quick == nullptr ? full : axis_values(*quick, one.name, where_ + ", [quick]"));
    axes_.push_back({one.name, {}});
    known_.push_back({one.name, {}});
    for (const AxisValue& value : values_.back()) axes_.back().values.push_back(value.text);
    known_.back().values = axes_.back().values;
    for (const AxisValue& value : full) known_.back().values.push_back(value.text);
    combinations_ *= static_cast<int64_t>(values_.back().size());
    if (combinations_ > kMostCombinations)
      reject(where_, fmt::format("may have at most {} combinations", kMostCombinations), "more");
  }
  if (quick_axes == nullptr) return;
  for (const auto& [key, node] : *quick_axes) {
    const std::vector<std::string> known = names_of(axes_);
    if (std::find(known.begin(), known.end(), key.str()) == known.end())
      reject_unknown(where_ + ", [quick]", "axis", key.str(), known);
  }
}

void SweepTable::read_claims(const std::vector<const toml::table*>& claims) {
  for (size_t i = 0; i < claims.size(); ++i) {
    const std::string where = fmt::format("{}, claim {}", where_, i + 1);
    toml::table table = *claims[i];
    const toml::table none;
    const toml::table* filter = TomlTable(*claims[i], where).table("where");
    table.erase("where");
    claims_.push_back(
        {std::move(table), where, CellFilter(filter == nullptr ? none : *filter, where, axes_, known_)});
  }
}

void SweepTable::read_template(const toml::table& table, const toml::table& settings) {
  template_ = settings;
  for (const auto& [key, node] : table) {
    if (!is_own(key.str())) template_.insert_or_assign(key, node);
  }
  std::set<std::string> used;
  each_word(template_, [&](const std::string& text) {
    filled(text, where_, [&](const std::string& name) {
      const std::vector<std::string> known = names_of(axes_);
      if (std::find(known.begin(), known.end(), name) == known.end())
        reject_unknown(where_, "axis", name, known);
      used.insert(name);
      return "";
    });
  });
  for (size_t axis = 0; axis < axes_.size(); ++axis) {
    if (!used.contains(axes_[axis].name)) options_.push_back(axis);
  }
  const auto* network = template_.get_as<std::string>("network");
  if (!options_.empty() && (network == nullptr || network->get().empty())) {
    const std::string& name = axes_[options_.front()].name;
    reject(where_, fmt::format("axis {} is no option of a network: write {{{}}} where it stands", name, name),
           "no network");
  }
}

bool SweepTable::is_left_out(const std::vector<size_t>& cell) const {
  return std::any_of(left_out_.begin(), left_out_.end(),
                     [&](const CellFilter& filter) { return filter.takes(cell); });
}

StudyCase SweepTable::case_at(const std::vector<size_t>& cell) const {
  StudyCase result;
  result.cell = cell;
  result.name = name_;
  std::vector<const AxisValue*> values;
  for (size_t axis = 0; axis < cell.size(); ++axis) {
    const AxisValue& value = values_[axis][cell[axis]];
    values.push_back(&value);
    result.name += fmt::format("{}{} {}", result.name.empty() ? "" : ", ", axes_[axis].name, value.text);
    if (const auto* whole = std::get_if<int64_t>(&value.value)) {
      result.at[axes_[axis].name] = static_cast<double>(*whole);
    } else if (const auto* number = std::get_if<double>(&value.value)) {
      result.at[axes_[axis].name] = *number;
    } else {
      result.choices[axes_[axis].name] = value.text;
    }
  }
  toml::table table = template_;
  fill(table, where_, axes_, values);
  if (!options_.empty()) {
    std::string& network = table.get_as<std::string>("network")->get();
    for (const size_t axis : options_)
      network += fmt::format("{}{}={}", network.find(':') == std::string::npos ? ":" : ",", axes_[axis].name,
                             values[axis]->text);
  }
  TomlTable reader(table, fmt::format("{}, {}", where_, printable(result.name)));
  read_settings(reader, result);
  reader.reject_unread();
  for (const Claim& claim : claims_) {
    if (claim.filter.takes(cell)) append_claims(claim.table, claim.where, {}, result);
  }
  return result;
}

void SweepTable::each_case(const std::function<void(StudyCase)>& visit) const {
  bool any = false;
  std::vector<size_t> cell(axes_.size(), 0);
  for (int64_t i = 0; i < combinations_; ++i) {
    if (!is_left_out(cell)) {
      visit(case_at(cell));
      any = true;
    }
    for (size_t axis = cell.size(); axis-- > 0;) {
      if (++cell[axis] < values_[axis].size()) break;
      cell[axis] = 0;
    }
  }
  if (!any) reject(where_, "exclude must leave a combination", "none");
}

}  // namespace shatterproof
