// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "examine/student.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

// Sums in single precision, in another order.
constexpr double kRounding = 1e-5;

bool is_compared(const Reading& reading) {
  return reading.type == ReadingType::scalar || reading.type == ReadingType::curve;
}

bool same_way(const Reading& a, const Reading& b) {
  return same_place(a, b) && a.functional == b.functional && a.batch_norm == b.batch_norm;
}

const Reading* partner_of(const Reading& reading, const std::vector<Reading>& others) {
  const auto found = std::find_if(others.begin(), others.end(),
                                  [&](const Reading& other) { return same_way(reading, other); });
  return found == others.end() ? nullptr : &*found;
}

// What one number was in every draw; empty where the file keeps the mean alone.
std::vector<double> draws_of(const Reading& reading, size_t place) {
  std::vector<double> draws;
  for (size_t i = place; i < reading.draws.size(); i += reading.values.size())
    draws.push_back(reading.draws[i]);
  return draws;
}

struct Mean {
  double value = 0, error = 0;
  double count = 0;
};

// Without an error where there are fewer than two numbers.
std::optional<Mean> mean_of(const std::vector<double>& numbers) {
  const auto n = static_cast<double>(numbers.size());
  if (n < 2) return {};
  const double mean = std::accumulate(numbers.begin(), numbers.end(), 0.) / n;
  double squares = 0;
  for (const double number : numbers) squares += (number - mean) * (number - mean);
  return Mean{mean, std::sqrt(squares / (n - 1) / n), n};
}

std::vector<double> finite(std::vector<double> numbers) {
  std::erase_if(numbers, [](double number) { return !std::isfinite(number); });
  return numbers;
}

// One number of one side: its mean over draws, of logarithms where that is how it is averaged.
std::optional<Mean> side_of(const Reading& reading, size_t place, bool logarithmic) {
  std::vector<double> draws = finite(draws_of(reading, place));
  if (logarithmic) {
    for (double& draw : draws) draw = std::log(draw);
  }
  if (!draws.empty()) return mean_of(draws);
  if (reading.n < 2 || place >= reading.standard_error.size()) return {};
  const double value = reading.values[place], error = reading.standard_error[place];
  const auto n = static_cast<double>(reading.n);
  return logarithmic ? Mean{std::log(value), error / value, n} : Mean{value, error, n};
}

// Two places that stand for the same one.
struct Places {
  size_t a = 0, b = 0;
  bool differ = false;  // the axes do
};

std::vector<Places> places_of(const Reading& a, const Reading& b, size_t most) {
  if (a.values.empty() || b.values.empty()) return {};
  if (a.type == ReadingType::scalar) return {{0, 0}};
  std::vector<Places> places;
  if (a.x != b.x) {
    places = {{0, 0, true}};
    if (a.values.size() > 1 && b.values.size() > 1)
      places.push_back({a.values.size() - 1, b.values.size() - 1, true});
    return places;
  }
  const size_t count = std::min(most, a.values.size());
  for (size_t i = 0; i < count; ++i) {
    const size_t place = count == 1 ? 0 : i * (a.values.size() - 1) / (count - 1);
    places.push_back({place, place});
  }
  return places;
}

bool all_positive(const Reading& reading, size_t place) {
  const std::vector<double> draws = finite(draws_of(reading, place));
  return reading.values[place] > 0 && std::all_of(draws.begin(), draws.end(), [](double x) { return x > 0; });
}

class Comparing {
 public:
  Comparing(const Results& a, const Results& b, const CompareOptions& options)
      : a_(a), b_(b), options_(options) {
    found_.network = a.context.network;
    found_.other = b.context.network;
    found_.level = options.level;
    if (!a.verdicts.empty()) found_.verdict = a.verdicts.front().verdict;
    if (!b.verdicts.empty()) found_.other_verdict = b.verdicts.front().verdict;
    same_seeds_ = a.context.seed == b.context.seed && a.context.seeds == b.context.seeds;
  }

  Comparison compared() {
    for (const Reading& reading : a_.readings) {
      if (is_compared(reading)) compare(reading);
    }
    for (const Reading& reading : b_.readings) {
      if (is_compared(reading) && !partner_of(reading, a_.readings)) leave_out(reading, "only in B");
    }
    if (found_.differences.empty() && !any_)
      reject("compare", "the results must have readings of the same names and places in common", "none");
    adjust();
    compare_findings();
    return std::move(found_);
  }

 private:
  void leave_out(const Reading& reading, const std::string& reason) {
    found_.not_compared.push_back(
        fmt::format("{}{}: {}", reading.name, reading.tap.empty() ? "" : " at " + reading.tap, reason));
  }

  void compare(const Reading& a) {
    const Reading* b = partner_of(a, b_.readings);
    if (!b) return leave_out(a, "only in A");
    any_ = true;
    if (!a.is_defined() && !b->is_defined()) return;
    if (!a.is_defined()) return leave_out(a, "undefined in A, " + a.undefined);
    if (!b->is_defined()) return leave_out(a, "undefined in B, " + b->undefined);
    for (const Places& places : places_of(a, *b, options_.places)) compare(a, *b, places);
  }

