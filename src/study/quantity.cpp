// SPDX-License-Identifier: Apache-2.0
#include "study/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/growth.h"

namespace shatterproof {
namespace {

bool same_position(double a, double b) {
  constexpr double kRounding = 1e-9;
  return std::abs(a - b) <= kRounding * std::max(1.0, std::abs(b));
}

// The index of the one value of a curve at `at`, or why there is none.
std::optional<size_t> index_at(const Reading& curve, double at, std::string* missing) {
  const auto is_there = [&](double x) { return same_position(x, at); };
  const auto found = std::find_if(curve.x.begin(), curve.x.end(), is_there);
  if (found == curve.x.end()) {
    *missing = fmt::format("no value at {}", at);
    return {};
  }
  if (std::any_of(found + 1, curve.x.end(), is_there)) {
    *missing = fmt::format("more than one value at {}", at);
    return {};
  }
  return static_cast<size_t>(found - curve.x.begin());
}

Quantity number_of(const Reading& reading, const StudyClaim& claim) {
  Quantity quantity{.n = static_cast<double>(reading.n),
                    .is_geometric = reading.over_seeds == SeedMean::geometric,
                    .axis = reading.x_name};
  if (!reading.is_defined()) {
    quantity.missing = "undefined: " + reading.undefined;
    return quantity;
  }
  size_t index = 0;
  if (claim.at) {
    const std::optional<size_t> found = index_at(reading, *claim.at, &quantity.missing);
    if (!found) return quantity;
    index = *found;
  }
  quantity.value = reading.values.at(index);
  if (!reading.standard_error.empty()) quantity.standard_error = reading.standard_error.at(index);
  return quantity;
}

bool speaks_of(const Reading& reading, const StudyClaim& claim) {
  const bool of_curve = claim.at || claim.quantity == StudyClaim::Quantity::changes;
  const ReadingType type = of_curve ? ReadingType::curve : ReadingType::scalar;
  return reading.name == claim.reading && (claim.tap.empty() || reading.tap == claim.tap) &&
         (reading.type == type || !reading.is_defined());
}

// Values of one stretch are the same sum in another order: what differs by rounding only is no change.
Quantity changes_of(const Reading& curve) {
  if (!curve.is_defined()) return {.missing = "undefined: " + curve.undefined};
  constexpr double kRounding = 1e-4;
  const auto [least, greatest] = std::minmax_element(curve.values.begin(), curve.values.end());
  int changes = 0;
  for (size_t i = 1; i < curve.values.size(); ++i) {
    changes += std::abs(curve.values[i] - curve.values[i - 1]) > kRounding * (*greatest - *least);
  }
  return {.value = static_cast<double>(changes)};
}

Quantity block_growth_of(const Reading& curve, const StudyClaim& claim) {
  Quantity quantity = number_of(curve, claim);
  if (!quantity.missing.empty()) return quantity;
  const size_t next = index_at(curve, *claim.at, &quantity.missing).value() + 1;
  if (next == curve.values.size()) {
    quantity.missing = fmt::format("the curve ends at {}", *claim.at);
  } else {
    quantity.value /= curve.values[next];
  }
  quantity.standard_error = 0;
  return quantity;
}

Quantity read_from(const CaseResult& result, const StudyClaim& claim) {
  for (const Reading& reading : result.readings) {
    if (!speaks_of(reading, claim)) continue;
    if (claim.quantity == StudyClaim::Quantity::changes) return changes_of(reading);
    if (claim.quantity == StudyClaim::Quantity::block_growth) return block_growth_of(reading, claim);
    return number_of(reading, claim);
  }
  return {.missing =
              fmt::format("no reading of {}{}", claim.reading, claim.tap.empty() ? "" : " at " + claim.tap)};
}

// The dilution at the sum that ends the block which begins at the claim's place.
Quantity dilution_behind(const CaseResult& result, const StudyClaim& claim) {
  for (const Reading& dilution : result.readings) {
    if (dilution.name != "dilution" || dilution.type != ReadingType::curve) continue;
    const auto sum =
        std::find_if(dilution.x.begin(), dilution.x.end(), [&](double x) { return x > *claim.at; });
    if (sum == dilution.x.end()) break;
    return {.value = dilution.values[static_cast<size_t>(sum - dilution.x.begin())]};
  }
  return {.missing = fmt::format("no dilution measured behind {}", *claim.at)};
}

}  // namespace

Quantity measured_quantity(const StudyCase& study_case, const CaseResult& result, const StudyClaim& claim) {
  Quantity quantity = read_from(result, claim);
  if (claim.quantity != StudyClaim::Quantity::excess_times_width || !quantity.missing.empty())
    return quantity;
  const Quantity theory = predicted_quantity(result, claim);
  if (!theory.missing.empty()) return theory;
  const auto width = static_cast<double>(setting_of(*network_of(study_case.source)).width);
  quantity.value = (quantity.value - theory.value) * width;
  quantity.standard_error *= width;
  return quantity;
}

Quantity predicted_quantity(const CaseResult& result, const StudyClaim& claim) {
  for (const PredictionRecord& prediction : result.predictions) {
    if (prediction.theory == claim.prediction && speaks_of(prediction.reading, claim)) {
      return number_of(prediction.reading, claim);
    }
  }
  return {.missing = fmt::format("theory '{}' does not speak of it", claim.prediction)};
}

Quantity diluted_quantity(const Quantity& growth, const CaseResult& result, const StudyClaim& claim) {
  if (!growth.missing.empty()) return growth;
  Quantity dilution = dilution_behind(result, claim);
  if (dilution.missing.empty()) dilution.value = diluted_growth(growth.value, dilution.value);
  return dilution;
}

}  // namespace shatterproof
