// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shatterproof {

/// What a theory says a measurement should read, on the measurement's own axis.
struct Prediction {
  std::string name;                    ///< the reading it speaks of: "gradient_correlation"
  std::string theory;                  ///< the theory's name in the catalog: "arc_cosine"
  std::string tap;                     ///< "input": what is read there; empty: of the whole network
  std::string x_name;                  ///< "depth", "lag", ...; empty for a scalar
  std::vector<double> x;               ///< empty for a scalar
  std::vector<double> values;          ///< one for a scalar, one per x for a curve
  std::vector<double> standard_error;  ///< of what was simulated; empty when exact
  int64_t n = 1;                       ///< draws behind what was simulated
  std::string bound;                   ///< ">" or "<" when the value is only a bound, as in Reading
  std::string assumes, reference;
};

}  // namespace shatterproof
