// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/initializer/provenance.h"
#include "shatterproof/network/builder.h"

namespace shatterproof {

inline Network drawn(const std::string& family, const std::string& scheme, uint64_t seed = 1) {
  return initialize(build_family(family), scheme, seed).network;
}

// Linear maps with rectifiers between, every weight by the scheme.
inline Network maps(const std::string& scheme, int count = 5) {
  NetworkBuilder builder("maps");
  std::string x = builder.input("x", {100});
  for (int i = 1; i <= count; ++i) {
    const std::string name = "layer_" + std::to_string(i);
    const int64_t wide = 100, narrow = 60;  // not square, where Glorot's law is LeCun's
    x = builder.linear(x, {name, i % 2 == 1 ? wide : narrow, i % 2 == 1 ? narrow : wide, false, "", ""});
    x = builder.activation(x, name + "_relu", "relu");
  }
  builder.output(x);
  return initialize(builder.build(), scheme, 1).network;
}

inline const ParameterOrigin& origin_of(const Provenance& found, const std::string& name) {
  return *std::find_if(found.parameters.begin(), found.parameters.end(),
                       [&](const ParameterOrigin& origin) { return origin.name == name; });
}

}  // namespace shatterproof
