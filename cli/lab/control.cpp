// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/control.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace shatterproof::cli {
namespace {

const std::vector<std::string> kNetworks = {"feedforward", "residual"};

LabControl option(const char* name, const char* label, const char* meaning, const char* otherwise,
                  std::vector<std::string> words, LabControl::Range range) {
  const bool is_of_branches = std::string(name) == "beta";
  return {.name = name,
          .label = label,
          .meaning = meaning,
          .otherwise = otherwise,
          .words = std::move(words),
          .range = range,
          .of_network = true,
          .only = is_of_branches ? std::vector<std::string>{"residual"} : kNetworks};
}

}  // namespace

std::span<const LabControl> lab_controls() {
  static const std::vector<LabControl> table = {
      {.name = "family",
       .label = "Family",
       .meaning = "Layers one after the other, layers with skips, or noise in place of a gradient.",
       .otherwise = "feedforward",
       .words = {"feedforward", "residual", "white_noise", "brown_noise"}},
      option("depth", "Depth", "Nonlinearities from the input to the output.", "50", {}, {1, 200, 1}),
      option("width", "Width", "Units of a layer.", "200", {}, {8, 512, 8}),
      option("norm", "Norm", "What normalizes before each nonlinearity.", "none",
             {"none", "center", "batch", "layer"}, {}),
      option("beta", "Beta", "Factor of the branch: x + beta W rho(N(x)).", "1", {}, {0, 2, 0.01}),
      option("activation", "Activation", "The nonlinearity; crelu is (rho(z), rho(-z)).", "relu",
             {"relu", "crelu", "leaky_relu", "prelu", "tanh", "selu", "gelu", "identity"}, {}),
      {.name = "init",
       .label = "Initializer",
       .meaning = "How the weights are drawn.",
       .otherwise = "he",
       .words = {"he", "lecun", "glorot", "orthogonal", "pytorch", "looks_linear"},
       .only = kNetworks},
      {.name = "inputs",
       .label = "Inputs",
       .meaning = "A grid of numbers, or the line between two Gaussian inputs of 100 numbers.",
       .otherwise = "grid:-2:2:256",
       .words = {"grid:-2:2:256", "grid:-1:1:256", "grid:-4:4:256", "grid:-2:2:128", "grid:-2:2:512",
                 "path:256"}},
      {.name = "seed",
       .label = "Seed",
       .meaning = "Another seed draws other weights, or other noise.",
       .otherwise = "1",
       .range = {1, 1000, 1}},
      {.name = "steps",
       .label = "Steps of training",
       .meaning = "Of Adam, on 256 inputs that a random network has put into two classes.",
       .otherwise = "0",
       .range = {0, 20, 1},
       .only = kNetworks},
      {.name = "rate",
       .label = "Learning rate",
       .meaning = "Of Adam.",
       .otherwise = "0.001",
       .words = {"0.0001", "0.0003", "0.001", "0.003", "0.01"},
       .only = kNetworks},
  };
  return table;
}

bool LabControl::concerns(const std::string& family) const {
  return only.empty() || std::find(only.begin(), only.end(), family) != only.end();
}

const LabControl* find_lab_control(const std::string& name) {
  const std::span<const LabControl> all = lab_controls();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string lab_controls_json() {
  nlohmann::json all = nlohmann::json::array();
  for (const LabControl& control : lab_controls()) {
    all.push_back({{"name", control.name},
                   {"label", control.label},
                   {"meaning", control.meaning},
                   {"otherwise", control.otherwise},
                   {"words", control.words},
                   {"least", control.range.least},
                   {"most", control.range.most},
                   {"step", control.range.step},
                   {"only", control.only}});
  }
  return all.dump();
}

}  // namespace shatterproof::cli
