// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>

namespace shatterproof {

/// Random changes of training images that leave their class as it is.
struct Augmentation {
  enum class Draw {
    none,
    image,  ///< every image its own change
    batch,  ///< one change for all images of a mini-batch
  };
  Draw draw = Draw::none;
  int64_t shift = 4;              ///< largest shift, in pixels, up, down, left and right; zeros come in
  double flip_probability = 0.5;  ///< of a mirror image, left and right exchanged

  /// "none", "image" or "batch". Throws std::invalid_argument otherwise.
  static Augmentation parse(const std::string& text);
};

/// Which examples of a data set make a mini-batch of training, and what its changes are drawn from.
struct AugmentedRows {
  std::span<const int64_t> examples;  ///< indices along axis 0
  uint64_t seed = 1;
  int64_t epoch = 0;
  int64_t mini_batch = 0;  ///< its number in the epoch
};

/// The chosen examples of `images`, each changed as `augmentation` says; images are floating-point
/// [examples, channels, height, width], contiguous, on the CPU.
///
/// What is drawn for an image is a function of (seed, epoch, its index) alone; with Draw::batch of (seed,
/// epoch, mini_batch). Uses no thread but its own, so that it can run beside training. Throws
/// std::invalid_argument when images are to be changed that are none.
at::Tensor augmented(const at::Tensor& images, const Augmentation& augmentation, const AugmentedRows& rows);

}  // namespace shatterproof
