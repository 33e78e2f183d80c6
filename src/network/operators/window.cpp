// SPDX-License-Identifier: Apache-2.0
#include "network/operators/window.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

namespace shatterproof {
namespace {

constexpr int64_t kLargest = int64_t{1} << 30;  // of any attribute: products of two stay far from overflow

/// Positions along one axis, pads settled.
int64_t positions(int64_t size, int64_t begin, int64_t end, int64_t reach, int64_t stride, bool ceil_mode) {
  const int64_t room = size + begin + end - reach;
  if (room < 0) return 0;
  int64_t count = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  if (ceil_mode && (count - 1) * stride >= size + begin) --count;
  return count;
}

}  // namespace

std::vector<int64_t> window_attribute(const OperatorCall& call, const char* name, size_t count,
                                      int64_t otherwise, int64_t least) {
  const std::vector<int64_t> values = call.node.integers(name);
  if (values.empty()) return std::vector<int64_t>(count, otherwise);
  if (values.size() != count) {
    reject_call(call, fmt::format("{} has {} numbers for this input", name, count), shape_text(values));
  }
  for (const int64_t value : values) {
    if (value < least || value > kLargest) {
      reject_call(call, fmt::format("{} lie in [{}, 2^30]", name, least), shape_text(values));
    }
  }
  return values;
}

bool Window::dilated() const {
  return std::any_of(dilations.begin(), dilations.end(), [](int64_t d) { return d != 1; });
}

bool Window::padded() const {
  const auto pads = [](int64_t p) { return p != 0; };
  return std::any_of(begin.begin(), begin.end(), pads) || std::any_of(end.begin(), end.end(), pads);
}

std::vector<int64_t> Window::exact_end(at::IntArrayRef spatial) const {
  std::vector<int64_t> exact(kernel.size());
  for (size_t i = 0; i < kernel.size(); ++i) {
    const int64_t reach = dilations[i] * (kernel[i] - 1) + 1;
    exact[i] = (output[i] - 1) * strides[i] + reach - spatial[i] - begin[i];
  }
  return exact;
}

Window window_of(const OperatorCall& call, const at::Tensor& x, std::vector<int64_t> kernel, bool ceil_mode) {
  const size_t axes = static_cast<size_t>(std::max<int64_t>(x.dim() - 2, 0));
  if (axes < 1 || axes > 3) {
    reject_call(call, "input is [batch, channels, positions...] with 1 to 3 axes of positions",
                shape_text(x.sizes()));
  }
  if (kernel.empty() && !call.node.has("kernel_shape"))
    reject_call(call, "needs attribute kernel_shape", "none");
  const std::vector<int64_t> given = window_attribute(call, "kernel_shape", axes, 0, 1);
  if (kernel.empty()) kernel = given;
  if (kernel.size() != axes || (call.node.has("kernel_shape") && given != kernel)) {
    reject_call(call, fmt::format("kernel_shape is {}", shape_text(kernel)), shape_text(given));
  }
  Window window{std::move(kernel),
                window_attribute(call, "strides", axes, 1, 1),
                window_attribute(call, "dilations", axes, 1, 1),
                {},
                {},
                {}};
  const std::string auto_pad = call.node.text("auto_pad", "NOTSET");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  if (!same && auto_pad != "NOTSET" && auto_pad != "VALID") {
    reject_call(call, "auto_pad is NOTSET, SAME_UPPER, SAME_LOWER or VALID", auto_pad);
  }
  const std::vector<int64_t> pads = auto_pad == "NOTSET" ? window_attribute(call, "pads", 2 * axes, 0, 0)
                                                         : std::vector<int64_t>(2 * axes, 0);
  window.begin.assign(pads.begin(), pads.begin() + static_cast<int64_t>(axes));
  window.end.assign(pads.begin() + static_cast<int64_t>(axes), pads.end());
  window.output.resize(axes);
  for (size_t i = 0; i < axes; ++i) {
    const int64_t size = x.size(static_cast<int64_t>(i) + 2);
    if (window.kernel[i] < 1 || window.kernel[i] > kLargest) {
      reject_call(call, "kernel sizes are positive", shape_text(window.kernel));
    }
    const int64_t reach = window.dilations[i] * (window.kernel[i] - 1) + 1;
    if (same) {
      window.output[i] = (size + window.strides[i] - 1) / window.strides[i];
      const int64_t pad = std::max<int64_t>(0, (window.output[i] - 1) * window.strides[i] + reach - size);
      window.begin[i] = auto_pad == "SAME_UPPER" ? pad / 2 : pad - pad / 2;
      window.end[i] = pad - window.begin[i];
    } else {
      window.output[i] = positions(size, window.begin[i], window.end[i], reach, window.strides[i], ceil_mode);
    }
    if (window.output[i] < 1) {
      reject_call(call, fmt::format("the window {} fits the padded input", shape_text(window.kernel)),
                  shape_text(x.sizes()));
    }
  }
  return window;
}

at::Tensor pad_spatial(const OperatorCall& call, const at::Tensor& x, const std::vector<int64_t>& begin,
                       const std::vector<int64_t>& end, const at::Scalar& value) {
  std::vector<int64_t> sizes = x.sizes().vec();
  std::vector<int64_t> last_axis_first;
  for (size_t i = begin.size(); i-- > 0;) {
    sizes[i + 2] += begin[i] + end[i];
    last_axis_first.insert(last_axis_first.end(), {begin[i], end[i]});
  }
  check_size(call, sizes, x.element_size());
  return at::constant_pad_nd(x, last_axis_first, value);
}

}  // namespace shatterproof
