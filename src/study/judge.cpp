// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "study/joint_distance.h"
#include "study/quantity.h"
#include "study/significance.h"

namespace shatterproof {
namespace {

using Relation = StudyClaim::Relation;

// How far what was measured lies from what is expected, how far it may, and whether by the logarithm.
struct Distance {
  double difference = 0, tolerance = 0;
  bool is_logarithmic = false;
};

// The usual tolerance for an error of one standard deviation, estimated from `draws`, its floor in the same
// units.
double usual_tolerance(const StudyClaim& claim, double error, double draws, double floor) {
  const double factor = draws > 1 ? student_factor(claim.standard_errors, draws) : claim.standard_errors;
  const double tolerance = factor * error;
  return claim.least_relative_tolerance > 0 ? std::max(tolerance, floor) : tolerance;
}

Distance distance(const StudyClaim& claim, const Quantity& measured, const Quantity& expected) {
  const bool usual = !claim.tolerance && !claim.relative_tolerance && !claim.factor;
  const bool positive = measured.value > 0 && expected.value > 0;
  const double draws = measured.standard_error > 0 ? measured.n : 0;
  Distance found{.is_logarithmic = positive && (claim.factor || (usual && measured.is_geometric))};
  if (found.is_logarithmic) {
    found.difference = std::log(measured.value / expected.value);
    const double error =
        std::hypot(measured.standard_error / measured.value, expected.standard_error / expected.value);
    found.tolerance = claim.factor
                          ? std::log(*claim.factor)
                          : usual_tolerance(claim, error, draws, std::log1p(claim.least_relative_tolerance));
    return found;
  }
  found.difference = measured.value - expected.value;
  const double size = std::abs(expected.value);
  if (claim.tolerance) {
    found.tolerance = *claim.tolerance;
  } else if (claim.relative_tolerance) {
    found.tolerance = *claim.relative_tolerance * size;
  } else if (usual) {
    found.tolerance = usual_tolerance(claim, std::hypot(measured.standard_error, expected.standard_error),
                                      draws, claim.least_relative_tolerance * size);
  }
  return found;
}

bool holds(Relation relation, const Distance& found) {
  switch (relation) {
    case Relation::equals:
      return std::abs(found.difference) <= found.tolerance;
    case Relation::at_least:
      return found.difference >= found.tolerance;
    case Relation::at_most:
      return found.difference <= -found.tolerance;
  }
  return false;
}

std::string subject(const StudyClaim& claim, const Quantity& measured) {
  std::string text;
  if (claim.quantity == StudyClaim::Quantity::changes) text += "changes of ";
  if (claim.quantity == StudyClaim::Quantity::excess_times_width) text += "finite-width excess of ";
  if (claim.quantity == StudyClaim::Quantity::block_growth) text += "block growth of ";
  text += claim.reading;
  if (!claim.tap.empty()) text += " at " + claim.tap;
  if (claim.at)
    text += fmt::format(" at {}{:.4g}", measured.axis.empty() ? "" : measured.axis + " ", *claim.at);
  return text;
}

std::string relation(const StudyClaim& claim) {
  if (claim.relation == Relation::equals) return " equals ";
  return claim.relation == Relation::at_least ? " is at least " : " is at most ";
}

std::string object(const StudyClaim& claim, const Quantity& expected) {
  const std::string number = expected.missing.empty() ? fmt::format("{:.4g}", expected.value) : "";
  const std::string with_number = number.empty() ? "" : ", " + number;
  if (!claim.than.empty()) return "that of " + claim.than + with_number;
  if (!claim.diluted.empty()) return "that of " + claim.diluted + ", diluted" + with_number;
  if (!claim.expected) return "what " + claim.prediction + " predicts" + with_number;
  return number;
}

class Judge {
 public:
  Judge(const Study& study, const std::vector<CaseResult>& results) : study_(study), results_(results) {}

  Claim claim(size_t case_index, const StudyClaim& claim) const {
    const Quantity measured = measured_in(case_index, claim);
    const Quantity expected = expectation(case_index, claim, measured);
    Claim judged;
    judged.study = study_.name;
    judged.case_name = study_.cases[case_index].name;
    judged.sentence = subject(claim, measured) + relation(claim) + object(claim, expected);
    judged.measured = measured.value;
    judged.expected = expected.value;
    judged.provenance = claim.provenance;
    const std::string& missing = measured.missing.empty() ? expected.missing : measured.missing;
    if (!missing.empty()) {
      judged.sentence += " (" + missing + ")";
      return judged;
    }
    const Distance found = distance(claim, measured, expected);
    judged.measured_standard_error = measured.standard_error;
    judged.expected_standard_error = expected.standard_error;
    judged.tolerance = found.tolerance;
    judged.logarithmic = found.is_logarithmic;
    if (claim.relation == Relation::equals) judged.detectable = judged.tolerance;
    judged.pass = holds(claim.relation, found);
    return judged;
  }

