// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/activation_raster.h"

#include "tests/measure/one_layer.h"

namespace shatterproof::activation_raster_test {
namespace {

TEST(ActivationRaster, OfTensorsByHand) {
  const Reading picture = activation_raster(by_hand());
  EXPECT_EQ(picture.shape, (std::vector<int64_t>{4, 4}));
  EXPECT_EQ(picture.values, (std::vector<double>{1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0}));
}

FakeTaps along(const at::Tensor& z) {
  FakeTaps taps = one_layer(z);
  taps.along_path = true;
  return taps;
}

Reading raster(const FakeTaps& taps, int64_t mini_batch = 0, const std::string& tap = "") {
  MeasurementOptions options;
  options.tap = tap;
  return find_reading(taps.measured_by(activation_raster_record(), options, mini_batch), "activation_raster",
                      ReadingType::matrix);
}

double share(const FakeTaps& taps) {
  return find_reading(taps.measured_by(activation_raster_record()), "activation_raster_share",
                      ReadingType::scalar)
      .value();
}

std::vector<double> slow_raster(const at::Tensor& z) {
  const at::Tensor rows = z.to(at::kDouble).flatten(1);
  const auto a = rows.accessor<double, 2>();
  std::vector<double> values;
  for (int64_t u = 0; u < rows.size(1); ++u) {
    for (int64_t b = 0; b < rows.size(0); ++b) values.push_back(a[b][u] > 0 ? 1 : 0);
  }
  return values;
}

TEST(ActivationRaster, ByHand) {
  const Reading reading = raster(along(by_hand()));
  EXPECT_EQ(reading.shape, (std::vector<int64_t>{4, 4}));
  EXPECT_EQ(reading.values, (std::vector<double>{1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(reading.tap, "relu_1");
  EXPECT_EQ(share(along(by_hand())), 1);
}

TEST(ActivationRaster, AgreesWithComparingOneByOneInAnyMiniBatches) {
  const at::Tensor z = gaussian_tensor("z", {150, 3, 7});
  for (const int64_t mini_batch : {0, 1, 7, 64, 100}) {
    EXPECT_EQ(raster(along(z), mini_batch).values, slow_raster(z)) << mini_batch;
    EXPECT_EQ(raster(along(z.to(at::kFloat)), mini_batch).values, slow_raster(z)) << mini_batch;
  }
}

TEST(ActivationRaster, ShowsTheLastLayerOrTheNamedOne) {
  FakeTaps taps = gaussian_taps(70);
  taps.along_path = true;
  for (const int64_t mini_batch : {0, 30}) {
    EXPECT_EQ(raster(taps, mini_batch).tap, "relu_3");
    EXPECT_EQ(raster(taps, mini_batch).values, slow_raster(taps.places[3].inputs[0]));
    EXPECT_EQ(raster(taps, mini_batch, "relu_2").values, slow_raster(taps.places[2].inputs[0]));
    EXPECT_EQ(raster(taps, mini_batch, "relu_2").depth, 2);
  }
}

TEST(ActivationRaster, ShowsEveryNthUnitOfAWideLayer) {
  const at::Tensor z = gaussian_tensor("z", {10, 1300});
  std::vector<int64_t> shown;
  for (int64_t row = 0; row < 512; ++row) shown.push_back(row * 1300 / 512);
  const at::Tensor chosen = z.index_select(1, at::tensor(shown));
  EXPECT_EQ(raster(along(z), 4).shape, (std::vector<int64_t>{512, 10}));
  EXPECT_EQ(raster(along(z), 4).values, slow_raster(chosen));
  EXPECT_EQ(share(along(z)), 512.0 / 1300);
  const at::Tensor longest = at::ones({}).expand({(int64_t{1} << 20) + 1, 5});
  EXPECT_EQ(raster(along(longest)).shape, (std::vector<int64_t>{3, (int64_t{1} << 20) + 1}));
}

TEST(ActivationRaster, SaysWhyItIsUndefined) {
  at::Tensor broken = gaussian_tensor("z", {70, 5});
  broken[66][1] = NAN;
  FakeTaps linear;
  linear.along_path = true;
  linear.add_input(at::ones({3, 2}), at::ones({3, 2}));
  const auto expect_reason = [](const FakeTaps& taps, const char* reason) {
    const std::vector<Reading> readings = taps.measured_by(activation_raster_record());
    EXPECT_EQ(readings.size(), 2U);
    for (const Reading& reading : readings) EXPECT_THAT(reading.undefined, ::testing::HasSubstr(reason));
  };
  expect_reason(along(broken), "not finite");
  expect_reason(linear, "no nonlinearity");
  expect_reason(one_layer(by_hand()), "not ordered");
}

}  // namespace
}  // namespace shatterproof::activation_raster_test
