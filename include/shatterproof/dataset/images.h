// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace shatterproof {

/// Labelled images as a file stores them.
struct Images {
  at::Tensor pixels;  ///< uint8 [examples, channels, height, width]
  at::Tensor labels;  ///< int64 [examples], or undefined
};

/// Which examples of a file are read.
struct ExampleRange {
  int64_t first = 0;
  int64_t count = 0;      ///< 0: all from `first` on
  bool or_fewer = false;  ///< `count`, or as many as there are
};

}  // namespace shatterproof
