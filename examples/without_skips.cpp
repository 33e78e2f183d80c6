// SPDX-License-Identifier: Apache-2.0
// What the skips of a residual network do for its gradients:
//
//   without_skips MODEL.onnx [OUT.onnx] [--examples N]
//
// Reads a residual network, builds it again with every residual sum replaced by its branch, and prints for
// both, with `he` weights, on N (64) Gaussian inputs, as means over 5 draws:
//
//   correlation_length     how far one may move towards another example before the gradient forgets
//   gradient_correlation   R at every layer, joined by depth (nonlinearities passed)
//
// OUT.onnx receives the network without skips, its weights as in the file.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "shatterproof/core/spec.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/onnx/export.h"
#include "shatterproof/onnx/import.h"

namespace {

using namespace shatterproof;

constexpr int64_t kSeeds = 5;

struct Arguments {
  std::string model, out;
  int64_t examples = 64;
};

Arguments parse(const std::vector<std::string>& words) {
  const std::string usage = "usage: without_skips MODEL.onnx [OUT.onnx] [--examples N]";
  Arguments arguments;
  std::vector<std::string> paths;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] != "--examples") {
      paths.push_back(words[i]);
      continue;
    }
    const auto count = i + 1 < words.size() ? parse_whole_number(words[++i]) : std::nullopt;
    if (!count || *count < 2)
      throw std::invalid_argument("--examples: must be a whole number from 2; " + usage);
    arguments.examples = *count;
  }
  if (paths.empty() || paths.size() > 2) throw std::invalid_argument(usage);
  arguments.model = paths[0];
  if (paths.size() == 2) arguments.out = paths[1];
  return arguments;
}

// Indices of the nodes that an output needs.
std::set<size_t> needed_nodes(const Network& network, const std::vector<Node>& nodes) {
  std::set<std::string> values(network.outputs().begin(), network.outputs().end());
  std::set<size_t> needed;
  for (size_t i = nodes.size(); i-- > 0;) {
    for (const std::string& output : nodes[i].outputs) {
      if (values.contains(output)) needed.insert(i);
    }
    if (needed.contains(i)) values.insert(nodes[i].inputs.begin(), nodes[i].inputs.end());
  }
  return needed;
}

// Every residual sum passes its branch on; what only skips needed is gone.
Network without_skips(const Network& network) {
  std::vector<Node> nodes = network.nodes();
  const std::vector<ResidualSum> sums = structure(network).residual_sums;
  if (sums.empty()) throw std::invalid_argument("the network has no residual sums");
  for (const ResidualSum& sum : sums) {
    Node& node = nodes[sum.node];
    node.op = "Identity";
    node.inputs = {node.inputs[sum.branch]};
    node.attributes.clear();
  }
  const std::set<size_t> needed = needed_nodes(network, nodes);
  std::set<std::string> read;
  for (const size_t i : needed) read.insert(nodes[i].inputs.begin(), nodes[i].inputs.end());
  Network plain(network.name() + "_without_skips");
  for (const Input& input : network.inputs()) plain.add_input(input);
  for (const Parameter& parameter : network.parameters()) {
    if (read.contains(parameter.name)) plain.add_parameter(parameter);
  }
  for (const size_t i : needed) plain.add_node(nodes[i]);
  for (const std::string& output : network.outputs()) plain.add_output(output);
  return plain;
}

struct Findings {
  std::string length;
  std::map<int64_t, std::string> correlations;  // by depth: the last state of that depth
};

std::string with_error(double value, const std::vector<double>& errors, size_t i) {
  constexpr size_t kLongest = 64;
  char text[kLongest];
  std::snprintf(text, kLongest, "%.4f +- %.4f", value, errors.at(i));
  return text;
}

Findings measure_drawn(const Network& network, int64_t examples) {
  const auto draw = [&](uint64_t seed) -> Trial {
    return {initialize(network, "he", seed).network, gaussian_batch(network.inputs(), examples, seed)};
  };
  MeasureRequest request;
  request.run.functional = Functional::parse("random");
  const SeedRange seeds{1, kSeeds, available_threads()};
  Findings findings;
  for (const Reading& reading :
       measure_over_seeds(seeds, draw, {"correlation_length", "gradient_correlation"}, request).readings) {
    if (!reading.is_defined())
      throw std::invalid_argument(reading.name + " is undefined: " + reading.undefined);
    if (reading.name == "correlation_length") {
      findings.length = reading.bound + with_error(reading.value(), reading.standard_error, 0);
    } else if (reading.name == "gradient_correlation" && reading.type == ReadingType::curve) {
      for (size_t i = 0; i < reading.x.size(); ++i) {
        findings.correlations[static_cast<int64_t>(reading.x[i])] =
            with_error(reading.values[i], reading.standard_error, i);
      }
    }
  }
  return findings;
}

void print(const Findings& with, const Findings& without) {
  std::printf("%-22s%-22s%-22s\n", "", "with skips", "without skips");
  std::printf("%-22s%-22s%-22s\n", "correlation_length", with.length.c_str(), without.length.c_str());
  std::printf("gradient_correlation\n");
  std::set<int64_t> depths;
  for (const Findings* findings : {&with, &without}) {
    for (const auto& [depth, value] : findings->correlations) depths.insert(depth);
  }
  const auto at = [](const Findings& findings, int64_t depth) {
    const auto found = findings.correlations.find(depth);
    return found == findings.correlations.end() ? std::string("-") : found->second;
  };
  for (const int64_t depth : depths) {
    const std::string name = "  depth " + std::to_string(depth);
    std::printf("%-22s%-22s%-22s\n", name.c_str(), at(with, depth).c_str(), at(without, depth).c_str());
  }
}

}  // namespace

int main(int count, char** words) {
  try {
    const Arguments arguments = parse({words + 1, words + count});
    const ImportedModel model = import_onnx(arguments.model);
    if (model.folded_normalization) {
      throw std::invalid_argument(
          "the file has lost its normalization (export with training=TrainingMode.PRESERVE)");
    }
    const Network plain = without_skips(model.network);
    if (!arguments.out.empty()) export_onnx(plain, arguments.out);
    print(measure_drawn(model.network, arguments.examples), measure_drawn(plain, arguments.examples));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "without_skips: %s\n", error.what());
    return 2;
  }
}
