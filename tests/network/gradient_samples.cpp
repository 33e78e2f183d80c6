// SPDX-License-Identifier: Apache-2.0
#include "gradient_samples.h"

#include <ATen/ATen.h>

#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

using Ints = std::vector<int64_t>;

void add_elementwise(std::vector<GradientSample>& samples) {
  for (const char* op :
       {"Relu",        "LeakyRelu", "Selu", "Elu",    "Gelu",     "Sigmoid",  "Tanh",
        "Erf",         "Exp",       "Abs",  "Neg",    "Identity", "Clip",     "Celu",
        "HardSigmoid", "HardSwish", "Mish", "Shrink", "Softplus", "Softsign", "ThresholdedRelu",
        "Sin",         "Cos",       "Atan", "Sinh",   "Cosh",     "Asinh"}) {
    samples.push_back({{op, 20}, {spread({3, 5})}});
    samples.push_back({{op, 20}, {spread({})}});
  }
  for (const char* op : {"Log", "Sqrt", "Reciprocal"}) samples.push_back({{op}, {positive({3, 5})}});
  for (const char* op : {"Acos", "Asin", "Atanh", "Tan"})
    samples.push_back({{op}, {spread({3, 5}) * 0.9}});  // up to 0.88
  samples.push_back({{"Acosh"}, {positive({3, 5}) + 1}});
  samples.push_back({{"Mod", 17, {{"fmod", int64_t{1}}}}, {spread({3, 5}), positive({5}, "b") * 1.013}});
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean"}) {
    samples.push_back({{op}, {spread({2, 3, 4}, "a"), positive({2, 3, 4}, "b") * 1.01}});
    samples.push_back({{op}, {spread({2, 3, 4}, "a"), positive({3, 1}, "b") * 1.01}});
    samples.push_back({{op}, {spread({4}, "a"), positive({2, 1, 4}, "b") * 1.01}});
  }
  for (const char* op : {"Max", "Min", "Sum"}) {
    samples.push_back({{op}, {spread({3, 4}, "a"), spread({4}, "b") * 1.01, spread({3, 1}, "c") * 1.02}});
    samples.push_back({{op}, {spread({3, 4})}});
  }
  samples.push_back({{"LeakyRelu", 17, {{"alpha", 0.3}}}, {spread({3, 5})}});
  samples.push_back({{"Elu", 17, {{"alpha", 2.0}}}, {spread({3, 5})}});
  samples.push_back({{"Swish", 24}, {spread({3, 5})}});
  samples.push_back({{"Swish", 24, {{"alpha", 1.7}}}, {spread({3, 5})}});
  samples.push_back({{"Selu", 17, {{"alpha", 1.5}, {"gamma", 2.0}}}, {spread({3, 5})}});
  samples.push_back({{"Gelu", 20, {{"approximate", "tanh"}}}, {spread({3, 5})}});
  for (const Ints& slope : {Ints{}, {1}, {3, 1, 1}, {4}, {2, 3, 4, 4}}) {
    samples.push_back({{"PRelu"}, {spread({2, 3, 4, 4}), spread(slope, "slope")}});
  }
  samples.push_back({{"Clip", 6, {{"min", -0.4}, {"max", 0.4}}}, {spread({3, 5})}});
  samples.push_back({{"Clip"}, {spread({3, 5}), spread({}) * -4.3, at::Tensor()}});
  samples.push_back(
      {{"Clip"}, {spread({3, 5}), at::full({}, -0.4, at::kDouble), at::full({}, 0.4, at::kDouble)}});
  samples.push_back({{"Pow"}, {positive({3, 5}), at::full({}, 3, at::kLong)}});
  samples.push_back({{"Pow"}, {positive({3, 5}), spread({5}, "y")}});
  samples.push_back({{"Where"}, {spread({3, 5}) > 0, spread({3, 5}, "a"), spread({5}, "b")}});
  samples.push_back({{"CastLike"}, {spread({3, 5}), at::zeros({}, at::kDouble)}});
  samples.push_back({{"Cast", 17, {{"to", int64_t{11}}}}, {spread({3, 5})}});
}

