// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

int64_t position_in(const OperatorCall& call, const char* attribute, const std::string& given,
                    std::initializer_list<std::string_view> known) {
  const auto found = std::find(known.begin(), known.end(), given);
  if (found == known.end())
    reject_call(call, fmt::format("{} is {}", attribute, fmt::join(known, " or ")), given);
  return found - known.begin();
}

/// Operator set 20 renamed the modes.
int64_t sampling_mode(const OperatorCall& call) {
  if (call.node.opset >= 20) {
    return position_in(call, "mode", call.node.text("mode", "linear"), {"linear", "nearest", "cubic"});
  }
  return position_in(call, "mode", call.node.text("mode", "bilinear"), {"bilinear", "nearest", "bicubic"});
}

/// A grid whose coordinates are those of the nearest positions, halves to even as the operator set has it:
/// LibTorch before 2 rounds them away from zero in three dimensions.
at::Tensor at_nearest_positions(const at::Tensor& grid, const at::Tensor& x, bool aligns_corners) {
  std::vector<double> sizes;  // width first, as a grid has it
  for (int64_t axis = x.dim() - 1; axis >= 2; --axis) sizes.push_back(static_cast<double>(x.size(axis)));
  const at::Tensor size = at::tensor(sizes, grid.options());
  if (!aligns_corners) return (at::round(((grid + 1) * size - 1) / 2) * 2 + 1) / size - 1;
  const at::Tensor last = at::clamp(size - 1, 1);  // of one position, any coordinate is it
  return at::round((grid + 1) / 2 * last) * 2 / last - 1;
}

std::vector<at::Tensor> grid_sample(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const at::Tensor& grid = floating_input(call, 1);
  if ((x.dim() != 4 && x.dim() != 5) || grid.dim() != x.dim() || grid.size(-1) != x.dim() - 2) {
    reject_call(call, "the grid gives 2 or 3 coordinates per position",
                fmt::format("{} and {}", shape_text(x.sizes()), shape_text(grid.sizes())));
  }
  std::vector<int64_t> sizes = grid.sizes().vec();
  sizes.back() = x.size(1);
  check_size(call, sizes, x.element_size());
  const int64_t padding = position_in(call, "padding_mode", call.node.text("padding_mode", "zeros"),
                                      {"zeros", "border", "reflection"});
  constexpr int64_t kNearest = 1;
  const int64_t mode = sampling_mode(call);
  const bool aligns_corners = call.node.integer("align_corners", 0) != 0;
  const bool rounds_by_itself = mode == kNearest && x.dim() == 5;
  const at::Tensor places = rounds_by_itself ? at_nearest_positions(grid, x, aligns_corners) : grid;
  return {at::grid_sampler(x, places, mode, padding, aligns_corners)};
}

/// Weights that interpolate linearly between two positions of an axis, apart: [..., samples, size] each.
struct Interpolation {
  at::Tensor low, high;

  at::Tensor both() const { return low + high; }
};

/// At `places` on an axis of `size`. A sample more than one position outside reads nothing.
Interpolation interpolation(const at::Tensor& places, int64_t size) {
  const auto last = static_cast<double>(size - 1);
  const at::Tensor place = at::clamp(places, 0, last);
  const at::Tensor low = at::floor(place);
  const at::Tensor high = at::clamp(low + 1, {}, last);
  const at::Tensor share = place - low;
  const at::Tensor inside =
      at::logical_and(places >= -1, places <= static_cast<double>(size)).to(at::kDouble);
  const auto rows = [&](const at::Tensor& at, const at::Tensor& weights) {
    return at::zeros({places.numel(), size}, places.options())
        .scatter_add(1, at.to(at::kLong).unsqueeze(1), (weights * inside).unsqueeze(1));
  };
  return {rows(low, 1 - share), rows(high, share)};
}

struct RoiPooling {
  int64_t height, width;        ///< of the output
  int64_t samples;              ///< per bin and axis; 0: as many as a bin has positions
  double scale, offset, least;  ///< of a region's borders; the least size of a region
  bool takes_maximum;
};

RoiPooling roi_pooling_of(const OperatorCall& call) {
  const bool half_pixel =
      call.node.opset >= 16 && position_in(call, "coordinate_transformation_mode",
                                           call.node.text("coordinate_transformation_mode", "half_pixel"),
                                           {"output_half_pixel", "half_pixel"}) == 1;
  const bool takes_maximum = position_in(call, "mode", call.node.text("mode", "avg"), {"avg", "max"}) == 1;
  const RoiPooling pooling{call.node.integer("output_height", 1),
                           call.node.integer("output_width", 1),
                           call.node.integer("sampling_ratio", 0),
                           call.node.number("spatial_scale", 1.0),
                           half_pixel ? 0.5 : 0.0,
                           half_pixel ? 0.0 : 1.0,
                           takes_maximum};
  constexpr int64_t kLargest = int64_t{1} << 20;
  for (const int64_t number : {pooling.height, pooling.width, pooling.samples + 1}) {
    if (number < 1 || number > kLargest)
      reject_call(call, "output sizes and sampling_ratio lie in [1, 2^20]", fmt::format("{}", number));
  }
  return pooling;
}

