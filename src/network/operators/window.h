// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "network/operators/contract.h"

namespace shatterproof {

/// The sliding window of Conv and the pools, one entry per spatial axis: kernel_shape, strides, dilations,
/// and the pads that `pads` or `auto_pad` ask for.
struct Window {
  std::vector<int64_t> kernel, strides, dilations, begin, end;
  std::vector<int64_t> output;  ///< positions of the window

  bool symmetric() const { return begin == end; }
  bool dilated() const;
  bool padded() const;
  /// Padding at the end of an axis that makes exactly `output` positions fit: less than `end` crops nothing
  /// that counts.
  std::vector<int64_t> exact_end(at::IntArrayRef spatial) const;
};

/// `count` integers of an attribute in [least, 2^30], or `otherwise` each when it is absent.
std::vector<int64_t> window_attribute(const OperatorCall& call, const char* name, size_t count,
                                      int64_t otherwise, int64_t least);

/// Reads the window over `x`, [batch, channels, spatial...], whose kernel is `kernel` (attribute kernel_shape
/// when empty). Where `ceil_mode` is set a last, partial position counts unless it would begin in the
/// padding. Throws std::invalid_argument when anything is out of range or no position fits.
Window window_of(const OperatorCall& call, const at::Tensor& x, std::vector<int64_t> kernel, bool ceil_mode);

/// `x` padded with `value` along its spatial axes.
at::Tensor pad_spatial(const OperatorCall& call, const at::Tensor& x, const std::vector<int64_t>& begin,
                       const std::vector<int64_t>& end, const at::Scalar& value);

}  // namespace shatterproof
