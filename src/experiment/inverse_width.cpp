// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/experiment/inverse_width.h"

#include <limits>

#include "shatterproof/network/layer.h"

namespace shatterproof {
namespace {

constexpr const char* kInverseWidth = "inverse_width";

// Per node: whether a linear map reads, directly or not, what it makes.
std::vector<bool> read_by_layers(const Network& network, const std::vector<Layer>& layers) {
  const std::vector<Node>& nodes = network.nodes();
  std::vector<bool> is_layer(nodes.size()), is_read(nodes.size());
  for (const Layer& layer : layers) is_layer[layer.node] = true;
  for (size_t node = nodes.size(); node-- > 0;) {
    if (!is_layer[node] && !is_read[node]) continue;
    for (const std::string& value : nodes[node].inputs) {
      const int64_t from = network.producer(value);
      if (from >= 0) is_read[static_cast<size_t>(from)] = true;
    }
  }
  return is_read;
}

std::vector<Reading> read(const ExperimentRun& run) {
  if (structure(run.graph()).layers.empty())
    return {undefined_reading(kInverseWidth, ReadingType::scalar, "the network has no linear layer")};
  return {scalar_reading(kInverseWidth, inverse_width(run.graph()))};
}

}  // namespace

double inverse_width(const Network& network) {
  const std::vector<Layer> layers = structure(network).layers;
  const std::vector<bool> is_read = read_by_layers(network, layers);
  double sum = 0;
  for (const Layer& layer : layers) {
    const int64_t width = layer.kind == LayerKind::convolution ? layer.fan_in : layer.fan_out;
    if (is_read[layer.output]) sum += 1 / static_cast<double>(width);
  }
  return sum;
}

ExperimentRecord inverse_width_record() {
  ExperimentRecord record;
  record.name = kInverseWidth;
  record.symbol = "s";
  record.sentence = "How much finite width adds up to over the depth of a network.";
  record.formula = "s = sum over hidden layers j of 1 / n_j, n_j units (of a convolution its fan-in)";
  record.reference =
      "Hanin 2018, Which Neural Net Architectures Give Rise to Exploding and Vanishing Gradients?";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note =
      "0 without hidden layers; far below 1 the theory of infinite width holds for single draws";
  record.needs = Needs::graph;
  record.undefined_when = "no linear layer";
  record.prediction = "none: it is a sum over the network's shapes, exact as it is";
  record.run = read;
  return record;
}

}  // namespace shatterproof
