// SPDX-License-Identifier: Apache-2.0
#include "tests/diagnose/zoo.h"

#include <ATen/ATen.h>

#include <cmath>

#include "shatterproof/network/builder.h"

namespace shatterproof {
namespace {

// y + Linear(x) with what names it.
std::string linear(NetworkBuilder& builder, const std::string& x, const std::string& name, int64_t units) {
  builder.parameter(name + ".weight", at::zeros({units, units}), true);
  return builder.node("MatMul", name, {x, name + ".weight"});
}

}  // namespace

void PrintTo(const Animal& animal, std::ostream* stream) {
  *stream << animal.name << ": " << animal.family;
}

Subject subject_of(const Animal& animal) {
  constexpr int kLayers = 20;
  return animal.family == "sigmoid_layers" ? subject_of_network(sigmoid_layers(kLayers))
                                           : subject_of_family(animal.family);
}

std::vector<Animal> sick_animals() {
  const std::string twenty = "feedforward:depth=20,width=100,input=100,output=10";
  return {
      {"white_noise_gradients", "feedforward:depth=30,width=100,norm=batch,input=100", "", "exploding"},
      {"batch_norm_without_skips", "feedforward:preset=batch_relu", "", "exploding", Fits::no},
      {"layer_norm_and_tanh_without_skips", "feedforward:preset=layer_tanh", "", "exploding",
       Fits::by_chance},
      {"weights_half_as_large", twenty, "gaussian:std=0.07", "vanishing"},
      {"weights_twice_as_large", twenty, "gaussian:std=0.28", "exploding", Fits::no},
      {"saturated_tanh", twenty + ",activation=tanh", "gaussian:std=1", "overly_nonlinear", Fits::no},
      {"faded_tanh", "feedforward:preset=tanh", "", "collapsed_domain"},
      {"rectifiers_that_see_one_sign", "feedforward:preset=layer_relu", "", "collapsed_domain", Fits::no},
      {"narrow", "feedforward:preset=relu,width=8,depth=60", "", "collapsed_domain", Fits::no},
      {"skips_as_large_as_branches", "residual:depth=40,width=100,input=100,output=10", "", "undiluted_skips",
       Fits::by_chance},
  };
}

std::vector<Animal> healthy_animals() {
  return {
      {"one_hidden_layer", "feedforward:depth=1,width=100,input=100,output=10", "", ""},
      {"three_layers", "feedforward:depth=3,width=100,input=100,output=10", "", ""},
      {"residual_with_batch_norm_and_small_branches",
       "residual:depth=50,width=100,norm=batch,beta=0.1,input=100,output=10", "", ""},
      {"residual_with_layer_norm_and_small_branches",
       "residual:depth=50,width=100,norm=layer,beta=0.1,input=100,output=10", "", ""},
      {"looks_linear", "feedforward:depth=100,width=100,crelu=true,input=100,output=10", "looks_linear", ""},
      {"looks_linear_without_mirrored_rectifiers", "feedforward:depth=100,width=100,input=100,output=10",
       "looks_linear", ""},
      {"self_normalizing", "feedforward:preset=selu,depth=12", "", ""},
      {"highway", "highway:depth=50,width=100,gamma2=auto,input=100,output=10", "", ""},
  };
}

Network transformer_blocks(int blocks) {
  constexpr int64_t kTokens = 8, kUnits = 32;
  NetworkBuilder builder("transformer");
  std::string x = builder.input("tokens", {kTokens, kUnits});
  for (int b = 1; b <= blocks; ++b) {
    const std::string block = "block_" + std::to_string(b);
    const std::string seen = builder.normalization(x, block + ".norm_1", "layer", kUnits);
    const std::string query = linear(builder, seen, block + ".query", kUnits);
    const std::string key = linear(builder, seen, block + ".key", kUnits);
    const std::string value = linear(builder, seen, block + ".value", kUnits);
    const std::string turned =
        builder.node("Transpose", block + ".turned", {key}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
    const std::string scores = builder.scale(builder.node("MatMul", block + ".products", {query, turned}),
                                             block + ".scores", 1 / std::sqrt(static_cast<double>(kUnits)));
    const std::string weights =
        builder.node("Softmax", block + ".weights", {scores}, {{"axis", int64_t{-1}}});
    const std::string mixed = builder.node("MatMul", block + ".mixed", {weights, value});
    x = builder.add(x, linear(builder, mixed, block + ".out", kUnits), block + ".attended");
    const std::string again = builder.normalization(x, block + ".norm_2", "layer", kUnits);
    const std::string bent =
        builder.activation(linear(builder, again, block + ".up", kUnits), block + ".gelu", "gelu");
    x = builder.add(x, linear(builder, bent, block + ".down", kUnits), block + ".sum");
  }
  builder.output(builder.normalization(x, "norm", "layer", kUnits));
  return builder.build();
}

Network sigmoid_layers(int layers) {
  constexpr int64_t kUnits = 50;
  NetworkBuilder builder("sigmoid");
  std::string x = builder.input("input", {kUnits});
  for (int l = 1; l <= layers; ++l) {
    const std::string name = "layer_" + std::to_string(l);
    x = builder.node("Sigmoid", name + ".sigmoid",
                     {builder.linear(x, {name, kUnits, kUnits, false, "", ""})});
  }
  builder.output(builder.linear(x, {"readout", kUnits, 10, false, "", ""}));
  return builder.build();
}

}  // namespace shatterproof
