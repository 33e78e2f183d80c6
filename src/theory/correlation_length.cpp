// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/correlation_length.h"

#include <cmath>

#include "shatterproof/theory/arc_cosine.h"

namespace shatterproof {
namespace {

constexpr int kSmallestExponent = -8;
constexpr double kHalf = 0.5;

// log-linear between the last distance that keeps half and the first that does not.
void find_length(CorrelationProfile& profile) {
  const std::vector<double>&d = profile.distance, &c = profile.correlation;
  size_t k = 0;
  while (k < c.size() && c[k] >= kHalf) ++k;
  if (k == 0 || k == c.size()) {
    profile.length = k == 0 ? d.front() : d.back();
    profile.bound = k == 0 ? "<" : ">";
    return;
  }
  const double part = (c[k - 1] - kHalf) / (c[k - 1] - c[k]);
  profile.length = std::exp(std::log(d[k - 1]) + part * std::log(d[k] / d[k - 1]));
}

}  // namespace

CorrelationProfile correlation_profile(const RectifierStack& stack) {
  CorrelationProfile profile;
  for (int exponent = kSmallestExponent; exponent <= 0; ++exponent) {
    const double d = std::ldexp(1.0, exponent), stay = 1 - d, unit = stack.first_variance;
    const PairMoments start = {unit, unit * (stay * stay + d * d), unit * stay};
    profile.distance.push_back(d);
    profile.correlation.push_back(follow_pair(stack, start).correlation.front());
  }
  find_length(profile);
  return profile;
}

}  // namespace shatterproof
