// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/bimodality.h"

#include "measure/rectifier_counts.h"

namespace shatterproof {
namespace {

constexpr const char* kBimodality = "bimodality";

struct Part {
  const char* name;
  const char* sentence;
  bool (*holds)(int64_t active, int64_t inputs);
};

// Whole numbers: 40 % of 5 inputs is exactly 2 of them.
constexpr Part kParts[] = {
    {kBimodality, "Fraction of units active on all inputs or on none.",
     [](int64_t k, int64_t B) { return k == 0 || k == B; }},
    {"bimodality_always", "Fraction of units active on all inputs.",
     [](int64_t k, int64_t B) { return k == B; }},
    {"bimodality_never", "Fraction of units active on no input.", [](int64_t k, int64_t) { return k == 0; }},
    {"bimodality_balanced", "Fraction of units active on 40 % to 60 % of the inputs.",
     [](int64_t k, int64_t B) { return 10 * k >= 4 * B && 10 * k <= 6 * B; }},
};

Outcome share_of_units(const Part& part, const PositiveCounts& counts) {
  return mean_over_units(counts, 2, [&](int64_t k) { return part.holds(k, counts.rows) ? 1.0 : 0.0; });
}

class Bimodality : public RectifierCounts {
 public:
  using RectifierCounts::RectifierCounts;

  std::vector<Reading> readings() const override {
    std::vector<Reading> readings;
    for (const Part& part : kParts) {
      readings.push_back(depth_curve(part.name, table_, kNoRectifier, [&](const PositiveCounts& counts) {
        return share_of_units(part, counts);
      }));
    }
    return readings;
  }
};

}  // namespace

Reading bimodality(const at::Tensor& pre_activations) {
  return scalar_of(kBimodality, share_of_units(kParts[0], positive_counts(pre_activations)));
}

MeasurementRecord bimodality_record() {
  MeasurementRecord record;
  record.name = kBimodality;
  record.symbol = "b";
  record.sentence = "How many units have stopped switching: always on, or always off.";
  record.formula = "b = fraction of units with k = 0 or k = B, k = number of the B inputs with z > 0";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, figure 4";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = 1;
  record.range_note = "0: every unit tells some inputs from others; 1: the layer is linear on these inputs";
  record.undefined_when = "one example, no nonlinearity, or a number that is not finite enters it";
  record.prediction = "none: it depends on the spread of the inputs, which theory leaves open";
  for (const Part& part : kParts) {
    if (part.name != record.name)
      record.companions.push_back({part.name, part.sentence, ReadingType::curve, 0, 1, 0});
  }
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<Bimodality>(options);
  };
  return record;
}

}  // namespace shatterproof