/// Of the samples of `bins` bins between two borders, one number each: [bins, samples, size].
Interpolation bin_weights(const OperatorCall& call, const RoiPooling& pooling, const at::Tensor& from,
                          const at::Tensor& to, int64_t bins, int64_t size) {
  const at::Tensor begin = from * pooling.scale - pooling.offset;
  const at::Tensor length = at::clamp(to * pooling.scale - pooling.offset - begin, pooling.least);
  const at::Tensor bin = length / static_cast<double>(bins);
  constexpr double kMost = 1e6;
  if (!(std::abs(begin.item<double>()) < kMost) || !(length.item<double>() < kMost))
    reject_call(call, "regions are finite", "others");
  const int64_t samples = pooling.samples > 0
                              ? pooling.samples
                              : std::max<int64_t>(1, static_cast<int64_t>(std::ceil(bin.item<double>())));
  check_size(call, {bins, samples, size}, 8);
  const at::Tensor i = at::arange(bins * samples, begin.options());
  const at::Tensor places = (i + 0.5) * (bin / static_cast<double>(samples)) + begin;
  const Interpolation rows = interpolation(places, size);
  return {rows.low.reshape({bins, samples, size}), rows.high.reshape({bins, samples, size})};
}

/// The largest of the four weighted neighbours of any sample of a bin, not of what is interpolated: so ONNX's
/// tests and ONNX Runtime have it.
at::Tensor largest_in_bins(const at::Tensor& image, const Interpolation& rows, const Interpolation& columns) {
  at::Tensor largest;
  for (const at::Tensor& row : {rows.low, rows.high}) {
    for (const at::Tensor& column : {columns.low, columns.high}) {
      const at::Tensor weighted =
          at::matmul(at::matmul(row.flatten(0, 1), image), column.flatten(0, 1).t())
              .reshape({image.size(0), row.size(0), row.size(1), column.size(0), column.size(1)});
      const at::Tensor in_bins = at::amax(weighted, {2, 4});
      largest = largest.defined() ? at::maximum(largest, in_bins) : in_bins;
    }
  }
  return largest;
}

/// One region: interpolation along height and along width are matrices, and so are their means over a bin.
at::Tensor pooled_region(const at::Tensor& image, const RoiPooling& pooling, const Interpolation& rows,
                         const Interpolation& columns) {
  const auto placed = [&](const Interpolation& weights) -> Interpolation {
    return {weights.low.to(image.options()), weights.high.to(image.options())};
  };
  if (pooling.takes_maximum) return largest_in_bins(image, placed(rows), placed(columns));
  const at::Tensor row = placed(rows).both().mean(1), column = placed(columns).both().mean(1);
  return at::matmul(at::matmul(row, image), column.t());
}

std::vector<at::Tensor> roi_align(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const at::Tensor& regions = floating_input(call, 1);
  const RoiPooling pooling = roi_pooling_of(call);
  if (x.dim() != 4 || x.size(2) < 1 || x.size(3) < 1)
    reject_call(call, "input is [batch, channels, height, width]", shape_text(x.sizes()));
  if (regions.dim() != 2 || regions.size(1) != 4)
    reject_call(call, "regions are [regions, 4]", shape_text(regions.sizes()));
  const at::Tensor examples = front_indices(call, input_of(call, 2), regions, x.size(0)).flatten();
  if (examples.numel() != regions.size(0))
    reject_call(call, "a batch index per region", shape_text(input_of(call, 2).sizes()));
  check_size(call, {regions.size(0), x.size(1), pooling.height, pooling.width}, x.element_size());
  const at::Tensor borders = regions.to(at::kDouble);  // left, top, right, bottom
  std::vector<at::Tensor> pooled;
  for (int64_t i = 0; i < regions.size(0); ++i) {
    const at::Tensor border = borders[i];
    const Interpolation rows = bin_weights(call, pooling, border[1], border[3], pooling.height, x.size(2));
    const Interpolation columns = bin_weights(call, pooling, border[0], border[2], pooling.width, x.size(3));
    pooled.push_back(pooled_region(x[examples[i].item<int64_t>()], pooling, rows, columns));
  }
  if (pooled.empty()) return {at::zeros({0, x.size(1), pooling.height, pooling.width}, x.options())};
  return {at::stack(pooled)};
}

constexpr OperatorRow kSamplingRows[] = {
    {{"GridSample", OperatorRole::pooling, true, 2, 2, grid_sample},
     {"16, 20, 22", OrderRule::by_role, Export::rewritten, grid_sample_bound}},
    {{"RoiAlign", OperatorRole::pooling, true, 3, 3, roi_align},
     {"10, 16, 22", OrderRule::by_role, Export::rewritten, roi_align_bound}},
};

}  // namespace

std::span<const OperatorRow> sampling_operators() {
  return kSamplingRows;
}

}  // namespace shatterproof
