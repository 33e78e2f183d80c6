// SPDX-License-Identifier: Apache-2.0
// What leaves a rectifier network's function as it is changes nothing of what readings say: one layer up, the
// next down. How training goes is another matter: Adam's steps are not scaled with the weights.
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/matchers.h"

namespace shatterproof::invariance_test {
namespace {

Checked examined(const Network& network) {
  CheckOptions options;
  options.examples.count = 64;
  options.dtype = at::kDouble;
  options.standing = Provenance::State::fresh;
  options.rehearses = false;
  return check(subject_of_network(network), options);
}

void scale(Network& network, int layer, double factor) {
  const std::string name = "layer_" + std::to_string(layer) + ".weight";
  network.set_parameter(name, network.find_parameter(name)->value * factor);
}

std::vector<std::string> findings(const Checked& checked) {
  std::vector<std::string> lines;
  for (const Finding& finding : checked.diagnosis.findings)
    lines.push_back(finding.id + " " + std::string(to_string(finding.severity)));
  return lines;
}

const Reading& coefficient(const Checked& checked) {
  return *find(checked.readings, "gradient_scale_coefficient", ReadingType::curve);
}

TEST(Invariance, RescaledLayersGetTheSameFindings) {
  for (const char* scheme : {"he", "gaussian:std=0.5", "gaussian:std=0.1"}) {
    for (const int depth : {4, 30}) {
      const std::string spec = "feedforward:preset=relu,width=20,input=20,output=20,depth=";
      Network network = initialize(build_family(spec + std::to_string(depth)), scheme, 1).network;
      const Checked before = examined(network);
      for (const auto& [layer, factor] : {std::pair(1, 3.), {2, 1 / 3.}, {3, .01}, {4, 100.}})
        scale(network, layer, factor);
      const Checked after = examined(network);
      EXPECT_EQ(findings(before), findings(after)) << scheme << ", " << depth << " layers";
      constexpr double kSinglePrecisionWeights = 1e-5;
      for (size_t k = 0; k < coefficient(before).values.size(); ++k) {
        EXPECT_THAT(coefficient(after).values[k],
                    IsNear(coefficient(before).values[k], kSinglePrecisionWeights));
      }
    }
  }
  Network unlike = initialize(build_family("feedforward:preset=relu,width=20,input=20,output=20,depth=30"),
                              "gaussian:std=0.5", 1)
                       .network;
  EXPECT_FALSE(findings(examined(unlike)).empty()) << "or the findings above say nothing";
}

}  // namespace
}  // namespace shatterproof::invariance_test
