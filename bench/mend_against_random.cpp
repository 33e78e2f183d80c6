// SPDX-License-Identifier: Apache-2.0
// mend_against_random [SEEDS [BUDGET [STEPS]]]: whether changes that findings suggest are better than changes
// chosen at random, on the sick networks of the zoo: the table of docs/mend.md.
//
// Both choose from the same list, check at most BUDGET changed networks, and train what they keep for STEPS
// steps at the same rates on the same examples, labelled by a random network. Cured means that what comes out
// learns: at least half of what a healthy network of three layers takes from a constant's loss in that
// budget.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "shatterproof/dataset/teacher.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/mend/mend.h"
#include "tests/diagnose/zoo.h"

namespace shatterproof {
namespace {

constexpr int64_t kExamples = 512, kClasses = 10;
constexpr const char* kTwin = "feedforward:depth=3,width=100,input=100,output=10";

struct Budget {
  uint64_t seeds = 5;
  int64_t checks = 12, steps = 150;
};

// What came of one way of choosing, over seeds.
struct Tally {
  int64_t cured = 0, clear = 0, changes = 0, checks = 0, kept = 0;

  std::string text(uint64_t seeds) const {
    const auto mean = [](int64_t sum, int64_t count) {
      return count > 0 ? fmt::format("{:.1f}", static_cast<double>(sum) / static_cast<double>(count)) : "-";
    };
    return fmt::format("{} | {} | {} | {}", cured, clear, mean(changes, kept),
                       mean(checks, static_cast<int64_t>(seeds)));
  }
  void operator+=(const Tally& other) {
    cured += other.cured;
    clear += other.clear;
    changes += other.changes;
    checks += other.checks;
    kept += other.kept;
  }
};

// Labels need as many outputs.
Animal with_classes(Animal animal) {
  const bool has_outputs = animal.family.find("output=") != std::string::npos ||
                           animal.family.find("preset=") != std::string::npos ||
                           animal.family == "sigmoid_layers";
  if (!has_outputs) animal.family += ",output=10";
  return animal;
}

LearningOptions learning(const Network& network, const Budget& budget, uint64_t seed) {
  LearningOptions options;
  options.examples = teacher_batch(network.inputs()[0], 0, kExamples, kClasses, seed);
  options.steps = budget.steps;
  options.seed = seed;
  return options;
}

// The loss below which a network has learned half of what the healthy one does.
double half_of_twin(const Budget& budget, uint64_t seed) {
  const Network twin = initialize(subject_of_family(kTwin).network, "he", seed).network;
  const LearningResult result = learned(twin, learning(twin, budget, seed));
  return (result.constant_loss + result.best()->loss) / 2;
}

Tally mended(const Animal& animal, const Budget& budget, uint64_t seed, bool at_random) {
  const Subject subject = subject_of(animal);
  MendOptions options;
  options.weights.scheme = animal.scheme;
  options.weights.count = 1;
  options.weights.first_seed = seed;
  options.budget = budget.checks;
  options.learning = learning(subject.network, budget, seed);
  if (at_random) options.at_random = seed;
  const Mended found = mend(subject, options);
  Tally tally;
  tally.checks = static_cast<int64_t>(found.trials.size());
  if (!found.learned_after) return tally;
  tally.kept = 1;
  tally.changes = static_cast<int64_t>(found.changes.size());
  tally.clear = worst(found.after->diagnosis) == Severity::info ? 1 : 0;
  const LearningCurve* best = found.learned_after->best();
  tally.cured = best && best->loss <= half_of_twin(budget, seed) ? 1 : 0;
  return tally;
}

void print_table(const Budget& budget) {
  fmt::print(
      "| {} seeds, {} checks, {} steps | cured | clear | changes | checks | at random: cured | clear | "
      "changes | checks |\n",
      budget.seeds, budget.checks, budget.steps);
  fmt::print("|---|---|---|---|---|---|---|---|---|\n");
  Tally all_chosen, all_random;
  uint64_t networks = 0;
  for (const Animal& animal : sick_animals()) {
    Tally chosen, random;
    for (uint64_t seed = 1; seed <= budget.seeds; ++seed) {
      chosen += mended(with_classes(animal), budget, seed, false);
      random += mended(with_classes(animal), budget, seed, true);
    }
    fmt::print("| {} | {} | {} |\n", animal.name, chosen.text(budget.seeds), random.text(budget.seeds));
    std::fflush(stdout);
    all_chosen += chosen;
    all_random += random;
    ++networks;
  }
  fmt::print("| all {} | {} | {} |\n", networks * budget.seeds, all_chosen.text(networks * budget.seeds),
             all_random.text(networks * budget.seeds));
}

}  // namespace
}  // namespace shatterproof

int main(int count, char** arguments) {
  shatterproof::Budget budget;
  if (count > 1) budget.seeds = std::strtoull(arguments[1], nullptr, 10);
  if (count > 2) budget.checks = std::strtoll(arguments[2], nullptr, 10);
  if (count > 3) budget.steps = std::strtoll(arguments[3], nullptr, 10);
  shatterproof::print_table(budget);
  return 0;
}
