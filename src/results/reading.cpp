// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/results/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

Reading named_reading(std::string name, ReadingType type) {
  Reading reading;
  reading.name = std::move(name);
  reading.type = type;
  return reading;
}

// Positions may come from single-precision inputs: equal up to that rounding, relative to the axis' extent.
bool same_axis(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr double kRounding = 1e-5;
  double extent = 0;
  for (const double position : a) extent = std::max(extent, std::abs(position));
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](double u, double v) {
    return u == v || (std::isnan(u) && std::isnan(v)) || std::abs(u - v) <= kRounding * extent;
  });
}

void reject_different_axes(const Reading& a, const Reading& b) {
  if (a.name != b.name || a.tap != b.tap) {
    reject("mean_over_seeds", "draws must be of one measurement at one tap",
           fmt::format("{} at '{}' and {} at '{}'", a.name, a.tap, b.name, b.tap));
  }
  if (a.type != b.type || a.values.size() != b.values.size() || a.shape != b.shape || !same_axis(a.x, b.x)) {
    reject("mean_over_seeds", "draws must have the same axes",
           fmt::format("{} with {} and {} values", a.name, a.values.size(), b.values.size()));
  }
}

struct Mean {
  double value = 0, standard_error = 0;
};

Mean arithmetic_mean(const std::vector<double>& draws) {
  const auto n = static_cast<double>(draws.size());
  double sum = 0, squares = 0;
  for (const double draw : draws) sum += draw;
  const double center = sum / n;
  for (const double draw : draws) squares += (draw - center) * (draw - center);
  return {center, std::sqrt(squares / (n - 1) / n)};
}

Mean geometric_mean(std::vector<double> draws) {
  // Logarithms of zeros differ by no number.
  if (std::all_of(draws.begin(), draws.end(), [](double draw) { return draw == 0; })) return {};
  for (double& draw : draws) draw = std::log(draw);
  const Mean mean = arithmetic_mean(draws);
  return {std::exp(mean.value), std::exp(mean.value) * mean.standard_error};
}

template <typename Member>
std::string most_frequent(const std::vector<const Reading*>& draws, Member member, size_t* count) {
  std::map<std::string, size_t> counts;
  for (const Reading* draw : draws) ++counts[draw->*member];
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  *count = most->second;
  return most->first;
}

std::vector<double> values_of_draws(const std::vector<Reading>& draws, size_t values) {
  if (draws.size() < 2 || draws.size() * values > kMostDrawValues) return {};
  std::vector<double> all;
  for (const Reading& draw : draws) {
    if (draw.is_defined()) {
      all.insert(all.end(), draw.values.begin(), draw.values.end());
    } else {
      all.insert(all.end(), values, std::numeric_limits<double>::quiet_NaN());
    }
  }
  return all;
}

}  // namespace

double Reading::value() const {
  assert(is_defined() && type == ReadingType::scalar && values.size() == 1);
  return values.front();
}

Reading scalar_reading(std::string name, double value) {
  Reading reading = named_reading(std::move(name), ReadingType::scalar);
  reading.values = {value};
  return reading;
}

Reading curve_reading(std::string name, std::string x_name, std::vector<double> x,
                      std::vector<double> values) {
  assert(x.size() == values.size());
  Reading reading = named_reading(std::move(name), ReadingType::curve);
  reading.x_name = std::move(x_name);
  reading.x = std::move(x);
  reading.values = std::move(values);
  return reading;
}

Reading histogram_reading(std::string name, std::string x_name, std::vector<double> edges,
                          std::vector<double> values) {
  assert(edges.size() == values.size() + 1);
  Reading reading = named_reading(std::move(name), ReadingType::histogram);
  reading.x_name = std::move(x_name);
  reading.x = std::move(edges);
  reading.values = std::move(values);
  return reading;
}

Reading matrix_reading(std::string name, std::vector<int64_t> shape, std::vector<double> values) {
  Reading reading = named_reading(std::move(name), ReadingType::matrix);
  reading.shape = std::move(shape);
  reading.values = std::move(values);
  return reading;
}

Reading undefined_reading(std::string name, ReadingType type, std::string reason) {
  assert(!reason.empty());
  Reading reading = named_reading(std::move(name), type);
  reading.undefined = std::move(reason);
  return reading;
}

Reading mean_over_seeds(const std::vector<Reading>& draws) {
  if (draws.empty()) reject("mean_over_seeds", "needs at least one draw", "none");
  std::vector<const Reading*> defined, undefined;
  for (const Reading& draw : draws) (draw.is_defined() ? defined : undefined).push_back(&draw);
  size_t count = 0;
  if (defined.empty()) {
    Reading mean = draws.front();
    mean.undefined = most_frequent(undefined, &Reading::undefined, &count);
    mean.n = 0;
    mean.undefined_count = static_cast<int64_t>(draws.size());
    return mean;
  }
  Reading mean = *defined.front();
  for (const Reading* draw : defined) reject_different_axes(mean, *draw);
  mean.standard_error.assign(defined.size() > 1 ? mean.values.size() : 0, 0.0);
  for (size_t i = 0; i < mean.standard_error.size(); ++i) {
    std::vector<double> values;
    for (const Reading* draw : defined) values.push_back(draw->values[i]);
    const Mean over_draws =
        mean.over_seeds == SeedMean::geometric ? geometric_mean(std::move(values)) : arithmetic_mean(values);
    mean.values[i] = over_draws.value;
    mean.standard_error[i] = over_draws.standard_error;
  }
  mean.draws = values_of_draws(draws, mean.values.size());
  const std::string bound = most_frequent(defined, &Reading::bound, &count);
  mean.bound = 2 * count > defined.size() ? bound : "";
  mean.n = static_cast<int64_t>(defined.size());
  mean.undefined_count = static_cast<int64_t>(undefined.size());
  return mean;
}

std::string_view to_string(ReadingType type) {
  switch (type) {
    case ReadingType::scalar:
      return "scalar";
    case ReadingType::curve:
      return "curve";
    case ReadingType::matrix:
      return "matrix";
    case ReadingType::histogram:
      return "histogram";
  }
  return "";
}

const Reading* find(std::span<const Reading> readings, std::string_view name, std::optional<ReadingType> type,
                    std::string_view tap) {
  const auto found = std::find_if(readings.begin(), readings.end(), [&](const Reading& reading) {
    return reading.name == name && (!type || reading.type == *type) && (tap.empty() || reading.tap == tap);
  });
  return found == readings.end() ? nullptr : &*found;
}

bool same_place(const Reading& a, const Reading& b) {
  return a.name == b.name && a.type == b.type && a.tap == b.tap && a.case_name == b.case_name;
}

}  // namespace shatterproof
