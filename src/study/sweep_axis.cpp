// SPDX-License-Identifier: Apache-2.0
#include "study/sweep_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"

namespace shatterproof {
namespace {

AxisValue of_number(double number) {
  constexpr double kMostWhole = 1e15;
  if (number == std::floor(number) && std::abs(number) < kMostWhole)
    return {static_cast<int64_t>(number), fmt::format("{}", static_cast<int64_t>(number))};
  return {number, fmt::format("{}", number)};
}

double rounded(double number, bool whole) {
  if (whole) return std::round(number);
  return *parse_number(fmt::format("{:.6g}", number));
}

std::vector<AxisValue> range(const toml::table& table, const std::string& where) {
  TomlTable reader(table, where);
  const std::vector<double> log = reader.numbers("log"), linear = reader.numbers("linear");
  const bool whole = reader.flag("whole", false);
  const int64_t count = reader.count("count", 0);
  reader.reject_unread();
  if (log.empty() == linear.empty())
    reject(where, "a range is log or linear, from one number to another", log.empty() ? "neither" : "both");
  const std::vector<double>& ends = log.empty() ? linear : log;
  const auto shown = [&] { return text_of(table); };
  if (ends.size() != 2) reject(where, "a range has two ends", std::to_string(ends.size()));
  if (!std::isfinite(ends[0]) || !std::isfinite(ends[1]))
    reject(where, "the ends of a range must be finite", shown());
  if (!log.empty() && !(ends[0] > 0 && ends[1] > 0))
    reject(where, "the ends of a log range must be above 0", shown());
  if (count < 2 || count > kMostCombinations)
    reject(where, fmt::format("count of a range must be from 2 to {}", kMostCombinations),
           std::to_string(count));
  std::vector<AxisValue> values;
  for (int64_t i = 0; i < count; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(count - 1);
    const double number = log.empty() ? ends[0] + (ends[1] - ends[0]) * part
                                      : std::exp(std::log(ends[0]) + std::log(ends[1] / ends[0]) * part);
    AxisValue value = of_number(rounded(number, whole));
    if (whole && !values.empty() && values.back().text == value.text) continue;
    values.push_back(std::move(value));
  }
  return values;
}

void reject_repeated(const std::vector<AxisValue>& values, const std::string& where) {
  std::vector<std::string> texts;
  for (const AxisValue& value : values) texts.push_back(value.text);
  std::sort(texts.begin(), texts.end());
  const auto twice = std::adjacent_find(texts.begin(), texts.end());
  if (twice != texts.end()) reject(where, "every value is there once", printable(*twice) + " twice");
}

}  // namespace

AxisValue axis_value(const toml::node& node, const std::string& name, const std::string& where) {
  if (const auto* word = node.as_string(); word != nullptr && !word->get().empty())
    return {word->get(), word->get()};
  if (const auto* truth = node.as_boolean()) return {truth->get(), truth->get() ? "true" : "false"};
  if (const auto* whole = node.as_integer()) return {whole->get(), std::to_string(whole->get())};
  if (const auto* number = node.as_floating_point(); number != nullptr && std::isfinite(number->get()))
    return of_number(number->get());
  reject(where, fmt::format("a value of {} must be a finite number, a word, true or false", name),
         text_of(node));
}

std::vector<AxisValue> axis_values(const toml::node& node, const std::string& name,
                                   const std::string& where) {
  const std::string here = fmt::format("{}, axis {}", where, printable(name));
  std::vector<AxisValue> values;
  if (const toml::table* table = node.as_table()) {
    values = range(*table, here);
  } else if (const toml::array* list = node.as_array()) {
    if (list->size() > static_cast<size_t>(kMostCombinations))
      reject(here, fmt::format("may have at most {} values", kMostCombinations),
             std::to_string(list->size()));
    for (const toml::node& element : *list) values.push_back(axis_value(element, name, here));
  } else {
    reject(here, "must be a list of values, or a range such as { log = [0.1, 10], count = 5 }",
           text_of(node));
  }
  if (values.empty()) reject(here, "must have a value", "none");
  reject_repeated(values, here);
  return values;
}

}  // namespace shatterproof