void add_linear(std::vector<GradientSample>& samples) {
  samples.push_back({{"MatMul"}, {spread({3, 4}), spread({4, 5}, "w")}});
  samples.push_back({{"MatMul"}, {spread({4}), spread({4, 5}, "w")}});
  samples.push_back({{"MatMul"}, {spread({2, 3, 4}), spread({4, 5}, "w")}});
  samples.push_back({{"MatMul"}, {spread({2, 1, 3, 4}), spread({2, 4, 5}, "w")}});
  samples.push_back({{"Gemm"}, {spread({3, 4}), spread({4, 5}, "w")}});
  samples.push_back(
      {{"Gemm", 17, {{"transB", int64_t{1}}}}, {spread({3, 4}), spread({5, 4}, "w"), spread({5}, "b")}});
  samples.push_back({{"Gemm", 17, {{"transA", int64_t{1}}, {"alpha", 0.5}, {"beta", 2.0}}},
                     {spread({4, 3}), spread({4, 5}, "w"), spread({3, 1}, "b")}});
  samples.push_back({{"Conv"}, {spread({2, 3, 7}), spread({4, 3, 3}, "w"), spread({4}, "b")}});
  samples.push_back({{"Conv", 17, {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 1}}}},
                     {spread({2, 2, 5, 4}), spread({3, 2, 3, 3}, "w"), spread({3}, "b")}});
  samples.push_back(
      {{"Conv", 17, {{"pads", Ints{0, 1, 2, 0}}, {"dilations", Ints{2, 1}}, {"group", int64_t{2}}}},
       {spread({2, 4, 5, 4}), spread({4, 2, 2, 2}, "w")}});
  samples.push_back({{"Conv", 17, {{"auto_pad", "SAME_UPPER"}, {"strides", Ints{2, 2, 2}}}},
                     {spread({1, 1, 4, 4, 3}), spread({2, 1, 3, 2, 2}, "w")}});
  samples.push_back({{"ConvTranspose", 17, {{"group", int64_t{2}}, {"strides", Ints{2}}}},
                     {spread({2, 4, 5}), spread({4, 3, 3}, "w"), spread({6}, "b")}});
  samples.push_back({{"ConvTranspose",
                      17,
                      {{"pads", Ints{0, 1, 2, 0}}, {"output_padding", Ints{1, 0}}, {"strides", Ints{2, 1}}}},
                     {spread({1, 2, 3, 4}), spread({2, 3, 3, 2}, "w"), spread({3}, "b")}});
  samples.push_back(
      {{"Einsum", 17, {{"equation", "bij, jk -> bik"}}}, {spread({2, 3, 4}), spread({4, 2}, "w")}});
  samples.push_back({{"Einsum", 17, {{"equation", "...ii->...i"}}}, {spread({2, 3, 3})}});
  samples.push_back({{"Det"}, {spread({2, 3, 3})}});
  for (const int64_t flag : {0, 1}) {
    samples.push_back({{"CumSum", 17, {{"exclusive", flag}, {"reverse", int64_t{1}}}},
                       {spread({2, 3, 4}), at::full({}, -2, at::kLong)}});
  }
}