  void compare(const Reading& a, const Reading& b, const Places& places) {
    DifferenceRecord one;
    one.name = a.name;
    one.tap = a.tap;
    one.case_name = a.case_name;
    one.functional = a.functional;
    one.batch_norm = a.batch_norm;
    if (a.type == ReadingType::curve) {
      one.x_name = a.x_name;
      one.x = a.x[places.a];
      if (places.differ) one.other_x = b.x[places.b];
    }
    one.a = a.values[places.a];
    one.b = b.values[places.b];
    one.logarithmic =
        a.over_seeds == SeedMean::geometric && all_positive(a, places.a) && all_positive(b, places.b);
    one.difference = one.logarithmic ? std::log(one.b / one.a) : one.b - one.a;
    judge(a, b, places, one);
    found_.differences.push_back(std::move(one));
  }

  void judge(const Reading& a, const Reading& b, const Places& places, DifferenceRecord& one) {
    if (!pair(draws_of(a, places.a), draws_of(b, places.b), one)) weigh(a, b, places, one);
    const double scale = std::max(std::abs(one.a), std::abs(one.b));
    if (one.probability && std::abs(one.b - one.a) <= kRounding * scale) one.probability = 1;
  }

  // Draw by draw, where both have those of the same seeds.
  bool pair(const std::vector<double>& a, const std::vector<double>& b, DifferenceRecord& one) {
    if (!same_seeds_ || a.size() != b.size() || a.size() < 2) return false;
    std::vector<double> differences;
    for (size_t i = 0; i < a.size(); ++i)
      differences.push_back(one.logarithmic ? std::log(b[i] / a[i]) : b[i] - a[i]);
    const std::optional<Mean> mean = mean_of(finite(differences));
    if (!mean) return false;
    one.pairs = static_cast<int64_t>(mean->count);
    found_.seed_by_seed = true;
    set(mean->value, mean->error, mean->count - 1, one);
    return true;
  }

  // The means of both, after Welch.
  static void weigh(const Reading& a, const Reading& b, const Places& places, DifferenceRecord& one) {
    const std::optional<Mean> first = side_of(a, places.a, one.logarithmic),
                              second = side_of(b, places.b, one.logarithmic);
    if (!first || !second) return;
    const double of_a = first->error * first->error, of_b = second->error * second->error;
    const double spread = of_a * of_a / (first->count - 1) + of_b * of_b / (second->count - 1),
                 variance = of_a + of_b;
    const double degrees = spread > 0 ? variance * variance / spread : first->count + second->count - 2;
    set(second->value - first->value, std::sqrt(variance), degrees, one);
  }

  static void set(double difference, double error, double degrees, DifferenceRecord& one) {
    if (!std::isfinite(difference) || !std::isfinite(error)) return;
    // What no draw changes, but for the last digit of a sum.
    constexpr double kNothing = 1e-12;
    if (error < kNothing * std::max(std::abs(one.a), std::abs(one.b))) error = 0;
    one.difference = difference;
    one.standard_error = error;
    const double t = difference == 0 ? 0 : difference / error;
    one.probability = two_sided_probability(t, degrees);
  }

  // Holm's: the k-th smallest of m is multiplied by m - k + 1, and none is below one before it.
  void adjust() {
    std::vector<DifferenceRecord*> judged;
    for (DifferenceRecord& one : found_.differences) {
      if (one.probability) judged.push_back(&one);
    }
    std::sort(judged.begin(), judged.end(), [](const DifferenceRecord* a, const DifferenceRecord* b) {
      return *a->probability < *b->probability;
    });
    double least = 0;
    for (size_t i = 0; i < judged.size(); ++i) {
      const auto left = static_cast<double>(judged.size() - i);
      least = std::min(1., std::max(least, left * *judged[i]->probability));
      judged[i]->probability = least;
      judged[i]->differs = least <= options_.level;
    }
  }

  static const Finding* found_in(const Results& results, const Finding& wanted) {
    const auto found = std::find_if(
        results.findings.begin(), results.findings.end(),
        [&](const Finding& one) { return one.id == wanted.id && one.case_name == wanted.case_name; });
    return found == results.findings.end() ? nullptr : &*found;
  }

  void compare_findings() {
    for (const Finding& after : b_.findings) {
      const Finding* before = found_in(a_, after);
      if (before && before->severity == after.severity) continue;
      found_.findings.push_back({after.id, before ? std::optional(before->severity) : std::nullopt,
                                 after.severity, after.headline});
    }
    for (const Finding& before : a_.findings) {
      if (!found_in(b_, before)) found_.findings.push_back({before.id, before.severity, {}, before.headline});
    }
    std::stable_partition(found_.findings.begin(), found_.findings.end(),
                          [](const FindingChange& change) { return change.is_worse(); });
  }

  const Results &a_, &b_;
  const CompareOptions& options_;
  bool same_seeds_ = false, any_ = false;
  Comparison found_;
};

}  // namespace

bool Comparison::is_worse() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const FindingChange& change) { return change.is_worse(); });
}

Comparison compare(const Results& a, const Results& b, const CompareOptions& options) {
  if (!(options.level > 0 && options.level < 1))
    reject("compare", "the level must be between 0 and 1", fmt::format("{}", options.level));
  return Comparing(a, b, options).compared();
}

}  // namespace shatterproof
