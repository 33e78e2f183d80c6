// SPDX-License-Identifier: Apache-2.0
#include "examine/grown_network.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/architecture/preset.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/run/tap_source.h"
#include "train/descent.h"
#include "train/random_task.h"

namespace shatterproof {
namespace {

Network built(const std::string& family, int64_t width, int64_t depth) {
  const Spec asked = Spec::parse(family);
  for (const char* varied : {"width", "depth"}) {
    if (asked.has(varied)) reject(kCoordinates, std::string(varied) + " is what it varies", family);
  }
  const char* separator = family.find(':') == std::string::npos ? ":" : ",";
  return build_family(fmt::format("{}{}width={},depth={}", family, separator, width, depth));
}

std::string kind_of(const Layer& layer, const Layer& wider) {
  if (wider.fan_in == layer.fan_in) return "input";
  return wider.fan_out == layer.fan_out ? "readout" : "hidden";
}

// Outputs of linear maps, by tap.
class Outputs : public Observer {
 public:
  explicit Outputs(const std::map<std::string, std::string>& kinds) : kinds_(kinds) {}

  bool wants_forward(const Tap& tap) const override {
    return tap.kind == TapKind::pre_activation && kinds_.contains(tap.name);
  }
  void observe(const ForwardTap& tap) override { found[tap.tap.name] = tap.output.detach().clone(); }
  using Observer::observe;

  std::map<std::string, at::Tensor> found;

 private:
  const std::map<std::string, std::string>& kinds_;
};

std::map<std::string, at::Tensor> outputs_of(const Network& network, const GrownNetwork& grown,
                                             const Batch& batch, const RunOptions& options) {
  Outputs outputs(grown.kinds);
  Observer* observer = &outputs;
  tap_source(network, options)->observe_forward(batch, {&observer, 1}, options);
  return std::move(outputs.found);
}

using Tensors = std::map<std::string, at::Tensor>;

// Mean over the layers of a kind of their mean squares, less those of `before`
// where it is given.
std::map<std::string, double> mean_squares(const GrownNetwork& grown, const Tensors& now,
                                           const Tensors* before) {
  std::map<std::string, double> sums, counts;
  for (const auto& [name, values] : now) {
    const at::Tensor moved = before ? values - before->at(name) : values;
    const std::string& kind = grown.kinds.at(name);
    sums[kind] += moved.square().mean().item<double>();
    ++counts[kind];
  }
  for (auto& [kind, sum] : sums) sum /= counts[kind];
  return sums;
}

}  // namespace

GrownNetwork grown_network(const Network& own, const Network& other) {
  GrownNetwork grown{own, true, {}, {}};
  const std::vector<Layer> layers = structure(own).layers, others = structure(other).layers;
  if (layers.size() != others.size())
    reject(kCoordinates, "networks must have the same layers, wider ones",
           fmt::format("{} and {} layers", layers.size(), others.size()));
  for (size_t i = 0; i < layers.size(); ++i) {
    const std::string kind = kind_of(layers[i], others[i]);
    const Node& node = own.nodes()[layers[i].output];
    grown.kinds[node.title()] = kind;
    grown.weights[layers[i].weight] = kind;
  }
  return grown;
}

GrownNetwork grown_network(const std::string& family, int64_t width, int64_t depth) {
  GrownNetwork grown = grown_network(built(family, width, depth), built(family, 2 * width, depth));
  grown.has_weights = false;
  return grown;
}

int64_t width_of(const GrownNetwork& grown) {
  int64_t most = 0;
  for (const Layer& layer : structure(grown.network).layers) {
    if (grown.weights.at(layer.weight) != "readout") most = std::max(most, layer.fan_out);
  }
  return most;
}

LearningRateFactors mu_p_factors(const GrownNetwork& grown, double base_over_width) {
  LearningRateFactors factors;
  for (const auto& [weight, kind] : grown.weights) {
    if (kind != "input" && grown.network.find_parameter(weight)->trainable) factors[weight] = base_over_width;
  }
  return factors;
}

Network mu_p_weights(Network drawn, const GrownNetwork& grown, double base_over_width) {
  for (const auto& [weight, kind] : grown.weights) {
    if (kind != "readout") continue;
    drawn.set_parameter(weight, std::sqrt(base_over_width) * drawn.find_parameter(weight)->value);
  }
  return drawn;
}

TrainedSizes trained_sizes(const GrownNetwork& grown, const CoordinateRequest& request,
                           double base_over_width, uint64_t seed) {
  const bool is_mu_p = request.parametrization == Parametrization::maximal_update;
  Network network = grown.network;
  if (!grown.has_weights || !request.scheme.empty()) {
    const std::string scheme = request.scheme.empty() ? default_initializer(request.family) : request.scheme;
    network = initialize(grown.network, scheme, seed).network;
  }
  if (is_mu_p) network = mu_p_weights(std::move(network), grown, base_over_width);
  const Batch batch = gaussian_batch(network.inputs(), request.examples, seed);
  RunOptions options;
  options.batch_norm = BatchStatistics::attached;
  options.seed = seed;
  Descent descent(network, options, "adam",
                  is_mu_p ? mu_p_factors(grown, base_over_width) : LearningRateFactors());
  const RandomTask task(network, descent.outputs(batch, {}).front(), seed);
  TrainedSizes trained;
  Tensors first;
  for (int64_t step = 0;; ++step) {
    throw_if_interrupted();
    const Tensors now = outputs_of(descent.written_into(network), grown, batch, options);
    if (step == 0) first = now;
    trained.sizes.push_back(mean_squares(grown, now, nullptr));
    trained.changes.push_back(mean_squares(grown, now, &first));
    if (step == request.steps) return trained;
    descent.differentiate(task.loss(descent.outputs(batch, Dropout{seed, step})));
    descent.step(request.rate);
  }
}

}  // namespace shatterproof