void add_normalization(std::vector<GradientSample>& samples) {
  for (const BatchStatistics batch_norm :
       {BatchStatistics::detached, BatchStatistics::attached, BatchStatistics::stored}) {
    for (const Ints& sizes : {Ints{6, 3}, {4, 3, 5}, {3, 3, 2, 2}}) {
      for (const double epsilon : {0.0, 0.1}) {
        samples.push_back({{"BatchNormalization", 15, {{"epsilon", epsilon}}},
                           {spread(sizes), spread({3}, "gain"), spread({3}, "bias"), spread({3}, "mean"),
                            positive({3}, "variance")},
                           batch_norm,
                           sizes[0]});
      }
    }
    samples.push_back({{"BatchNormalization", 7, {{"spatial", int64_t{0}}}},
                       {spread({5, 2, 3}), spread({2, 3}, "gain"), spread({2, 3}, "bias"),
                        spread({2, 3}, "mean"), positive({2, 3}, "variance")},
                       batch_norm,
                       5});
    for (const char* op : {"ReduceMean", "ReduceSum", "ReduceMax"}) {
      samples.push_back({{op, 11, {{"axes", Ints{0}}}}, {spread({4, 3})}, batch_norm, 4});
      samples.push_back(
          {{op, 11, {{"axes", Ints{0, -1}}, {"keepdims", int64_t{0}}}}, {spread({4, 3, 2})}, batch_norm, 4});
    }
  }
  samples.push_back({{"RMSNormalization", 23}, {spread({4, 5}), spread({5}, "gain")}});
  samples.push_back({{"LayerNormalization"}, {spread({4, 5}), spread({5}, "gain"), spread({5}, "bias")}});
  samples.push_back({{"LayerNormalization", 17, {{"axis", int64_t{1}}, {"epsilon", 0.0}}, 3},
                     {spread({2, 3, 4}), spread({3, 4}, "gain"), spread({3, 4}, "bias")}});
  samples.push_back({{"LayerNormalization", 17, {{"axis", int64_t{-2}}, {"stash_type", int64_t{11}}}},
                     {spread({2, 3, 4}), spread({4}, "gain"), spread({3, 1}, "bias")}});
  for (const int64_t size : {1, 2, 3, 4, 9}) {
    samples.push_back({{"LRN", 13, {{"size", size}, {"alpha", 0.7}, {"bias", 1.5}}}, {spread({2, 5, 2, 2})}});
  }
  for (const int64_t opset : {18, 21}) {
    const Ints factors = {opset < 21 ? 2 : 4};
    samples.push_back({{"GroupNormalization", opset, {{"num_groups", int64_t{2}}, {"epsilon", 0.1}}},
                       {spread({2, 4, 3}), spread(factors, "gain"), spread(factors, "bias")}});
  }
  for (const double epsilon : {0.0, 0.1}) {
    samples.push_back({{"InstanceNormalization", 17, {{"epsilon", epsilon}}},
                       {spread({2, 3, 2, 2}), spread({3}, "gain"), spread({3}, "bias")}});
  }
  for (const int64_t p : {1, 2})
    samples.push_back({{"LpNormalization", 17, {{"p", p}, {"axis", int64_t{1}}}}, {spread({2, 3, 4})}});
  for (const BatchStatistics batch_norm : {BatchStatistics::detached, BatchStatistics::attached}) {
    samples.push_back({{"MeanVarianceNormalization"}, {spread({3, 2, 2, 2})}, batch_norm, 3});
  }
  for (const char* op : {"Softmax", "LogSoftmax"}) {
    for (const int64_t opset : {11, 13}) {
      samples.push_back({{op, opset}, {spread({2, 3, 4})}});
      samples.push_back({{op, opset, {{"axis", int64_t{0}}}}, {spread({2, 3, 4})}});
    }
  }
}

void add_movement(std::vector<GradientSample>& samples) {
  const at::Tensor x = spread({2, 3, 4});
  samples.push_back({{"Concat", 17, {{"axis", int64_t{-2}}}}, {x, spread({2, 1, 4}, "b"), x * 1.01}});
  samples.push_back({{"Split", 13, {{"axis", int64_t{2}}}, 2}, {x, integers({1, 3})}});
  samples.push_back({{"Split", 18, {{"axis", int64_t{1}}, {"num_outputs", int64_t{2}}}, 2}, {x}});
  samples.push_back({{"Slice", 9, {{"starts", Ints{1}}, {"ends", Ints{9}}, {"axes", Ints{2}}}}, {x}});
  samples.push_back(
      {{"Slice"}, {x, integers({-1, 0}), integers({-9, 3}), integers({2, 1}), integers({-2, 2})}});
  samples.push_back({{"Reshape"}, {x, integers({0, -1, 2})}});
  samples.push_back({{"Flatten"}, {x}});
  samples.push_back({{"Squeeze"}, {spread({1, 3, 1}), integers({-1})}});
  samples.push_back({{"Squeeze", 11}, {spread({1, 3, 1})}});
  samples.push_back({{"Unsqueeze"}, {x, integers({-1, 0})}});
  samples.push_back({{"Transpose"}, {x}});
  samples.push_back({{"Transpose", 17, {{"perm", Ints{1, 0, 2}}}}, {x}});
  samples.push_back({{"Expand"}, {spread({3, 1}), integers({2, 1, 4})}});
  samples.push_back({{"Tile"}, {x, integers({2, 1, 3})}});
  samples.push_back({{"Dropout"}, {x}});
  samples.push_back({{"Dropout", 13, {}, 2}, {x, at::full({}, 0.5, at::kDouble), at::ones({}, at::kBool)}});
  samples.push_back({{"Gather"}, {x, at::full({}, -1, at::kLong)}});
  samples.push_back({{"Gather", 17, {{"axis", int64_t{1}}}}, {x, integers({0, -1, 0, 2}).reshape({2, 2})}});
  const std::vector<std::pair<const char*, int64_t>> modes = {
      {"constant", 17}, {"edge", 17}, {"reflect", 17}, {"wrap", 19}};
  for (const auto& [mode, opset] : modes) {
    samples.push_back({{"Pad", opset, {{"mode", mode}}}, {x, integers({0, 1, 2, 0, 2, 3})}});
    samples.push_back({{"Pad", opset, {{"mode", mode}}}, {x, integers({0, -1, 2, 0, 2, -1})}});
  }
  samples.push_back({{"Pad", 18}, {x, integers({1, 2}), at::full({}, 0.5, at::kDouble), integers({-1})}});
}

