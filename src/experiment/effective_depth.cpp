// SPDX-License-Identifier: Apache-2.0
#include "experiment/effective_depth.h"

#include <cmath>
#include <limits>

#include "experiment/counted_part.h"
#include "experiment/expanded_output.h"
#include "experiment/interpreter.h"
#include "measure/column_sums.h"
#include "measure/per_tap.h"
#include "run/mini_batch.h"
#include "shatterproof/experiment/measure.h"

namespace shatterproof {
namespace {

constexpr const char* kEffectiveDepth = "effective_depth";
constexpr const char* kEffectiveDepthParts = "effective_depth_parts";

std::vector<Reading> no_effective_depth(const std::string& reason) {
  return {undefined_reading(kEffectiveDepth, ReadingType::scalar, reason),
          undefined_reading(kEffectiveDepthParts, ReadingType::curve, reason)};
}

std::vector<Reading> depth(const ExperimentRun& run) {
  const double counted = counted_part(run.measurement.spec);
  const std::string foreign = foreign_statistics(run.network(), run.batch, run.options);
  if (!foreign.empty()) return no_effective_depth(foreign);
  SquareSum whole;
  std::vector<SquareSum> parts;
  for (const MiniBatch& part : mini_batches(run.network().inputs(), run.batch, run.options)) {
    const ExpandedOutput output = expanded_output(run.network(), *run.untrained, part.examples, run.options);
    if (!output.obstacle.empty()) return no_effective_depth(output.obstacle);
    whole.add(output.value);
    if (parts.size() < output.parts.size()) parts.resize(output.parts.size());
    for (size_t k = 0; k < output.parts.size(); ++k) parts[k].add(output.parts[k]);
  }
  std::vector<double> orders, shares;
  double deepest = 0;
  for (const SquareSum& part : parts) {
    if (!std::isfinite(whole.squares + part.squares)) return no_effective_depth(kNotFinite);
    if (whole.squares == 0) return no_effective_depth("the output is zero for every example");
    orders.push_back(static_cast<double>(shares.size()));
    shares.push_back(std::sqrt(part.squares / whole.squares));
    if (shares.back() >= counted) deepest = orders.back();
  }
  return {scalar_reading(kEffectiveDepth, deepest),
          curve_reading(kEffectiveDepthParts, "order", std::move(orders), std::move(shares))};
}

}  // namespace

ExperimentRecord effective_depth_record() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ExperimentRecord record;
  record.name = kEffectiveDepth;
  record.symbol = "k at h";
  record.sentence =
      "How many layers' changes, one after the other, the output of a trained network depends on.";
  record.formula =
      "largest k with ||h^(k)|| / ||f|| >= h; h^(k) = W_0 a^(k) + W' a^(k-1), a^(k) = gamma h^(k), sum_k "
      "h^(k) = f";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 6";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = kInfinity;
  record.range_note = "0 for an untrained network; at most the number of layers, gains of norms counted too";
  record.needs = Needs::untrained_weights;
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::probe;
  record.undefined_when =
      "a nonlinearity that is not 0 at 0, a product of activations, a scale that depends on the data outside "
      "a normalization (each with its node), an output of zero, or a number that is not finite";
  record.prediction = "none: it depends on how the weights were trained; effective_depth_bound estimates it";
  record.companions = {{kEffectiveDepthParts, "||h^(k)|| / ||f|| against the order k.", ReadingType::curve, 0,
                        kInfinity, 0, SeedMean::arithmetic}};
  record.options = {counted_part_option()};
  record.check = [](const Spec& spec) { counted_part(spec); };
  record.run = depth;
  return record;
}

}  // namespace shatterproof
