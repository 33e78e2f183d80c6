// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/catalog.h"

#include "shatterproof/architecture/conv_feedforward.h"
#include "shatterproof/architecture/conv_residual.h"
#include "shatterproof/architecture/dense.h"
#include "shatterproof/architecture/feedforward.h"
#include "shatterproof/architecture/highway.h"
#include "shatterproof/architecture/highway_gated.h"
#include "shatterproof/architecture/preset.h"
#include "shatterproof/architecture/residual.h"
#include "shatterproof/architecture/shallow.h"
#include "shatterproof/architecture/thin.h"
#include "shatterproof/architecture/transformer.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

// Options that the other options leave without a meaning are refused rather than ignored.
void reject_meaningless(const Spec& values, const std::vector<std::string>& options,
                        std::string_view rule) {
  for (const std::string& option : options) {
    if (values.has(option)) reject(values.name(), rule, option);
  }
}

std::optional<double> read_number_or_auto(const Spec& values, const std::string& key) {
  if (values.word(key, "auto") == "auto") return {};
  return values.number(key, 0);
}

void read_nonlinearity(const Spec& values, auto& options) {
  options.activation = values.word("activation", options.activation);
  options.slope = read_number_or_auto(values, "slope");
  options.crelu = values.flag("crelu", options.crelu);
  options.norm = values.word("norm", options.norm);
}

void read_fully_connected(const Spec& values, FullyConnectedOptions& options) {
  options.input = values.count("input", options.input, 1, kMostUnits);
  options.width = values.count("width", options.width, 1, kMostUnits);
  options.depth = values.count("depth", options.depth, 1, kMostLayers);
  options.output = values.count("output", options.output, 1, kMostUnits);
  read_nonlinearity(values, options);
  options.embedding = values.word("embedding", options.embedding);
  options.bias_std = values.number("bias_std", options.bias_std);
  options.readout = values.word("readout", options.readout);
  if (options.input > 1) {
    reject_meaningless(values, {"embedding", "bias_std"}, "only a scalar input (input=1) is embedded");
  }
}

// What depth counts of a preset is said by it.
DepthCount read_count(const Spec& values, const PresetRecord* preset) {
  if (preset) {
    reject_meaningless(values, {"readout"}, "a preset ends with a linear map of its own");
    return DepthCount::linear_maps;
  }
  const std::string word = values.word("count", "rectifier");
  if (word == "rectifier") return DepthCount::rectifiers;
  if (word != "linear") reject_unknown(values.name(), "count", word, {"rectifier", "linear"});
  reject_meaningless(values, {"readout"}, "count=linear ends with a linear map of its own");
  return DepthCount::linear_maps;
}

Network build_feedforward(const Spec& values) {
  FeedforwardOptions options;
  const PresetRecord* preset = preset_of(values);
  if (preset) apply(*preset, options);
  read_fully_connected(values, options);
  options.count = read_count(values, preset);
  options.hidden_bias_std = values.number("hidden_bias_std", options.hidden_bias_std);
  values.reject_unread();
  return feedforward(options);
}

Network build_residual(const Spec& values) {
  ResidualOptions options;
  const PresetRecord* preset = preset_of(values);
  if (preset) apply(*preset, options);
  if (preset) options.layers_per_block = 2;
  read_fully_connected(values, options);
  options.count = read_count(values, preset);
  options.alpha = values.number("alpha", options.alpha);
  options.beta = values.number("beta", options.beta);
  options.layers_per_block = values.count("layers_per_block", options.layers_per_block, 1, 2);
  options.skip = values.word("skip", options.skip);
  values.reject_unread();
  return residual(options);
}

Network build_highway(const Spec& values) {
  HighwayOptions options;
  read_fully_connected(values, options);
  options.gamma1 = read_number_or_auto(values, "gamma1");
  options.gamma2 = read_number_or_auto(values, "gamma2");
  values.reject_unread();
  return highway(options);
}

