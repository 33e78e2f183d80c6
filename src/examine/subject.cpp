// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/subject.h"

#include "shatterproof/architecture/catalog.h"

namespace shatterproof {

Subject subject_of_family(const std::string& spec) {
  Subject subject;
  subject.network = build_family(spec);
  subject.description = spec;
  subject.origin = Origin::family;
  return subject;
}

Subject subject_of_network(Network network) {
  Subject subject;
  subject.description = network.name();
  subject.network = std::move(network);
  return subject;
}

}  // namespace shatterproof
