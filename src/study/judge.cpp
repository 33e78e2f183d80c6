// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "shatterproof/core/named_values.h"
#include "shatterproof/theory/setting.h"

namespace shatterproof {
namespace {

using Relation = StudyClaim::Relation;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// A number with its standard error, or why there is none.
struct Quantity {
  double value = kNan;
  double standard_error = 0;
  double n = 1;  // networks behind it
  std::string missing;
};

bool same_position(double a, double b) {
  constexpr double kRounding = 1e-9;
  return std::abs(a - b) <= kRounding * std::max(1.0, std::abs(b));
}

// The number of a reading that a claim speaks of.
Quantity number_of(const Reading& reading, const StudyClaim& claim) {
  if (!reading.is_defined()) return {.missing = "undefined: " + reading.undefined};
  size_t index = 0;
  if (claim.at) {
    const auto found = std::find_if(reading.x.begin(), reading.x.end(),
                                    [&](double x) { return same_position(x, *claim.at); });
    if (found == reading.x.end()) return {.missing = fmt::format("no value at {}", *claim.at)};
    if (std::any_of(found + 1, reading.x.end(), [&](double x) { return same_position(x, *claim.at); })) {
      return {.missing = fmt::format("more than one value at {}", *claim.at)};
    }
    index = static_cast<size_t>(found - reading.x.begin());
  }
  Quantity quantity{.value = reading.values.at(index), .n = static_cast<double>(reading.n)};
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

Quantity read_from(const CaseResult& result, const StudyClaim& claim) {
  for (const Reading& reading : result.readings) {
    if (!speaks_of(reading, claim)) continue;
    return claim.quantity == StudyClaim::Quantity::changes ? changes_of(reading) : number_of(reading, claim);
  }
  return {.missing =
              fmt::format("no reading of {}{}", claim.reading, claim.tap.empty() ? "" : " at " + claim.tap)};
}

Quantity predicted(const CaseResult& result, const StudyClaim& claim) {
  for (const PredictionRecord& prediction : result.predictions) {
    if (prediction.theory == claim.prediction && speaks_of(prediction.reading, claim)) {
      return number_of(prediction.reading, claim);
    }
  }
  return {.missing = fmt::format("theory '{}' does not speak of it", claim.prediction)};
}

// What the claim is about, in one case.
Quantity measured_in(const StudyCase& study_case, const CaseResult& result, const StudyClaim& claim) {
  Quantity quantity = read_from(result, claim);
  if (claim.quantity != StudyClaim::Quantity::excess_times_width || !quantity.missing.empty())
    return quantity;
  const Quantity theory = predicted(result, claim);
  if (!theory.missing.empty()) return theory;
  const auto width = static_cast<double>(setting_of(study_case.network).width);
  quantity.value = (quantity.value - theory.value) * width;
  quantity.standard_error *= width;
  return quantity;
}

class Judge {
 public:
  Judge(const Study& study, const std::vector<CaseResult>& results) : study_(study), results_(results) {}

  Claim claim(size_t case_index, const StudyClaim& claim) const {
    const Quantity measured = measured_in(study_.cases[case_index], results_[case_index], claim);
    const Quantity expected = expectation(case_index, claim, measured);
    Claim judged;
    judged.study = study_.name;
    judged.sentence = sentence(study_.cases[case_index], claim);
    judged.measured = measured.value;
    judged.expected = expected.value;
    judged.provenance = claim.provenance;
    const std::string& missing = measured.missing.empty() ? expected.missing : measured.missing;
    if (!missing.empty()) {
      judged.sentence += " (" + missing + ")";
      return judged;
    }
    judged.measured_standard_error = measured.standard_error;
    judged.expected_standard_error = expected.standard_error;
    judged.tolerance = tolerance(claim, measured, expected);
    if (claim.relation == Relation::equals) judged.power = judged.tolerance;
    judged.pass = holds(claim.relation, measured.value - expected.value, judged.tolerance);
    return judged;
  }

 private:
  size_t index_of(const std::string& case_name) const {
    const auto found = std::find_if(study_.cases.begin(), study_.cases.end(),
                                    [&](const StudyCase& other) { return other.name == case_name; });
    return static_cast<size_t>(found - study_.cases.begin());
  }

  Quantity expectation(size_t case_index, const StudyClaim& claim, const Quantity& measured) const {
    if (!claim.than.empty()) {
      const size_t other = index_of(claim.than);
      return measured_in(study_.cases[other], results_[other], claim);
    }
    if (!claim.expected) return predicted(results_[case_index], claim);
    Quantity expected{.value = *claim.expected};
    if (claim.expected_standard_error) expected.standard_error = *claim.expected_standard_error;
    if (claim.expected_seeds > 0)
      expected.standard_error = measured.standard_error * std::sqrt(measured.n / claim.expected_seeds);
    constexpr double kUniformVariance = 12;
    expected.standard_error = std::hypot(expected.standard_error, claim.digit / std::sqrt(kUniformVariance));
    return expected;
  }

  static double tolerance(const StudyClaim& claim, const Quantity& measured, const Quantity& expected) {
    if (claim.tolerance) return *claim.tolerance;
    if (claim.relative_tolerance) return *claim.relative_tolerance * std::abs(expected.value);
    return claim.standard_errors * std::hypot(measured.standard_error, expected.standard_error);
  }

  static bool holds(Relation relation, double difference, double tolerance) {
    switch (relation) {
      case Relation::equals:
        return std::abs(difference) <= tolerance;
      case Relation::at_least:
        return difference >= tolerance;
      case Relation::at_most:
        return difference <= -tolerance;
    }
    return false;
  }

  static std::string sentence(const StudyCase& study_case, const StudyClaim& claim) {
    std::string text = study_case.name + ": ";
    if (claim.quantity == StudyClaim::Quantity::changes) text += "changes of ";
    if (claim.quantity == StudyClaim::Quantity::excess_times_width) text += "finite-width excess of ";
    text += claim.reading;
    if (!claim.tap.empty()) text += " at " + claim.tap;
    if (claim.at) text += fmt::format(" at {}", *claim.at);
    if (claim.relation != Relation::equals) {
      text += claim.relation == Relation::at_least ? " at least" : " at most";
    }
    if (!claim.than.empty()) text += " that of " + claim.than;
    if (!claim.prediction.empty() && claim.quantity == StudyClaim::Quantity::value) {
      text += fmt::format(" as {} predicts", claim.prediction);
    }
    return text;
  }

  const Study& study_;
  const std::vector<CaseResult>& results_;
};

}  // namespace

std::vector<Claim> judge(const Study& study, const std::vector<CaseResult>& results) {
  const Judge judge(study, results);
  std::vector<Claim> claims;
  for (size_t i = 0; i < study.cases.size(); ++i) {
    for (const StudyClaim& claim : study.cases[i].claims) claims.push_back(judge.claim(i, claim));
  }
  return claims;
}

}  // namespace shatterproof