Network build_highway_gated(const Spec& values) {
  HighwayGatedOptions options;
  read_fully_connected(values, options);
  options.gate_bias = values.number("gate_bias", options.gate_bias);
  values.reject_unread();
  return highway_gated(options);
}

Network build_dense(const Spec& values) {
  DenseOptions options;
  read_fully_connected(values, options);
  options.growth = values.count("growth", options.growth, 1, kMostUnits);
  values.reject_unread();
  return dense(options);
}

Network build_shallow(const Spec& values) {
  ShallowOptions options;
  options.width = values.count("width", options.width, 1, kMostUnits);
  read_nonlinearity(values, options);
  options.bias_std = read_number_or_auto(values, "bias_std");
  values.reject_unread();
  return shallow(options);
}

void read_convolutional(const Spec& values, ConvolutionalOptions& options) {
  options.depth = values.count("depth", options.depth, 1, kMostLayers);
  options.width = values.count("width", options.width, 1, kMostUnits);
  if (values.word("bottleneck", "auto") != "auto")
    options.bottleneck = values.count("bottleneck", options.bottleneck, 1, kMostUnits);
  options.output = values.count("output", options.output, 1, kMostUnits);
  options.activation = values.word("activation", options.activation);
  options.slope = read_number_or_auto(values, "slope");
  options.norm = values.word("norm", options.norm);
}

Network build_conv_feedforward(const Spec& values) {
  ConvolutionalOptions options;
  read_convolutional(values, options);
  values.reject_unread();
  return conv_feedforward(options);
}

Network build_conv_residual(const Spec& values) {
  ConvResidualOptions options;
  read_convolutional(values, options);
  options.beta = values.number("beta", options.beta);
  values.reject_unread();
  return conv_residual(options);
}

Network build_thin(const Spec& values) {
  ThinOptions options;
  options.depth = values.count("depth", options.depth, 1, kMostLayers);
  options.crelu = values.flag("crelu", options.crelu);
  options.activation = values.word("activation", options.activation);
  options.slope = read_number_or_auto(values, "slope");
  options.skip = values.flag("skip", options.skip);
  options.gamma1 = read_number_or_auto(values, "gamma1");
  options.gamma2 = read_number_or_auto(values, "gamma2");
  options.dropout = values.number("dropout", options.dropout);
  values.reject_unread();
  return thin(options);
}

template <NormPlace place>
Network build_transformer(const Spec& values) {
  TransformerOptions options;
  options.norm_place = place;
  options.tokens = values.count("tokens", options.tokens, 1, kMostUnits);
  if (values.word("input", "auto") != "auto") options.input = values.count("input", 1, 1, kMostUnits);
  options.width = values.count("width", options.width, 1, kMostUnits);
  options.depth = values.count("depth", options.depth, 1, kMostLayers);
  options.heads = values.count("heads", options.heads, 1, kMostUnits);
  options.mlp_ratio = values.count("mlp_ratio", options.mlp_ratio, 1, kMostUnits);
  options.output = values.count("output", options.output, 1, kMostUnits);
  options.activation = values.word("activation", options.activation);
  options.norm = values.word("norm", options.norm);
  options.beta = values.number("beta", options.beta);
  values.reject_unread();
  return transformer(options);
}

OptionRecord width_option() {
  return {"width", "200", "units of a hidden layer, N"};
}

OptionRecord count_option() {
  return {"count", "rectifier",
          "what depth counts: rectifier layers, or linear maps (the last one the output)"};
}

OptionRecord preset_option() {
  return {"preset", "none",
          "relu, layer_relu, batch_relu, tanh, layer_tanh, batch_tanh or selu: norm, activation, sizes and "
          "initializer"};
}

OptionRecord activation_option() {
  return {"activation", "relu", "relu, prelu, leaky_relu, tanh, selu, gelu or identity"};
}

OptionRecord slope_option() {
  return {"slope", "auto", "below 0, of prelu and leaky_relu; auto is 0.25 for prelu, 0.01 for leaky_relu"};
}

