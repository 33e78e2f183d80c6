// SPDX-License-Identifier: Apache-2.0
#include "tests/diagnose/promise.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <regex>
#include <stdexcept>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/diagnose/remedy_words.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/remedy/apply.h"

namespace shatterproof {
namespace {

constexpr int64_t kDraws = 3, kExamples = 64;

struct Tolerance {
  double value;
  bool is_relative;
};

// What three draws, finite width and the assumptions of each theory leave.
Tolerance tolerance_of(const std::string& theory) {
  static const std::map<std::string, Tolerance> all = {{"dilution", {.25, true}},
                                                       {"width_floor", {.25, true}},
                                                       {"layer_growth", {.25, true}},
                                                       {"residual", {.1, false}}};
  const auto found = all.find(theory);
  if (found == all.end()) throw std::invalid_argument("promise: no tolerance for theory " + theory);
  return found->second;
}

std::string widened(const std::string& family, double width) {
  const std::string option = fmt::format("width={:.0f}", width);
  const std::regex written("width=[0-9]+");
  return std::regex_search(family, written) ? std::regex_replace(family, written, option)
                                            : family + "," + option;
}

Changed changed_draw(const Animal& animal, const std::string& scheme, const Remedy& remedy, uint64_t seed) {
  const bool widens = remedy.kind == Remedy::Kind::widen;
  const Network graph =
      widens ? build_family(widened(animal.family, *remedy.value)) : subject_of(animal).network;
  const Network network = initialize(graph, scheme, seed).network;
  const Batch batch = gaussian_batch(network.inputs(), kExamples, seed);
  if (widens) return {network, batch};
  std::optional<Changed> made = changed(network, batch, remedy, seed);
  if (!made) throw std::invalid_argument("promise: a remedy that cannot be applied: " + words_of(remedy));
  return std::move(*made);
}

double measured_after(const Animal& animal, const std::string& scheme, const Remedy& remedy) {
  std::vector<Reading> draws;
  for (uint64_t seed = 1; seed <= kDraws; ++seed) {
    const Changed made = changed_draw(animal, scheme, remedy, seed);
    MeasureRequest request;
    request.run.functional.kind = Functional::Kind::sum;
    request.run.seed = seed;
    const Measured measured = measure(made.network, made.batch, {remedy.promise->reading}, request);
    draws.push_back(measured.readings.at(0));
  }
  return mean_over_seeds(draws).values.front();
}

}  // namespace

bool KeptPromise::is_kept() const {
  return std::abs(measured - predicted) <= tolerance * (is_relative ? std::abs(predicted) : 1);
}

std::string KeptPromise::tolerance_text() const {
  return is_relative ? fmt::format("{:g} %", 100 * tolerance) : fmt::format("{:g}", tolerance);
}

std::vector<KeptPromise> promises_of(const Animal& animal) {
  CheckOptions options;
  options.weights = {.scheme = animal.scheme, .count = kDraws};
  options.examples.count = kExamples;
  options.predicts = options.rehearses = false;
  const Checked checked = check(subject_of(animal), options);
  std::vector<KeptPromise> kept;
  for (const Finding& finding : checked.diagnosis.findings) {
    for (const Remedy& remedy : finding.remedies) {
      if (!remedy.promise) continue;
      const Tolerance tolerance = tolerance_of(remedy.promise->theory);
      Remedy act = remedy;
      act.promise.reset();
      kept.push_back({finding.id, animal.name, words_of(act), remedy.promise->reading, remedy.promise->theory,
                      remedy.now.value_or(0), remedy.promise->value,
                      measured_after(animal, checked.context.initializer, remedy), tolerance.value,
                      tolerance.is_relative});
    }
  }
  return kept;
}

}  // namespace shatterproof