  // The claims of a case that are judged by their standard errors, together; empty where these are fewer than
  // two or as many as seeds.
  std::optional<Claim> together(size_t case_index) const {
    const StudyCase& study_case = study_.cases[case_index];
    const std::vector<std::vector<double>>& draws = results_[case_index].draws;
    std::vector<Differences> numbers;
    std::string provenance;
    for (size_t i = 0; i < draws.size(); ++i) {
      const StudyClaim& claim = study_case.claims[i];
      const Quantity measured = measured_in(case_index, claim);
      if (!measured.missing.empty() || !is_judged_by_errors(claim)) continue;
      const Quantity expected = expectation(case_index, claim, measured);
      std::optional<Differences> differences = differences_of(claim, measured, expected, draws[i]);
      if (!differences) continue;
      numbers.push_back(*std::move(differences));
      provenance = provenance.empty() || provenance == claim.provenance ? claim.provenance : "D";
    }
    const std::optional<JointDistance> distance = joint_distance(numbers);
    if (!distance) return {};
    Claim claim{.study = study_.name, .case_name = study_case.name};
    claim.sentence =
        fmt::format("all {} numbers together are within their errors: F({}, {}) is at most {:.3g}",
                    distance->numbers, distance->numbers, distance->rest, distance->largest);
    claim.measured = distance->f;
    claim.expected = distance->largest;
    claim.provenance = provenance;
    claim.pass = distance->f <= distance->largest;
    return claim;
  }

 private:
  static bool is_judged_by_errors(const StudyClaim& claim) {
    return claim.relation == Relation::equals && claim.than.empty() && claim.diluted.empty() &&
           !claim.tolerance && !claim.relative_tolerance && !claim.factor;
  }

  // What each seed measures less what is expected, in logarithms where the claim is judged by them.
  static std::optional<Differences> differences_of(const StudyClaim& claim, const Quantity& measured,
                                                   const Quantity& expected,
                                                   const std::vector<double>& draws) {
    if (!expected.missing.empty()) return {};
    const bool logarithmic = measured.is_geometric && expected.value > 0;
    const double size = logarithmic ? 1 / expected.value : 1;
    Differences differences;
    for (const double draw : draws) {
      const double difference = logarithmic ? std::log(draw / expected.value) : draw - expected.value;
      if (!std::isfinite(difference)) return {};
      differences.by_seed.push_back(difference);
    }
    constexpr double kUniformVariance = 12;
    const double digit = size * claim.digit / std::sqrt(kUniformVariance);
    const double error = size * expected.standard_error;
    differences.shared_error = std::sqrt(std::max(0.0, error * error - digit * digit));
    const double floor = claim.least_relative_tolerance * (logarithmic ? 1 : std::abs(expected.value));
    // Of an error that is given nobody says how it goes together with the others: it counts both ways.
    const double unrelated = claim.expected_seeds > 0 ? 0 : differences.shared_error;
    differences.own_error =
        std::hypot(digit, unrelated, claim.standard_errors > 0 ? floor / claim.standard_errors : 0);
    return differences;
  }

  Quantity measured_in(size_t case_index, const StudyClaim& claim) const {
    return measured_quantity(study_.cases[case_index], results_[case_index], claim);
  }

  size_t index_of(const std::string& case_name) const {
    const auto found = std::find_if(study_.cases.begin(), study_.cases.end(),
                                    [&](const StudyCase& other) { return other.name == case_name; });
    return static_cast<size_t>(found - study_.cases.begin());
  }

  Quantity expectation(size_t case_index, const StudyClaim& claim, const Quantity& measured) const {
    if (!claim.than.empty()) return measured_in(index_of(claim.than), claim);
    if (!claim.diluted.empty()) {
      return diluted_quantity(measured_in(index_of(claim.diluted), claim), results_[case_index], claim);
    }
    return claim.expected ? number_given(claim, measured) : predicted_quantity(results_[case_index], claim);
  }

  static Quantity number_given(const StudyClaim& claim, const Quantity& measured) {
    Quantity expected{.value = *claim.expected};
    if (claim.expected_standard_error) expected.standard_error = *claim.expected_standard_error;
    if (claim.expected_seeds > 0) {
      // What is averaged by its logarithm spreads in proportion to its size.
      const double size = measured.is_geometric ? std::abs(expected.value / measured.value) : 1;
      expected.standard_error = size * measured.standard_error * std::sqrt(measured.n / claim.expected_seeds);
    }
    constexpr double kUniformVariance = 12;
    expected.standard_error = std::hypot(expected.standard_error, claim.digit / std::sqrt(kUniformVariance));
    return expected;
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
    if (std::optional<Claim> joint = judge.together(i)) claims.push_back(*std::move(joint));
  }
  return claims;
}

}  // namespace shatterproof