void append_nonlinearity(std::vector<OptionRecord>& options) {
  options.push_back(activation_option());
  options.push_back(slope_option());
  options.push_back(
      {"crelu", "false", "(rho(z), rho(-z)) in place of rho(z); doubles the next layer's fan-in"});
  options.push_back({"norm", "none", "none, center, batch or layer, before each nonlinearity"});
}

std::vector<OptionRecord> fully_connected(const std::vector<OptionRecord>& own) {
  std::vector<OptionRecord> options = {{"input", "1", "numbers per example; a scalar is embedded, v x + b"},
                                       width_option(),
                                       {"depth", "50", "layers, L"},
                                       {"output", "1", "numbers per example that come out"}};
  append_nonlinearity(options);
  options.push_back({"embedding", "gaussian", "v of a scalar input: gaussian, N(0, 1) per unit; or ones"});
  options.push_back({"bias_std", "1", "of the embedding's b, N(0, bias_std^2) per unit"});
  options.push_back({"readout", "gaussian", "w: gaussian, N(0, 1/fan_in); or sum, all ones"});
  options.insert(options.end(), own.begin(), own.end());
  return options;
}

std::vector<OptionRecord> convolutional(const std::vector<OptionRecord>& own) {
  std::vector<OptionRecord> options = {{"depth", "24", "rectifier layers, L; even"},
                                       {"width", "16", "channels between pairs of convolutions"},
                                       {"bottleneck", "auto", "channels within a pair; auto: half of width"},
                                       {"output", "10", "classes"},
                                       activation_option(),
                                       slope_option(),
                                       {"norm", "batch", "none or batch, before each nonlinearity"}};
  options.insert(options.end(), own.begin(), own.end());
  return options;
}

std::vector<OptionRecord> thin_options() {
  return {{"depth", "30", "convolutions and the last linear map, 4 m + 2"},
          {"crelu", "false", "(rho(z), rho(-z)) in place of rho(z); filters divided by sqrt 2"},
          activation_option(),
          slope_option(),
          {"skip", "false", "gamma1 x + gamma2 y around pairs of modules; m must be odd"},
          {"gamma1", "auto", "factor of the skip; auto is sqrt(1 - gamma2^2)"},
          {"gamma2", "auto", "factor of the branch; auto is 2 / (4 m)"},
          {"dropout", "0", "ratio in section 1; s times it in section s"}};
}

std::vector<OptionRecord> shallow_options() {
  std::vector<OptionRecord> options = {width_option()};
  append_nonlinearity(options);
  options.push_back({"bias_std", "auto", "of b, N(0, bias_std^2) per unit; auto is 1/sqrt(width)"});
  return options;
}

std::vector<OptionRecord> transformer_options() {
  return {{"tokens", "16", "tokens per example, T"},
          {"input", "auto", "numbers per token; auto is the width; others pass a linear map first"},
          {"width", "64", "numbers per token of the state, N"},
          {"depth", "6", "blocks of attention and perceptron, L"},
          {"heads", "4", "of the attention, h; they divide the width"},
          {"mlp_ratio", "4", "hidden units of the perceptron, in widths"},
          {"output", "1", "numbers per example that come out"},
          {"activation", "gelu", "relu, prelu, leaky_relu, tanh, selu, gelu or identity"},
          {"norm", "layer", "layer or none"},
          {"beta", "1", "factor of every branch"}};
}

}  // namespace

