// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/builder.h"

#include <ATen/ATen.h>

#include <cstdlib>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

struct ActivationOperator {
  std::string kind, op;
};

const std::vector<ActivationOperator>& operators_of_activations() {
  static const std::vector<ActivationOperator> table = {
      {"relu", "Relu"}, {"prelu", "PRelu"}, {"leaky_relu", "LeakyRelu"}, {"tanh", "Tanh"},
      {"selu", "Selu"}, {"gelu", "Gelu"},   {"identity", "Identity"}};
  return table;
}

const std::string& activation_operator(const std::string& kind) {
  std::vector<std::string> known;
  for (const auto& row : operators_of_activations()) {
    if (row.kind == kind) return row.op;
    known.push_back(row.kind);
  }
  reject_unknown("activation", "activation", kind, known);
}

// Large ones take no memory before they are read or written: a family is refused for its size, or drawn,
// before anybody looks at them.
at::Tensor zeros(at::IntArrayRef sizes) {
  constexpr int64_t kLarge = int64_t{1} << 23;
  const int64_t numbers = c10::multiply_integers(sizes);
  void* memory = numbers < kLarge ? nullptr : std::calloc(static_cast<size_t>(numbers), sizeof(float));
  if (memory == nullptr) return at::zeros(sizes);
  return at::from_blob(
      memory, sizes, [](void* owned) { std::free(owned); }, at::kFloat);
}

}  // namespace

std::string NetworkBuilder::input(const std::string& name, std::vector<int64_t> shape_of_example,
                                  at::ScalarType dtype) {
  shape_of_example.insert(shape_of_example.begin(), -1);
  network_.add_input({name, std::move(shape_of_example), dtype});
  return name;
}

std::string NetworkBuilder::parameter(const std::string& name, at::Tensor value, bool trainable,
                                      std::string prescribed_scheme) {
  network_.add_parameter({name, std::move(value), trainable, std::move(prescribed_scheme)});
  return name;
}

std::string NetworkBuilder::constant(const std::string& name, double value) {
  return parameter(name, at::scalar_tensor(value, at::kFloat), false);
}

std::string NetworkBuilder::node(const std::string& op, const std::string& name,
                                 std::vector<std::string> inputs,
                                 std::map<std::string, Attribute> attributes) {
  // Operator sets of the nodes we make: those exports are written in, Gelu's own where it is younger.
  const int64_t opset = op == "Gelu" ? 20 : 17;
  network_.add_node({name, op, opset, std::move(inputs), {name}, std::move(attributes)});
  return name;
}

std::string NetworkBuilder::linear(const std::string& x, const LinearOptions& options) {
  std::vector<std::string> inputs = {
      x, parameter(options.name + ".weight", zeros({options.fan_out, options.fan_in}), true,
                   options.prescribed_scheme)};
  if (options.bias) {
    inputs.push_back(parameter(options.name + ".bias", at::zeros({options.fan_out}), true,
                               options.prescribed_bias_scheme));
  }
  return node("Gemm", options.name, std::move(inputs), {{"transB", int64_t{1}}});
}

std::string NetworkBuilder::linear_per_token(const std::string& x, const std::string& name, int64_t fan_in,
                                             int64_t fan_out, const std::string& prescribed_scheme) {
  return node("MatMul", name,
              {x, parameter(name + ".weight", zeros({fan_in, fan_out}), true, prescribed_scheme)});
}

std::string NetworkBuilder::convolution(const std::string& x, const ConvolutionOptions& options) {
  const int64_t k = options.kernel, p = options.padding, s = options.stride;
  std::vector<std::string> inputs = {
      x, parameter(options.name + ".weight", at::zeros({options.channels_out, options.channels_in, k, k}),
                   true, options.prescribed_scheme)};
  if (options.bias)
    inputs.push_back(parameter(options.name + ".bias", at::zeros({options.channels_out}), true));
  return node("Conv", options.name, std::move(inputs),
              {{"kernel_shape", std::vector<int64_t>{k, k}},
               {"pads", std::vector<int64_t>{p, p, p, p}},
               {"strides", std::vector<int64_t>{s, s}}});
}

std::string NetworkBuilder::normalization(const std::string& x, const std::string& name,
                                          const std::string& kind, int64_t units) {
  if (kind == "none") return x;
  if (kind == "center") {
    const std::string mean = node("ReduceMean", name + ".mean", {x}, {{"axes", std::vector<int64_t>{0}}});
    return node("Sub", name, {x, mean});
  }
  const auto vector = [&](const char* suffix, double value, bool trainable) {
    return parameter(name + suffix, at::full({units}, value, at::kFloat), trainable);
  };
  if (kind == "batch") {
    const std::string gain = vector(".weight", 1, trainable_norms),
                      bias = vector(".bias", 0, trainable_norms);
    const std::string mean = vector(".running_mean", 0, false), variance = vector(".running_var", 1, false);
    return node("BatchNormalization", name, {x, gain, bias, mean, variance},
                {{"epsilon", 0.0}, {"training_mode", int64_t{1}}});
  }
  if (kind == "layer") {
    const std::string gain = vector(".weight", 1, trainable_norms),
                      bias = vector(".bias", 0, trainable_norms);
    return node("LayerNormalization", name, {x, gain, bias}, {{"axis", int64_t{-1}}, {"epsilon", 0.0}});
  }
  reject_unknown("normalization", "norm", kind, {"none", "center", "batch", "layer"});
}

std::string NetworkBuilder::activation(const std::string& x, const std::string& name, const std::string& kind,
                                       bool crelu, std::optional<double> slope) {
  constexpr double kSlopeThatTrains = 0.25;
  const std::string& op = activation_operator(kind);
  if (slope && op != "PRelu" && op != "LeakyRelu") {
    reject("activation", "only prelu and leaky_relu have a slope", kind);
  }
  const auto apply = [&](const std::string& z, const std::string& output) {
    // An attribute of ONNX is a float32.
    if (op == "LeakyRelu" && slope)
      return node(op, output, {z}, {{"alpha", double{static_cast<float>(*slope)}}});
    if (op != "PRelu") return node(op, output, {z});
    const at::Tensor start = at::full({1}, slope.value_or(kSlopeThatTrains), at::kFloat);
    return node(op, output, {z, parameter(output + ".slope", start, true)});
  };
  if (!crelu) return apply(x, name);
  const std::string positive = apply(x, name + ".positive");
  const std::string negative = apply(node("Neg", name + ".negated", {x}), name + ".negative");
  return node("Concat", name, {positive, negative}, {{"axis", int64_t{1}}});
}

std::string NetworkBuilder::scale(const std::string& x, const std::string& name, double factor) {
  return factor == 1 ? x : node("Mul", name, {x, constant(name + ".factor", factor)});
}

std::string NetworkBuilder::add(const std::string& a, const std::string& b, const std::string& name) {
  return node("Add", name, {a, b});
}

}  // namespace shatterproof
