// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "gradient_samples.h"

namespace shatterproof {
namespace {

using Ints = std::vector<int64_t>;

at::Tensor numbers(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble);
}

void add_losses(std::vector<GradientSample>& samples) {
  const at::Tensor classes = integers({0, 2, 1, 2, 0, 1, 1, 2}).reshape({2, 4});
  const at::Tensor weights = numbers({0.5, 1.5, 2.0});
  for (const char* reduction : {"none", "mean", "sum"}) {
    samples.push_back(
        {{"NegativeLogLikelihoodLoss", 17, {{"reduction", reduction}}}, {spread({2, 3, 4}), classes}});
    samples.push_back(
        {{"SoftmaxCrossEntropyLoss", 17, {{"reduction", reduction}}, 2}, {spread({2, 3, 4}), classes}});
  }
  const Attribute ignored = int64_t{1};
  samples.push_back({{"NegativeLogLikelihoodLoss", 17, {{"ignore_index", ignored}}},
                     {spread({2, 3, 4}), classes, weights}});
}

void add_attention(std::vector<GradientSample>& samples) {
  const at::Tensor q = spread({1, 2, 3, 4}, "q"), k = spread({1, 2, 5, 4}, "k"),
                   v = spread({1, 2, 5, 3}, "v");
  samples.push_back({{"Attention", 23}, {q, k, v}});
  samples.push_back(
      {{"Attention", 23, {{"is_causal", int64_t{1}}, {"softcap", 2.0}}}, {q, k, v, spread({3, 5}, "mask")}});
  const at::Tensor angle = spread({3, 2}, "angle");
  for (const int64_t interleaved : {0, 1})
    samples.push_back(
        {{"RotaryEmbedding", 23, {{"interleaved", interleaved}}}, {q, at::cos(angle), at::sin(angle)}});
}

}  // namespace

void add_selections(std::vector<GradientSample>& samples) {
  add_attention(samples);
  const at::Tensor x = spread({2, 3, 4});
  const at::Tensor places = integers({0, -1, 1, 1, 2, 0, 2, 0}).reshape({2, 1, 4});
  samples.push_back({{"GatherElements", 17, {{"axis", int64_t{1}}}}, {x, places}});
  samples.push_back({{"GatherND"}, {x, integers({1, -1, 0, 2}).reshape({2, 2})}});
  samples.push_back({{"GatherND", 17, {{"batch_dims", int64_t{1}}}}, {x, integers({1, -1}).reshape({2, 1})}});
  for (const char* reduction : {"none", "add", "mul", "max", "min"}) {
    const at::Tensor updates = spread({2, 1, 4}, "updates") * 1.01;
    for (const char* op : {"ScatterElements", "Scatter"}) {
      samples.push_back({{op, 18, {{"axis", int64_t{1}}, {"reduction", reduction}}}, {x, places, updates}});
    }
    samples.push_back({{"ScatterND", 18, {{"reduction", reduction}}},
                       {x, integers({1, 2, 0, 1}).reshape({2, 2}), spread({2, 4}, "updates") * 1.01}});
  }
  samples.push_back({{"OneHot"}, {integers({1, -1, 5}), at::full({}, 3, at::kLong), numbers({0.3, 0.7})}});
  samples.push_back({{"TopK", 17, {{"axis", int64_t{1}}, {"largest", int64_t{0}}}, 2}, {x, integers({2})}});
  samples.push_back({{"Unique", 17, {}, 4}, {x}});
  samples.push_back({{"Unique", 17, {{"axis", int64_t{1}}, {"sorted", int64_t{0}}}}, {x}});
  samples.push_back({{"Compress", 17, {{"axis", int64_t{2}}}}, {x, integers({0, 1, 1}).to(at::kBool)}});
  samples.push_back({{"Compress"}, {x, integers({0, 1, 1}).to(at::kBool)}});
  for (const char* mode : {"DCR", "CRD"}) {
    samples.push_back(
        {{"DepthToSpace", 17, {{"blocksize", int64_t{2}}, {"mode", mode}}}, {spread({1, 8, 2, 3})}});
  }
  samples.push_back({{"SpaceToDepth", 17, {{"blocksize", int64_t{2}}}}, {spread({1, 2, 4, 6})}});
  samples.push_back({{"ReverseSequence"}, {x, integers({2, 0, 1})}});
  samples.push_back({{"Trilu"}, {x, at::full({}, 1, at::kLong)}});
  samples.push_back({{"Trilu", 17, {{"upper", int64_t{0}}}}, {x}});
  samples.push_back(
      {{"MaxUnpool", 17, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}}},
       {spread({1, 1, 2, 2}), integers({5, 7, 13, 15}).reshape({1, 1, 2, 2}), integers({1, 1, 5, 5})}});
  add_losses(samples);
}

