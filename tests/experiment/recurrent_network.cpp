// SPDX-License-Identifier: Apache-2.0
#include "tests/experiment/recurrent_network.h"

#include <ATen/ATen.h>

#include <cmath>

#include "shatterproof/network/builder.h"
#include "tests/support/fake_taps.h"

namespace shatterproof {
namespace {

int64_t gates_of(const std::string& cell) {
  return cell == "LSTM" ? 4 : cell == "GRU" ? 3 : 1;
}

at::Tensor drawn(const std::string& name, std::vector<int64_t> sizes, double variance, uint64_t seed) {
  const auto columns = static_cast<double>(sizes.back());
  return (gaussian_tensor(name, std::move(sizes), seed) * std::sqrt(variance / columns)).to(at::kFloat);
}

// Input part first, recurrent part second; the gate that keeps the state is ONNX's third or first.
at::Tensor bias_of(const RecurrentSubject& subject, int64_t directions) {
  const int64_t gates = gates_of(subject.cell);
  at::Tensor bias = at::zeros({directions, 2 * gates, subject.units}, at::kFloat);
  if (gates > 1) bias.select(1, gates == 4 ? 2 : 0).fill_(subject.forget_bias);
  return bias.flatten(1);
}

std::string layer(NetworkBuilder& builder, const RecurrentSubject& subject, const std::string& x,
                  int64_t index) {
  const std::string name = "layer_" + std::to_string(index);
  const int64_t directions = subject.direction == "bidirectional" ? 2 : 1;
  const int64_t rows = gates_of(subject.cell) * subject.units;
  const int64_t columns = index == 1 ? subject.inputs : directions * subject.units;
  at::Tensor w = drawn(name + ".w", {directions, rows, columns}, subject.driven, subject.seed);
  at::Tensor r = drawn(name + ".r", {directions, rows, subject.units}, subject.recurrent, subject.seed);
  if (index == 1 && subject.input_weight.defined()) w = subject.input_weight.unsqueeze(0);
  if (index == 1 && subject.recurrent_weight.defined()) r = subject.recurrent_weight.unsqueeze(0);
  std::map<std::string, Attribute> attributes = {{"hidden_size", subject.units},
                                                 {"direction", subject.direction}};
  if (subject.cell == "RNN")
    attributes["activations"] = std::vector<std::string>(static_cast<size_t>(directions), subject.activation);
  const std::string y = builder.node(subject.cell, name,
                                     {x, builder.parameter(name + ".input_weight", w, true),
                                      builder.parameter(name + ".recurrent_weight", r, true),
                                      builder.parameter(name + ".bias", bias_of(subject, directions), true)},
                                     attributes);
  // [steps, directions, batch, units] -> [steps, batch, directions units]
  const std::string apart =
      builder.node("Transpose", name + ".by_example", {y}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
  return builder.node(
      "Reshape", name + ".joined",
      {apart, builder.parameter(name + ".sizes", at::tensor({int64_t{0}, int64_t{0}, int64_t{-1}}), false)});
}

Network read_out(NetworkBuilder& builder, const std::string& state, int64_t units, uint64_t seed) {
  builder.output(builder.linear(state, {"readout", units, 2, false, "", ""}));
  Network network = builder.build();
  const at::Tensor weight = network.find_parameter("readout.weight")->value;
  network.set_parameter("readout.weight", drawn("readout", weight.sizes().vec(), 1, seed));
  return network;
}

}  // namespace

Network recurrent_network(const RecurrentSubject& subject) {
  NetworkBuilder builder("recurrent");
  const std::string x = builder.input("input", {subject.steps, subject.inputs});
  std::string sequence =
      builder.node("Transpose", "steps_first", {x}, {{"perm", std::vector<int64_t>{1, 0, 2}}});
  for (int64_t index = 1; index <= subject.layers; ++index)
    sequence = layer(builder, subject, sequence, index);
  const int64_t first = subject.first_read < 0 ? subject.steps - 1 : subject.first_read;
  const std::string read =
      builder.node("Slice", "steps_read",
                   {sequence, builder.parameter("first_read", at::tensor({first}), false),
                    builder.parameter("end", at::tensor({subject.steps}), false),
                    builder.parameter("axis", at::tensor({int64_t{0}}), false)});
  const std::string state = builder.node("ReduceMean", "mean_over_steps", {read},
                                         {{"axes", std::vector<int64_t>{0}}, {"keepdims", int64_t{0}}});
  const int64_t directions = subject.direction == "bidirectional" ? 2 : 1;
  return read_out(builder, state, directions * subject.units, subject.seed);
}

Network unrolled_network(const RecurrentSubject& subject) {
  NetworkBuilder builder("unrolled");
  const std::string x = builder.input("input", {subject.steps, subject.inputs});
  const std::string w = builder.parameter("input.weight",
                                          subject.input_weight.defined()
                                              ? subject.input_weight.t().contiguous()
                                              : drawn("w", {subject.inputs, subject.units}, 1, subject.seed),
                                          true);
  const std::string u = builder.parameter("state.weight",
                                          subject.recurrent_weight.defined()
                                              ? subject.recurrent_weight.t().contiguous()
                                              : drawn("u", {subject.units, subject.units}, 1, subject.seed),
                                          true);
  std::string state = builder.parameter("first_state", at::zeros({1, subject.units}, at::kFloat), false);
  for (int64_t t = 0; t < subject.steps; ++t) {
    const std::string step = "step_" + std::to_string(t);
    const std::string entered =
        builder.node("Gather", step + ".entered",
                     {x, builder.parameter(step + ".index", at::scalar_tensor(t, at::kLong), false)},
                     {{"axis", int64_t{1}}});
    state = builder.add(builder.node("MatMul", step + ".input", {entered, w}),
                        builder.node("MatMul", step + ".product", {state, u}), step + ".sum");
    if (subject.activation != "Affine") state = builder.node(subject.activation, step + ".state", {state});
  }
  return read_out(builder, state, subject.units, subject.seed);
}

}  // namespace shatterproof
