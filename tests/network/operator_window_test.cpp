// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gradient_samples.h"
#include "operator_call.h"

namespace shatterproof::operator_window_test {
namespace {

using Ints = std::vector<int64_t>;

constexpr double kRounding = 1e-12;  // of sums of some tens of float64 numbers of size 10

/// One axis of a window, as the operator set states it.
struct Axis {
  int64_t kernel, stride, dilation, begin, end;
  bool ceil_mode;

  int64_t positions(int64_t size) const {
    const int64_t reach = dilation * (kernel - 1) + 1;
    const double exact = static_cast<double>(size + begin + end - reach) / static_cast<double>(stride) + 1;
    auto count = static_cast<int64_t>(ceil_mode ? std::ceil(exact) : std::floor(exact));
    if (ceil_mode && (count - 1) * stride >= size + begin) --count;
    return count;
  }
};

struct Planes {
  at::Tensor max, index, mean, mean_with_pads;
};

/// Pools one plane of float64 numbers by the definition.
Planes pooled_by_definition(const at::Tensor& plane, const Axis& rows, const Axis& columns) {
  const int64_t height = plane.size(0), width = plane.size(1);
  const int64_t out_rows = rows.positions(height), out_columns = columns.positions(width);
  const at::Tensor max = at::empty({out_rows, out_columns}, at::kDouble);
  Planes result{max, at::zeros({out_rows, out_columns}, at::kLong), at::empty_like(max), at::empty_like(max)};
  for (int64_t i = 0; i < out_rows; ++i) {
    for (int64_t j = 0; j < out_columns; ++j) {
      double largest = -std::numeric_limits<double>::infinity(), sum = 0;
      int64_t where = 0, inside = 0, counted = 0;
      for (int64_t a = 0; a < rows.kernel; ++a) {
        for (int64_t b = 0; b < columns.kernel; ++b) {
          const int64_t r = i * rows.stride + a * rows.dilation - rows.begin;
          const int64_t c = j * columns.stride + b * columns.dilation - columns.begin;
          if (r >= height + rows.end || c >= width + columns.end) continue;
          ++counted;
          if (r < 0 || c < 0 || r >= height || c >= width) continue;
          ++inside;
          const double value = plane[r][c].item<double>();
          sum += value;
          if (value > largest) {
            largest = value;
            where = r * width + c;
          }
        }
      }
      result.max[i][j] = largest;
      result.index[i][j] = where;
      result.mean[i][j] = sum / static_cast<double>(inside);
      result.mean_with_pads[i][j] = sum / static_cast<double>(counted);
    }
  }
  return result;
}

TEST(Pooling, IsTheDefinitionWhateverPadsStridesDilationsAndRounding) {
  const at::Tensor plane = spread({6, 5});
  const at::Tensor x = plane.reshape({1, 1, 6, 5});
  for (const int64_t ceil_mode : {0, 1}) {
    for (const Ints& kernel : {Ints{2, 2}, {3, 2}, {1, 3}}) {
      for (const Ints& strides : {Ints{1, 1}, {2, 3}}) {
        for (const Ints& dilations : {Ints{1, 1}, {2, 1}}) {
          for (const Ints& pads : {Ints{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 1, 2, 0}, {2, 0, 0, 1}}) {
            const Axis rows{kernel[0], strides[0], dilations[0], pads[0], pads[2], ceil_mode != 0};
            const Axis columns{kernel[1], strides[1], dilations[1], pads[1], pads[3], ceil_mode != 0};
            const bool all_pads = pads[0] >= dilations[0] * (kernel[0] - 1) + 1 || pads[1] >= kernel[1] ||
                                  pads[2] >= dilations[0] * (kernel[0] - 1) + 1 || pads[3] >= kernel[1];
            if (all_pads) continue;  // a window of nothing but padding has no mean
            const Planes expected = pooled_by_definition(plane, rows, columns);
            std::map<std::string, Attribute> attributes = {{"kernel_shape", kernel},
                                                           {"strides", strides},
                                                           {"dilations", dilations},
                                                           {"pads", pads},
                                                           {"ceil_mode", ceil_mode}};
            SCOPED_TRACE(fmt::format("kernel {} strides {} dilations {} pads {} ceil {}", kernel, strides,
                                     dilations, pads, ceil_mode));
            const std::vector<at::Tensor> max = outputs_of({"MaxPool", 19, attributes, 2}, {x});
            EXPECT_TRUE(identical(max[0][0][0], expected.max));
            EXPECT_TRUE(identical(max[1][0][0], expected.index));
            const at::Tensor mean = output_of({"AveragePool", 19, attributes}, {x})[0][0];
            ASSERT_EQ(mean.sizes(), expected.mean.sizes());
            EXPECT_TRUE(at::allclose(mean, expected.mean, kRounding, kRounding)) << mean << expected.mean;
            attributes["count_include_pad"] = int64_t{1};
            const at::Tensor with_pads = output_of({"AveragePool", 19, attributes}, {x})[0][0];
            EXPECT_TRUE(at::allclose(with_pads, expected.mean_with_pads, kRounding, kRounding))
                << with_pads << expected.mean_with_pads;
          }
        }
      }
    }
  }
}

TEST(Pooling, CountsIndicesInTheWholeTensor) {
  const at::Tensor x = at::arange(2 * 2 * 2 * 3, at::kDouble).reshape({2, 2, 2, 3});
  const NodeText row_major{"MaxPool", 12, {{"kernel_shape", Ints{2, 3}}}, 2};
  const NodeText column_major{
      "MaxPool", 12, {{"kernel_shape", Ints{2, 3}}, {"storage_order", int64_t{1}}}, 2};
  EXPECT_TRUE(identical(outputs_of(row_major, {x})[1].flatten(), integers({5, 11, 17, 23})));
  const NodeText first_row{"MaxPool", 12, {{"kernel_shape", Ints{1, 2}}, {"storage_order", int64_t{1}}}, 2};
  EXPECT_TRUE(identical(outputs_of(first_row, {x})[1][0][1], integers({2, 4, 3, 5}).reshape({2, 2}) + 6));
  EXPECT_TRUE(identical(outputs_of(column_major, {x})[1].flatten(), integers({5, 11, 17, 23})));
}

TEST(Pooling, TakesBytes) {
  const at::Tensor x = integers({-3, 2, -7, -128}).to(at::kChar).reshape({1, 1, 4});
  const NodeText pool{"MaxPool", 12, {{"kernel_shape", Ints{2}}, {"pads", Ints{1, 0}}}};
  EXPECT_TRUE(identical(output_of(pool, {x}), integers({-3, 2, 2, -7}).to(at::kChar).reshape({1, 1, 4})));
}

/// Correlation of one image with one kernel by the definition.
double correlated(const at::Tensor& x, const at::Tensor& weight, Ints at, const Ints& dilations) {
  double sum = 0;
  for (int64_t c = 0; c < weight.size(0); ++c) {
    for (int64_t a = 0; a < weight.size(1); ++a) {
      for (int64_t b = 0; b < weight.size(2); ++b) {
        const int64_t r = at[0] + a * dilations[0], s = at[1] + b * dilations[1];
        if (r < 0 || s < 0 || r >= x.size(1) || s >= x.size(2)) continue;
        sum += x[c][r][s].item<double>() * weight[c][a][b].item<double>();
      }
    }
  }
  return sum;
}

TEST(Conv, IsTheDefinitionWithAsymmetricPadsAndGroups) {
  const at::Tensor x = spread({1, 4, 5, 6}), weight = spread({6, 2, 3, 2}, "w"), bias = spread({6}, "b");
  const Ints pads = {2, 0, 1, 3}, strides = {2, 1}, dilations = {1, 2};
  const at::Tensor y = output_of(
      {"Conv", 11, {{"pads", pads}, {"strides", strides}, {"dilations", dilations}, {"group", int64_t{2}}}},
      {x, weight, bias});
  ASSERT_EQ(y.sizes(), at::IntArrayRef({1, 6, 3, 7}));
  for (int64_t m = 0; m < 6; ++m) {
    const at::Tensor group = x[0].slice(0, m / 3 * 2, m / 3 * 2 + 2);
    for (int64_t i = 0; i < 3; ++i) {
      for (int64_t j = 0; j < 7; ++j) {
        const double expected =
            correlated(group, weight[m], {i * 2 - 2, j}, dilations) + bias[m].item<double>();
        EXPECT_NEAR(y[0][m][i][j].item<double>(), expected, kRounding * 10);
      }
    }
  }
}

TEST(Conv, PadsAutomaticallyAtTheEndOrTheBeginning) {
  const at::Tensor x = floats({1, 2, 3, 4}, {1, 1, 4}), weight = floats({1, 10, 100}, {1, 1, 3});
  const auto y = [&](const char* auto_pad, int64_t stride) {
    return output_of({"Conv", 11, {{"auto_pad", auto_pad}, {"strides", Ints{stride}}}}, {x, weight})
        .flatten();
  };
  EXPECT_TRUE(identical(y("VALID", 1), floats({321, 432})));
  EXPECT_TRUE(identical(y("SAME_UPPER", 1), floats({210, 321, 432, 43})));
  EXPECT_TRUE(identical(y("SAME_UPPER", 2), floats({321, 43})));
  EXPECT_TRUE(identical(y("SAME_LOWER", 2), floats({210, 432})));
  EXPECT_EQ(refusal_of({"Conv", 11, {{"auto_pad", "SAME"}}}, {x, weight}),
            "Conv 'node_1': auto_pad is NOTSET, SAME_UPPER, SAME_LOWER or VALID; got SAME");
}

TEST(Conv, RefusesWeightsThatDoNotFit) {
  const at::Tensor x = at::zeros({1, 4, 5, 5});
  EXPECT_EQ(refusal_of({"Conv"}, {x, at::zeros({2, 3, 1, 1})}),
            "Conv 'node_1': weight of 1 groups fits input [1, 4, 5, 5]; got [2, 3, 1, 1]");
  EXPECT_EQ(refusal_of({"Conv"}, {x, at::zeros({2, 4, 1, 1}), at::zeros({3})}),
            "Conv 'node_1': bias is [2]; got [3]");
  EXPECT_EQ(refusal_of({"Conv"}, {x, at::zeros({2, 4, 6, 1})}),
            "Conv 'node_1': the window [6, 1] fits the padded input; got [1, 4, 5, 5]");
  EXPECT_NE(refusal_of({"Conv", 17, {{"kernel_shape", Ints{2, 2}}}}, {x, at::zeros({2, 4, 1, 1})}), "");
}

}  // namespace
}  // namespace shatterproof::operator_window_test
