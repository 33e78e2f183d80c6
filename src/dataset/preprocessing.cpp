// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/preprocessing.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

std::string shape_text(at::IntArrayRef sizes) {
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

// One number, or one per channel, shaped to broadcast over the examples.
at::Tensor per_channel(const at::Tensor& examples, const std::vector<double>& numbers,
                       std::string_view name) {
  for (const double number : numbers) {
    if (!std::isfinite(number)) reject(name, "must be finite", fmt::format("{}", number));
  }
  const at::Tensor values = at::tensor(numbers, at::kDouble).to(at::kFloat);
  if (numbers.size() == 1) return values;
  const auto channels = static_cast<int64_t>(numbers.size());
  std::vector<int64_t> shape(static_cast<size_t>(examples.dim()), 1);
  if (examples.dim() > 1 && examples.size(1) == channels) {
    shape[1] = channels;
  } else if (examples.dim() > 1 && examples.size(-1) == channels) {
    shape.back() = channels;
  } else {
    reject(name, "takes one number, or one per channel",
           fmt::format("{} numbers for examples {}", channels, shape_text(examples.sizes())));
  }
  return values.view(shape);
}

// The shape without its axes of length 1; a free axis matches anything.
std::vector<int64_t> long_axes(at::IntArrayRef sizes) {
  std::vector<int64_t> axes;
  for (const int64_t size : sizes) {
    if (size != 1) axes.push_back(size);
  }
  return axes;
}

bool match(at::IntArrayRef given, at::IntArrayRef wanted) {
  return std::equal(given.begin(), given.end(), wanted.begin(), wanted.end(),
                    [](int64_t g, int64_t w) { return w < 0 || g == w; });
}

int64_t product(at::IntArrayRef sizes) {
  int64_t numbers = 1;
  for (const int64_t size : sizes) numbers *= size;
  return numbers;
}

bool takes_channels_last(const Input& input, at::IntArrayRef images) {
  const at::IntArrayRef shape = input.shape;
  constexpr size_t kImageAxes = 4;
  if (shape.size() != kImageAxes) return false;
  const bool first = match(images.slice(1), shape.slice(1));
  return !first && match({images[2], images[3], images[1]}, shape.slice(1));
}

// All axes but that of channels: axis 1 of an image, the last one otherwise.
std::vector<int64_t> axes_of_a_channel(const at::Tensor& input) {
  std::vector<int64_t> axes(static_cast<size_t>(input.dim()));
  std::iota(axes.begin(), axes.end(), 0);
  if (input.dim() >= 2) axes.erase(axes.begin() + (input.dim() >= 4 ? 1 : input.dim() - 1));
  return axes;
}

}  // namespace

at::Tensor preprocessed(const at::Tensor& examples, const Preprocessing& preprocessing) {
  if (!std::isfinite(preprocessing.scale) || preprocessing.scale == 0) {
    reject("scale", "must be finite and not 0", fmt::format("{}", preprocessing.scale));
  }
  for (const double deviation : preprocessing.std) {
    if (deviation == 0) reject("std", "must not be 0", "0");
  }
  at::Tensor x = examples.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  if (preprocessing.scale != 1) x.div_(preprocessing.scale);
  if (!preprocessing.mean.empty()) x.sub_(per_channel(x, preprocessing.mean, "mean"));
  if (!preprocessing.std.empty()) x.div_(per_channel(x, preprocessing.std, "std"));
  return x;
}

Preprocessing standardization_of(const at::Tensor& examples) {
  constexpr int64_t kImageAxes = 4;
  const std::vector<int64_t> axes =
      examples.dim() == kImageAxes ? std::vector<int64_t>{0, 2, 3} : std::vector<int64_t>{};
  const at::Tensor values = examples.dim() == kImageAxes ? examples : examples.reshape({-1});
  Preprocessing result;
  for (int64_t channel = 0; channel < (axes.empty() ? 1 : values.size(1)); ++channel) {
    const at::Tensor numbers = axes.empty() ? values : values.select(1, channel);
    const double mean = numbers.mean(at::kDouble).item<double>();
    const double square = (numbers.to(at::kDouble) - mean).square().mean().item<double>();
    if (!(square > 0)) reject("standardize", "the examples must have variance", fmt::format("{}", square));
    result.mean.push_back(mean);
    result.std.push_back(std::sqrt(square));
  }
  return result;
}

ChannelMoments channel_moments(const at::Tensor& input) {
  const at::Tensor numbers = input.to(at::kDouble);
  const std::vector<int64_t> axes = axes_of_a_channel(input);
  const auto [variance, mean] = at::var_mean(numbers, axes, /*unbiased=*/false, /*keepdim=*/true);
  return {mean, variance.sqrt()};
}

Batch standardized(const Batch& batch) {
  Batch scaled = batch;
  for (std::vector<at::Tensor>* inputs : {&scaled.inputs, &scaled.statistics_inputs}) {
    for (size_t i = 0; i < inputs->size(); ++i) {
      at::Tensor& input = (*inputs)[i];
      if (!at::isFloatingType(input.scalar_type())) continue;
      const ChannelMoments channels = channel_moments(batch.inputs[i]);
      const at::Tensor divisors =
          at::where(channels.deviation > 0, channels.deviation, at::ones_like(channels.deviation));
      input = ((input.to(at::kDouble) - channels.mean) / divisors).to(input.scalar_type());
    }
  }
  return scaled;
}

Layout parse_layout(const std::string& word) {
  if (word == "auto") return Layout::automatic;
  if (word == "nchw") return Layout::nchw;
  if (word == "nhwc") return Layout::nhwc;
  reject_unknown("inputs", "layout", word, {"auto", "nchw", "nhwc"});
}

at::Tensor images_for_input(const at::Tensor& images, const Input& input, Layout layout) {
  const bool last =
      layout == Layout::nhwc || (layout == Layout::automatic && takes_channels_last(input, images.sizes()));
  return fitted_to_input(last ? images.permute({0, 2, 3, 1}).contiguous() : images, input);
}

at::Tensor fitted_to_input(const at::Tensor& examples, const Input& input) {
  const auto refuse = [&](std::string_view rule) {
    reject(fmt::format("input '{}'", printable(input.name)), rule,
           fmt::format("{} {}", c10::toString(examples.scalar_type()), shape_text(examples.sizes())));
  };
  if (examples.dim() < 1 || input.shape.empty()) refuse("examples need a batch axis");
  if (examples.is_floating_point() && !at::isFloatingType(input.dtype)) {
    refuse(fmt::format("takes {}", c10::toString(input.dtype)));
  }
  const at::Tensor typed = examples.to(input.dtype);
  const at::IntArrayRef given = examples.sizes().slice(1);
  const at::IntArrayRef wanted = at::IntArrayRef(input.shape).slice(1);
  if (match(given, wanted)) return typed;
  const bool fixed = std::none_of(wanted.begin(), wanted.end(), [](int64_t size) { return size < 0; });
  const std::vector<int64_t> long_given = long_axes(given), long_wanted = long_axes(wanted);
  const bool same_order = long_given == long_wanted || long_given.size() <= 1 || long_wanted.size() <= 1;
  if (!fixed || !same_order || product(given) != product(wanted)) {
    refuse(fmt::format("one example must be {}", shape_text(wanted)));
  }
  std::vector<int64_t> shape = input.shape;
  shape[0] = examples.size(0);
  return typed.reshape(shape);
}

}  // namespace shatterproof
