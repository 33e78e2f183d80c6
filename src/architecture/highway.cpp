// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/highway.h"

#include <fmt/format.h>

#include <cmath>

#include "architecture/family_options.h"
#include "architecture/records.h"
#include "architecture/skip_stack.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

double other_scalar(double gamma) {
  return std::sqrt(1 - gamma * gamma);
}

BlockScales scalars(const HighwayOptions& options) {
  for (const std::optional<double>& gamma : {options.gamma1, options.gamma2}) {
    if (gamma && !(*gamma >= 0 && *gamma <= 1)) {
      reject("highway", "gamma1 and gamma2 must be from 0 to 1", fmt::format("{}", *gamma));
    }
  }
  if (options.gamma1 && options.gamma2) {
    constexpr double kRoundedByHand = 1e-3;  // as in gamma1=.995,gamma2=.1
    const double squares = *options.gamma1 * *options.gamma1 + *options.gamma2 * *options.gamma2;
    if (std::abs(squares - 1) > kRoundedByHand) {
      reject("highway", "gamma1^2 + gamma2^2 must be 1", fmt::format("{}", squares));
    }
    return {*options.gamma1, *options.gamma2, 1};
  }
  if (options.gamma1) return {*options.gamma1, other_scalar(*options.gamma1), 1};
  const double gamma2 = options.gamma2.value_or(1 / std::sqrt(static_cast<double>(options.depth)));
  return {other_scalar(gamma2), gamma2, 1};
}

}  // namespace

Network highway(const HighwayOptions& options) {
  DenseStack stack("highway", options, DepthCount::rectifiers, numbers_in_stack(options, options.depth));
  const BlockScales scales = scalars(options);
  Units x = first_state(stack, options.width);
  for (int64_t l = 1; l <= options.depth; ++l) x = skip_block(stack, x, l, l, scales);
  return stack.read_out(x);
}

HighwayOptions highway_options(const Spec& values) {
  HighwayOptions options;
  read_fully_connected(values, options);
  options.gamma1 = number_or_auto(values, "gamma1");
  options.gamma2 = number_or_auto(values, "gamma2");
  values.reject_unread();
  require_valid(values.name(), options, DepthCount::rectifiers);
  const BlockScales scales = scalars(options);
  options.gamma1 = scales.skip;
  options.gamma2 = scales.branch;
  return options;
}

FamilyRecord highway_family() {
  return {"highway",
          "Skips and branches weighted by two scalars.",
          "x_l = gamma1 x_{l-1} + gamma2 W_l rho(N(x_{l-1})), gamma1^2 + gamma2^2 = 1",
          "Balduzzi et al. 2017, corollary 1",
          fully_connected_options(
              {{"gamma1", "auto", "factor of the skip; auto follows from gamma2"},
               {"gamma2", "auto", "factor of the branch; auto follows from gamma1, or is sqrt(1/L)"}}),
          [](const Spec& values) { return highway(highway_options(values)); }};
}

}  // namespace shatterproof