std::span<const FamilyRecord> families() {
  static const std::vector<FamilyRecord> table = {
      {"feedforward", "Rectifier layers one after the other.", "x_l = rho(N(W_l x_{l-1}))",
       "Balduzzi et al. 2017, section 3; Philipp et al. 2017, section 3",
       fully_connected(
           {{"hidden_bias_std", "0", "biases of hidden linear maps, N(0, hidden_bias_std^2); 0: none"},
            count_option(),
            preset_option()}),
       build_feedforward},
      {"residual", "Skips around pre-activation branches.",
       "x_l = alpha (x_{l-1} + beta W_l rho(N(x_{l-1})))", "Balduzzi et al. 2017, equation 2; He et al. 2016",
       fully_connected({{"alpha", "1", "factor of skip and branch together"},
                        {"beta", "1", "factor of the branch"},
                        {"layers_per_block", "1", "rectifier layers on a branch, 1 or 2"},
                        {"skip", "identity", "identity, or a fixed matrix: gaussian or orthogonal"},
                        count_option(),
                        preset_option()}),
       build_residual},
      {"highway", "Skips and branches weighted by two scalars.",
       "x_l = gamma1 x_{l-1} + gamma2 W_l rho(N(x_{l-1})), gamma1^2 + gamma2^2 = 1",
       "Balduzzi et al. 2017, corollary 1",
       fully_connected(
           {{"gamma1", "auto", "factor of the skip; auto follows from gamma2"},
            {"gamma2", "auto", "factor of the branch; auto follows from gamma1, or is sqrt(1/L)"}}),
       build_highway},
      {"highway_gated", "Skips and branches weighted by a gate that the state itself sets.",
       "x_l = T . rho(N(W_l x_{l-1})) + (1 - T) . x_{l-1}, T = sigmoid(U_l x_{l-1} + gate_bias)",
       "Srivastava et al. 2015",
       fully_connected({{"gate_bias", "-2", "of every gate; below 0 the skip is the wider way"}}),
       build_highway_gated},
      {"dense", "Every layer sees the concatenation of all earlier ones.",
       "x_l = (x_{l-1}, W_l rho(N(x_{l-1})))", "Huang et al. 2017",
       fully_connected({{"growth", "32", "units that every layer adds to the width of the first"}}),
       build_dense},
      {"shallow", "One hidden layer on a scalar.", "f = w . rho(N(x v - b)), v = 1, w ~ N(0, 1/N)",
       "Balduzzi et al. 2017, figure 1a", shallow_options(), build_shallow},
      {"conv_feedforward", "Pairs of convolutions on images, one after the other.",
       "x_l = W_l * rho(N(V_l * rho(N(x_{l-1}))))", "Balduzzi et al. 2017, section 3", convolutional({}),
       build_conv_feedforward},
      {"conv_residual", "Pairs of convolutions on images, with a skip around each pair.",
       "x_l = x_{l-1} + beta W_l * rho(N(V_l * rho(N(x_{l-1}))))",
       "Balduzzi et al. 2017, section 3; He et al. 2016",
       convolutional({{"beta", "1", "factor of the branch"}}), build_conv_residual},
      {"thin", "Deep convolutional networks of few filters, without normalization.",
       "four sections of m modules rho(W * x + b) with 8, 16, 32, 64 filters, one more convolution, a linear "
       "map",
       "Balduzzi et al. 2017, section 4", thin_options(), build_thin},
      {"transformer_pre_norm", "Self-attention and a perceptron beside skips, branches normalized first.",
       "y = x + beta A(N(x)), x' = y + beta W_2 phi(W_1 N(y))", "Vaswani et al. 2017; Xiong et al. 2020",
       transformer_options(), build_transformer<NormPlace::before_branch>},
      {"transformer_post_norm", "Self-attention and a perceptron beside skips, sums normalized.",
       "y = N(x + beta A(x)), x' = N(y + beta W_2 phi(W_1 y))", "Vaswani et al. 2017", transformer_options(),
       build_transformer<NormPlace::after_sum>},
  };
  return table;
}

const FamilyRecord* find_family(std::string_view name) {
  for (const FamilyRecord& record : families()) {
    if (record.name == name) return &record;
  }
  return nullptr;
}

Network build_family(std::string_view spec) {
  const Spec values = Spec::parse(spec);
  if (const FamilyRecord* record = find_family(values.name())) return record->build(values);
  std::vector<std::string> known;
  for (const FamilyRecord& record : families()) known.push_back(record.name);
  reject_unknown("network", "family", values.name(), known);
}

}  // namespace shatterproof
