// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace shatterproof {

/// How Resize reads an axis: the attributes that all axes share.
struct Interpolation {
  std::string mode = "nearest";                ///< nearest, linear or cubic
  std::string coordinates = "half_pixel";      ///< coordinate_transformation_mode
  std::string nearest = "round_prefer_floor";  ///< nearest_mode
  double cubic_coefficient = -0.75;
  bool excludes_outside = false;
  double extrapolation = 0;  ///< the value outside, for tf_crop_and_resize
};

/// One axis to resize.
struct ResizedAxis {
  int64_t axis = 0;
  int64_t size = 0;           ///< of the output
  double scale = 1;           ///< output positions per input position, as given or size / input size
  double start = 0, end = 1;  ///< region of interest, as shares of the axis
};

/// `x` with one axis resized: every output position reads 1 (nearest), 2 (linear) or 4 (cubic) positions
/// around the place it comes from; beyond the ends the outermost ones.
///
///   half_pixel            (i + 1/2) / scale - 1/2
///   pytorch_half_pixel    the same, 0 for an output of one position
///   half_pixel_symmetric  the same, centred where scale * input is no integer
///   tf_half_pixel_for_nn  (i + 1/2) / scale
///   asymmetric            i / scale
///   align_corners         i (input - 1) / (output - 1), 0 for an output of one position
///   tf_crop_and_resize    start (input - 1) + i (end - start) (input - 1) / (output - 1), the middle of the
///                         region for an output of one position
///
/// Linear in `x`; differentiated with respect to it.
at::Tensor resized(const at::Tensor& x, const ResizedAxis& axis, const Interpolation& interpolation);

}  // namespace shatterproof
