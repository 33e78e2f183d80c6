// SPDX-License-Identifier: Apache-2.0
#include "experiment/counted_part.h"

#include <fmt/format.h>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

constexpr const char* kKey = "threshold";
constexpr double kOtherwise = 1e-6;

}  // namespace

OptionRecord counted_part_option() {
  return {kKey, fmt::format("{}", kOtherwise),
          "the least size of a part that counts, relative to the output"};
}

double counted_part(const Spec& spec) {
  const double least = spec.number(kKey, kOtherwise);
  if (!(least > 0)) reject(spec.name(), "threshold must be above 0", spec.word(kKey, ""));
  return least;
}

}  // namespace shatterproof
