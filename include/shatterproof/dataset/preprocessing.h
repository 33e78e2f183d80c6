// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// x -> (x / scale - mean) / std, mean and std one number, or one per channel, or none.
struct Preprocessing {
  double scale = 1;
  std::vector<double> mean, std;

  bool is_identity() const { return scale == 1 && mean.empty() && std.empty(); }
};

/// As float32. Channels are axis 1, or the last axis when only that has as many entries. Throws
/// std::invalid_argument when neither has, when scale or a std is 0, or a number is not finite.
at::Tensor preprocessed(const at::Tensor& examples, const Preprocessing& preprocessing);

/// What brings examples to mean 0 and standard deviation 1: per channel of images [examples, channels,
/// height, width], else over all numbers. Sums in double. Throws std::invalid_argument when one has no
/// variance.
Preprocessing standardization_of(const at::Tensor& examples);

/// Mean and deviation of every channel over examples and positions, in double, broadcastable over the input.
/// Channels are axis 1 of images [examples, channels, height, width...], else the last axis.
struct ChannelMoments {
  at::Tensor mean, deviation;
};
ChannelMoments channel_moments(const at::Tensor& input);

/// The batch with every channel of its real inputs brought to mean 0 and deviation 1; what does not vary goes
/// to 0.
Batch standardized(const Batch& batch);

enum class Layout {
  automatic,  ///< what the network's input shape says; channels first when it does not
  nchw,       ///< the network takes channels first
  nhwc,       ///< the network takes channels last
};
Layout parse_layout(const std::string& word);

/// Images [examples, channels, height, width] as the network's input takes them: channels first, last or
/// flattened in that order.
at::Tensor images_for_input(const at::Tensor& images, const Input& input, Layout layout);

/// Examples in the shape and dtype of the network's input. Axes of length 1 may come and go and examples may
/// be flattened or unflattened; axes never change their order. Throws std::invalid_argument naming both
/// shapes when they disagree, and when floating-point numbers are given for an integer input.
at::Tensor fitted_to_input(const at::Tensor& examples, const Input& input);

}  // namespace shatterproof