void add_resampling(std::vector<GradientSample>& samples) {
  const at::Tensor x = spread({1, 2, 4, 3});
  const at::Tensor sizes = integers({1, 2, 3, 5});
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    for (const char* coordinates : {"half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"}) {
      samples.push_back({{"Resize", 17, {{"mode", mode}, {"coordinate_transformation_mode", coordinates}}},
                         {x, at::Tensor(), at::Tensor(), sizes}});
    }
    samples.push_back(
        {{"Resize", 17, {{"mode", mode}, {"coordinate_transformation_mode", "tf_crop_and_resize"}}},
         {x, integers({0, 0, -1, 0, 1, 1, 1, 1}), at::Tensor(), sizes}});
  }
  samples.push_back({{"Resize", 17, {{"mode", "cubic"}, {"exclude_outside", int64_t{1}}}},
                     {x, at::Tensor(), at::Tensor(), sizes}});
  samples.push_back(
      {{"Upsample", 7, {{"mode", "linear"}, {"scales", std::vector<double>{1, 1, 2, 1.5}}}}, {x}});
  // Away from the places where the grid leaves one pixel for the next.
  const at::Tensor grid = at::remainder(spread({1, 2, 3, 2}, "grid"), 1.6) - 0.83;
  for (const char* mode : {"bilinear", "nearest", "bicubic"}) {
    for (const char* padding : {"zeros", "border", "reflection"}) {
      samples.push_back(
          {{"GridSample", 17, {{"mode", mode}, {"padding_mode", padding}}}, {spread({1, 2, 4, 5}), grid}});
    }
  }
  const at::Tensor regions =
      at::tensor({0.3, 0.4, 2.6, 3.1, 1.1, 0.2, 3.7, 2.9}, at::kDouble).reshape({2, 4});
  for (const char* mode : {"avg", "max"}) {
    samples.push_back(
        {{"RoiAlign", 16, {{"mode", mode}, {"output_height", int64_t{2}}, {"output_width", int64_t{3}}}},
         {spread({2, 2, 4, 5}), regions, integers({1, 0})}});
  }
}

void add_recurrence(std::vector<GradientSample>& samples) {
  struct Kind {
    const char* op;
    int64_t gates;
  };
  for (const auto& [op, gates] : {Kind{"RNN", 1}, Kind{"GRU", 3}, Kind{"LSTM", 4}}) {
    const auto inputs = [&, gates = gates](int64_t directions) -> std::vector<at::Tensor> {
      constexpr int64_t kUnits = 2, kInputs = 3;
      return {spread({4, 2, kInputs}) * 0.5, spread({directions, gates * kUnits, kInputs}, "w") * 0.5,
              spread({directions, gates * kUnits, kUnits}, "r") * 0.5,
              spread({directions, 2 * gates * kUnits}, "b") * 0.5};
    };
    const bool is_lstm = op == std::string("LSTM");
    const size_t outputs = is_lstm ? 3 : 2;
    samples.push_back({{op, 14, {}, outputs}, inputs(1)});
    samples.push_back({{op, 14, {{"direction", "reverse"}, {"layout", int64_t{1}}}, outputs}, inputs(1)});
    std::vector<at::Tensor> both = inputs(2);
    both.push_back(integers({4, 2}));
    both.push_back(spread({2, 2, 2}, "h"));
    if (is_lstm) both.insert(both.end(), {spread({2, 2, 2}, "c"), spread({2, 6}, "p")});
    samples.push_back(
        {{op, 14, {{"direction", "bidirectional"}, {"linear_before_reset", int64_t{1}}}, outputs}, both});
  }
  samples.push_back({{"LSTM", 14, {{"input_forget", int64_t{1}}}},
                     {spread({3, 2, 2}) * 0.5, spread({1, 8, 2}, "w") * 0.5, spread({1, 8, 2}, "r") * 0.5}});
  samples.push_back({{"RNN", 14, {{"activations", std::vector<std::string>{"Softsign"}}}},
                     {spread({3, 2, 2}), spread({1, 2, 2}, "w"), spread({1, 2, 2}, "r")}});
}

}  // namespace shatterproof
