// SPDX-License-Identifier: Apache-2.0
#include "experiment/gradient_growth.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "shatterproof/core/line_fit.h"
#include "shatterproof/experiment/inverse_width.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientGrowth = "gradient_growth";
constexpr const char* kInterceptName = "gradient_growth_intercept";
constexpr const char* kGradientGrowthFit = "gradient_growth_fit";
constexpr const char* kExcessName = "gradient_growth_excess";

std::vector<Reading> no_gradient_growth(const std::string& reason) {
  std::vector<Reading> readings;
  for (const char* name : {kGradientGrowth, kInterceptName, kGradientGrowthFit, kExcessName})
    readings.push_back(undefined_reading(name, ReadingType::scalar, reason));
  return readings;
}

std::vector<Reading> growth(const ExperimentRun& run) {
  if (run.readings.empty()) return no_gradient_growth("needs gradient_scale_coefficient");
  const Reading& curve = run.readings.front();
  if (!curve.is_defined()) return no_gradient_growth(curve.undefined);
  std::vector<double> above, logarithms;  // depth below the last layer; log GSC
  const double last = *std::max_element(curve.x.begin(), curve.x.end());
  for (size_t i = 0; i < curve.x.size(); ++i) {
    above.push_back(last - curve.x[i]);
    logarithms.push_back(std::log(curve.values[i]));
    if (std::isnan(curve.values[i]))
      return no_gradient_growth("not finite: the coefficient is not at every layer");
    if (curve.values[i] == 0)
      return no_gradient_growth("the coefficient is zero at a layer: no gradient reaches it");
  }
  const LineFit fit = line_fit(above, logarithms);
  if (fit.x_squares == 0) return no_gradient_growth("layers of one depth only: a rate needs two");
  const double floor = std::exp(inverse_width(run.graph()) / 2);
  constexpr double kRounding = 1e-20;  // of logarithms, squared: what is below does not vary
  return {scalar_reading(kGradientGrowth, std::exp(fit.slope)),
          scalar_reading(kInterceptName, std::exp(fit.intercept)),
          fit.y_squares <= kRounding
              ? undefined_reading(kGradientGrowthFit, ReadingType::scalar, "the coefficient does not vary")
              : scalar_reading(kGradientGrowthFit, fit.explained),
          scalar_reading(kExcessName, curve.values.front() / floor)};
}

}  // namespace

ExperimentRecord gradient_growth_record() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ExperimentRecord record;
  record.name = kGradientGrowth;
  record.symbol = "r";
  record.sentence =
      "By what factor the gradient scale coefficient grows from layer to layer towards the input.";
  record.formula = "log GSC = log c + (depth_L - depth) log r, least squares over the layers";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 3";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = kInfinity;
  record.range_note = "1: no growth; above 1 gradients explode, below 1 they vanish";
  record.needs = Needs::graph;
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::probe;
  // Probes go to the examples as they come.
  record.order_invariant = false;
  record.undefined_when =
      "layers of one depth only, a coefficient of zero or undefined, or a number that is not finite";
  record.prediction = "none here: its page gives the rates of infinite width";
  record.over_seeds = SeedMean::geometric;
  record.companions = {
      {kInterceptName, "The fit's value at the last layer.", ReadingType::scalar, 0, kInfinity, 0,
       SeedMean::geometric},
      {kGradientGrowthFit, "R^2 of the fit: 1 when the growth is the same at every layer.",
       ReadingType::scalar, 0, 1, 0, SeedMean::arithmetic},
      {kExcessName, "The coefficient of the first layer over the floor exp(1/2 sum 1/n_j) of finite width.",
       ReadingType::scalar, 0, kInfinity, 0, SeedMean::geometric}};
  record.rests_on = "gradient_scale_coefficient";
  record.run = growth;
  return record;
}

}  // namespace shatterproof
