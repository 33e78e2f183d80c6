// SPDX-License-Identifier: Apache-2.0
#include "tests/experiment/subject.h"

#include <fmt/format.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/experiment/recurrent_network.h"
#include "tests/support/fake_taps.h"

namespace shatterproof {
namespace {

at::Tensor shuffle(int64_t examples) {
  // A fixed order that is no reversal: gradients read backwards have the same autocorrelation.
  at::Tensor order = at::arange(examples, at::kLong);
  return (order * 5 + 3).remainder(examples);
}

std::vector<Reading> read_taps(const ExperimentRecord& record, const Change& change) {
  FakeTaps taps = gaussian_taps(change.examples, change.units, change.seed);
  if (change.units == 1) {
    for (auto& place : taps.places) {
      for (at::Tensor& input : place.inputs) input = input.narrow(1, 0, 1);
      place.output = place.output.narrow(1, 0, 1);
      place.gradient = place.gradient.narrow(1, 0, 1);
    }
  }
  taps.along_path = record.along_path;
  if (record.name == "saturation") {  // of bounded units
    for (auto& place : taps.places) place.tap.op = place.tap.op == "Relu" ? "Sigmoid" : place.tap.op;
  }
  if (record.name == "token_rank") {  // of three tokens each
    for (auto& place : taps.places) {
      const at::Tensor x = place.output;
      place.output = at::stack({x, x.roll(1, 1), x * x}, 1);
    }
  }
  if (change.doubled) {
    for (auto& place : taps.places) place.gradient = 2 * place.gradient;
  }
  taps = taps.changed([&](at::Tensor tensor) {
    if (change.zeros) tensor = at::zeros_like(tensor);
    if (change.not_finite) tensor = at::full_like(tensor, NAN);
    if (change.shuffled) tensor = tensor.index_select(0, shuffle(change.examples));
    return tensor.to(at::kFloat).to(change.dtype);
  });
  return taps.measured_by(record, {"", Spec::parse(record.name + change.options)}, change.mini_batch);
}

// A tenth of the way to other weights, the last layer changed as the trained one is.
Network before_training(const Network& trained, const Change& change, int64_t units) {
  const Network other = rectifier_network(4, units, 3, change.seed + 1000);
  Network initial = trained;
  for (const Parameter& parameter : trained.parameters()) {
    const at::Tensor moved = other.find_parameter(parameter.name)->value;
    const double factor = parameter.name != "layer_3.weight" ? 1 : change.zeros ? 0 : change.doubled ? 2 : 1;
    initial.set_parameter(parameter.name, 0.9 * parameter.value + 0.1 * factor * moved);
  }
  return initial;
}

std::vector<Reading> read_network(const ExperimentRecord& record, const Change& change) {
  Network network = rectifier_network(4, change.units, 3, change.seed);
  const at::Tensor last = network.find_parameter("layer_3.weight")->value;
  if (change.doubled) network.set_parameter("layer_3.weight", 2 * last);
  if (change.zeros) network.set_parameter("layer_3.weight", at::zeros_like(last));
  if (change.not_finite) network.set_parameter("layer_3.weight", at::full_like(last, NAN));
  Batch batch;
  at::Tensor inputs = gaussian_tensor("inputs", {change.examples, 4}, change.seed).to(at::kFloat);
  if (change.shuffled) inputs = inputs.index_select(0, shuffle(change.examples));
  batch.inputs = {inputs};
  batch.labels = at::arange(change.examples, at::kLong);
  if (change.shuffled) batch.labels = shuffle(change.examples);
  batch.labels = batch.labels.remainder(change.units);
  batch.along_path = record.along_path;
  MeasureRequest request;
  request.run.dtype = change.dtype;
  request.run.mini_batch = change.mini_batch;
  request.untrained = before_training(network, change, change.units);
  return measure(network, batch, {record.name + change.options}, request).readings;
}

// A measurement of recurrent layers is tried on a network that has them.
std::vector<Reading> read_recurrent(const ExperimentRecord& record, const Change& change) {
  RecurrentSubject subject;
  subject.units = change.units;
  subject.seed = change.seed;
  Network network = recurrent_network(subject);
  const at::Tensor weight = network.find_parameter("layer_1.recurrent_weight")->value;
  if (change.zeros) network.set_parameter("layer_1.recurrent_weight", at::zeros_like(weight));
  if (change.not_finite) network.set_parameter("layer_1.recurrent_weight", at::full_like(weight, NAN));
  const at::Tensor last = network.find_parameter("readout.weight")->value;
  if (change.doubled) network.set_parameter("readout.weight", 2 * last);
  Batch batch;
  at::Tensor inputs =
      gaussian_tensor("inputs", {change.examples, subject.steps, subject.inputs}, change.seed).to(at::kFloat);
  if (change.shuffled) inputs = inputs.index_select(0, shuffle(change.examples));
  batch.inputs = {inputs};
  MeasureRequest request;
  request.run.dtype = change.dtype;
  request.run.mini_batch = change.mini_batch;
  return measure(network, batch, {record.name + change.options}, request).readings;
}

// One of attention on a network that has it.
std::vector<Reading> read_attention(const ExperimentRecord& record, const Change& change) {
  constexpr int64_t kTokens = 4;
  const std::string family =
      fmt::format("transformer_pre_norm:depth=2,heads=1,norm=none,tokens={},width={}", kTokens, change.units);
  Network network = initialize(build_family(family), "he", change.seed).network;
  for (const std::string layer : {"block_1.attention.query.weight", "block_2.attention.query.weight"}) {
    const at::Tensor weight = network.find_parameter(layer)->value;
    if (change.zeros) network.set_parameter(layer, at::zeros_like(weight));
    if (change.not_finite) network.set_parameter(layer, at::full_like(weight, NAN));
  }
  const at::Tensor last = network.find_parameter("readout.weight")->value;
  if (change.doubled) network.set_parameter("readout.weight", 2 * last);
  Batch batch;
  at::Tensor inputs =
      gaussian_tensor("inputs", {change.examples, kTokens, change.units}, change.seed).to(at::kFloat);
  if (change.shuffled) inputs = inputs.index_select(0, shuffle(change.examples));
  batch.inputs = {inputs};
  MeasureRequest request;
  request.run.dtype = change.dtype;
  request.run.mini_batch = change.mini_batch;
  return measure(network, batch, {record.name + change.options}, request).readings;
}

bool is_about(const std::vector<Reading>& readings, std::string_view missing) {
  return readings.front().undefined.find(missing) != std::string::npos;
}

}  // namespace

std::vector<Reading> read_subject(const ExperimentRecord& record, const Change& change) {
  if (record.needs == Needs::taps) return read_taps(record, change);
  std::vector<Reading> readings = read_network(record, change);
  if (is_about(readings, "no recurrent layer")) return read_recurrent(record, change);
  if (is_about(readings, "no attention")) return read_attention(record, change);
  return readings;
}

Network rectifier_network(int64_t inputs, int64_t units, int64_t layers, uint64_t seed) {
  NetworkBuilder builder("rectifiers");
  std::string x = builder.input("input", {inputs});
  std::vector<int64_t> widths = {inputs};
  for (int64_t l = 1; l <= layers; ++l) {
    LinearOptions options;
    options.name = "layer_" + std::to_string(l);
    options.fan_in = widths.back();
    options.fan_out = units;
    widths.push_back(units);
    x = builder.linear(x, options);
    if (l < layers) x = builder.activation(x, "relu_" + std::to_string(l), "relu");
  }
  builder.output(x);
  Network network = builder.build();
  for (int64_t l = 1; l <= layers; ++l) {
    const std::string name = "layer_" + std::to_string(l) + ".weight";
    const auto fan_in = static_cast<double>(widths[static_cast<size_t>(l - 1)]);
    const at::Tensor weight = gaussian_tensor(name, network.find_parameter(name)->value.sizes().vec(), seed);
    network.set_parameter(name, (weight * std::sqrt(2 / fan_in)).to(at::kFloat));
  }
  return network;
}

}  // namespace shatterproof