void add_pooling(std::vector<GradientSample>& samples) {
  samples.push_back({{"ReduceMean"}, {spread({2, 3})}});
  samples.push_back({{"ReduceMean", 18, {{"keepdims", int64_t{0}}}}, {spread({2, 3, 4}), integers({-1})}});
  samples.push_back({{"ReduceMean", 18, {{"noop_with_empty_axes", int64_t{1}}}}, {spread({2, 3})}});
  samples.push_back({{"ReduceSumSquare", 18, {{"noop_with_empty_axes", int64_t{1}}}}, {spread({2, 3})}});
  samples.push_back({{"ReduceSum"}, {spread({2, 3, 4}), integers({0, 2})}});
  for (const char* op : {"ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceMax", "ReduceMin", "ReduceProd",
                         "ReduceSumSquare", "ReduceLogSum"}) {
    const at::Tensor x = op == std::string("ReduceLogSum") ? positive({2, 3, 4}) : spread({2, 3, 4}) * 0.5;
    samples.push_back({{op, 18, {{"keepdims", int64_t{0}}}}, {x, integers({-1, 0})}});
    samples.push_back({{op, 13, {{"axes", Ints{1}}}}, {x}});
  }
  for (const char* op : {"GlobalMaxPool", "GlobalLpPool"}) samples.push_back({{op}, {spread({2, 3, 4, 5})}});
  for (const int64_t p : {1, 2, 3}) {
    samples.push_back({{"LpPool", 18, {{"kernel_shape", Ints{2, 3}}, {"pads", Ints{1, 0, 0, 1}}, {"p", p}}},
                       {spread({2, 2, 4, 4})}});
  }
  samples.push_back({{"GlobalAveragePool"}, {spread({2, 3, 4, 5})}});
  for (const char* op : {"MaxPool", "AveragePool"}) {
    samples.push_back({{op, 19, {{"kernel_shape", Ints{3}}}}, {spread({2, 2, 7})}});
    samples.push_back(
        {{op, 19, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 1}}, {"pads", Ints{1, 1, 1, 1}}}},
         {spread({2, 2, 5, 4})}});
    samples.push_back({{op,
                        19,
                        {{"kernel_shape", Ints{3, 2}},
                         {"pads", Ints{2, 0, 1, 1}},
                         {"ceil_mode", int64_t{1}},
                         {"strides", Ints{2, 2}}}},
                       {spread({2, 2, 5, 4})}});
    samples.push_back(
        {{op, 19, {{"kernel_shape", Ints{2, 2}}, {"dilations", Ints{2, 3}}}}, {spread({1, 2, 5, 5})}});
    samples.push_back(
        {{op, 19, {{"kernel_shape", Ints{2, 2, 2}}, {"auto_pad", "SAME_LOWER"}}}, {spread({1, 2, 3, 3, 3})}});
  }
  samples.push_back(
      {{"AveragePool",
        19,
        {{"kernel_shape", Ints{3, 3}}, {"count_include_pad", int64_t{1}}, {"pads", Ints{0, 1, 2, 1}}}},
       {spread({2, 2, 5, 4})}});
}

}  // namespace

at::Tensor spread(at::IntArrayRef sizes, const std::string& name) {
  constexpr double kSpacing = 0.13;
  constexpr uint64_t kSeed = 5;
  const at::Tensor drawn = at::empty(sizes, at::kDouble);
  const auto count = static_cast<size_t>(drawn.numel());
  RandomStream(kSeed, name).uniform({drawn.data_ptr<double>(), count});
  const at::Tensor rank = at::argsort(drawn.flatten()).to(at::kDouble);
  const double middle = static_cast<double>(count / 2) - 0.5;
  return ((rank - middle) * kSpacing).reshape(sizes);
}

at::Tensor positive(at::IntArrayRef sizes, const std::string& name) {
  return spread(sizes, name).abs() + 0.5;
}

std::vector<GradientSample> gradient_samples() {
  std::vector<GradientSample> samples;
  add_elementwise(samples);
  add_linear(samples);
  add_normalization(samples);
  add_movement(samples);
  add_pooling(samples);
  add_selections(samples);
  add_resampling(samples);
  add_recurrence(samples);
  return samples;
}

}  // namespace shatterproof
