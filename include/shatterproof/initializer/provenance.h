// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/initializer/law.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// Whether numbers are as someone drew them.
enum class Standing {
  initial,    ///< they follow a distribution, within the error of so many numbers
  moved,      ///< they follow none
  undecided,  ///< too few to tell
};

enum class ParameterRole { weight, recurrent_weight, embedding, bias, gain, shift, other };
std::string_view to_string(ParameterRole role);

/// What a parameter's numbers say of where they come from.
struct ParameterOrigin {
  std::string name;
  ParameterRole role = ParameterRole::other;
  int64_t numbers = 0;
  double mean = 0, standard_deviation = 0, kurtosis = 0;
  double fan_in = 0, fan_out = 0;  ///< see Fan; 0 where it has none
  bool one_sign = false;           ///< whether all numbers are above zero, or all below
  bool sharp_ends = false;  ///< whether they are uniform up to bounds as sharp as those of independent draws
  bool mirrored = false;    ///< whether a half repeats the other with its sign reversed
  std::string pattern;  ///< "zeros", "constant", "identity", "orthogonal", "delta_orthogonal"; empty: none
  Distribution distribution = Distribution::other;
  std::vector<std::string>
      laws;              ///< of `laws()`, those they agree with, best first; several when they are few
  double departure = 0;  ///< standard errors from the nearest distribution
  Standing standing = Standing::undecided;
};

/// Whether a network's weights are initial ones, and whose.
struct Provenance {
  enum class State { fresh, trained, unknown };
  State state = State::unknown;
  std::string law;                    ///< of `laws()` or a pattern, which most layers agree with; empty: none
  int64_t agreeing = 0, layers = 0;   ///< layers that agree with it, of those with a trainable weight
  std::vector<std::string> evidence;  ///< one clause each, the weightiest first
  bool stores_statistics = false;     ///< whether a normalization has stored statistics
  bool statistics_untouched = false;  ///< and all of them are still 0 and 1
  std::vector<ParameterOrigin> parameters;  ///< the trainable ones of floating type

  std::string sentence() const;  ///< the evidence in one sentence
};
std::string_view to_string(Provenance::State state);

/// Judges from the numbers alone.
///
/// Initial weights are independent draws from one distribution, so that their kurtosis, their extreme and the
/// evenness of their rows and columns are known within the error of n numbers; training leaves none of these
/// alone, and biases, gains and shifts not constant. Each parameter is `initial`, `moved` or `undecided`; a
/// parameter of n numbers has log2(1 + n) votes. *Fresh*: at most a tenth of the votes of weights, and of
/// those of vectors, say moved, and a quarter of the weights have a law or the sharp ends of uniform draws,
/// the vectors are all constant, or most weights have one spread, if need be beside the root of their fan-in.
/// So is a network with a weight that is all zeros, where half of the others have a law: no step leaves one
/// so. *Trained*: a quarter of those of weights or half of those of vectors say so. Moved weights beside
/// vectors that are all constant are *unknown*, as are weights as drawn beside biases that no library draws
/// and that all have one spread, and a network with too few numbers.
///
/// Of a weight that a mask has made zero in places, the numbers left are judged. Gains of a weight
/// normalization that are the lengths of their directions, as it begins with, have no vote.
///
/// Stored statistics say nothing here: running the network in training mode once moves them. A network that
/// was trained for a few steps is noticed by its biases and gains, and by uniform weights that left their
/// bounds, long before Gaussian weights show it. Uniform numbers whose ends are sharp are draws, whatever the
/// bounds; what was stored in 16 bits may exceed a law's by the rounding. O(numbers) and their copy in
/// double.
Provenance provenance(const Network& network);

}  // namespace shatterproof
