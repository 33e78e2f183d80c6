// SPDX-License-Identifier: Apache-2.0
#include "diagnose/norm_gains.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

namespace shatterproof {
namespace {

// Root mean square over all numbers of gains, where weights are initial ones and it is small.
std::optional<double> small_gains(const Examination& examination) {
  constexpr double kSmall = .5;
  if (!examination.initial_weights) return {};
  double squares = 0, numbers = 0;
  for (const ParameterOrigin& origin : examination.provenance.parameters) {
    if (origin.role != ParameterRole::gain || origin.pattern == "zeros") continue;
    const auto count = static_cast<double>(origin.numbers);
    squares += count * (origin.mean * origin.mean + origin.standard_deviation * origin.standard_deviation);
    numbers += count;
  }
  const double size = numbers > 0 ? std::sqrt(squares / numbers) : 1;
  return size < kSmall ? std::optional(size) : std::nullopt;
}

}  // namespace

std::vector<Remedy> other_gains(const Examination& examination) {
  const std::optional<double> size = small_gains(examination);
  if (!size) return {};
  return {{.kind = Remedy::Kind::reset_gains, .value = *size}};
}

std::string small_gains_sentence(const Examination& examination) {
  const std::optional<double> size = small_gains(examination);
  return size ? fmt::format(
                    "; the gains of the norms are {:.2g} in root mean square, where frameworks begin with 1",
                    *size)
              : "";
}

}  // namespace shatterproof
