// SPDX-License-Identifier: Apache-2.0
#include "experiment/jacobian_spectrum.h"

#include "experiment/jacobian.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/run/execution.h"
#include "tests/experiment/subject.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::jacobian_spectrum_test {
namespace {

std::vector<Reading> spectrum(const Network& network, const Batch& batch) {
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  return measure(network, batch, {"jacobian_spectrum"}, request).readings;
}

// W_2 diag(W_1 x > 0) W_1 of a network of two linear maps.
at::Tensor explicit_jacobian(const Network& network, const at::Tensor& x) {
  const at::Tensor first = network.find_parameter("layer_1.weight")->value.to(at::kDouble);
  const at::Tensor second = network.find_parameter("layer_2.weight")->value.to(at::kDouble);
  return second.mm((first.mv(x) > 0).to(at::kDouble).unsqueeze(1) * first);
}

void expect_explicit(int64_t inputs, int64_t units) {
  const Network network = rectifier_network(inputs, units, 2, 3);
  const Batch batch = gaussian_batch(network.inputs(), 5, 1);
  const std::vector<Reading> readings = spectrum(network, batch);
  double median = 0, largest = 0, squares = 0, ranks = 0, alive = 0;
  for (int64_t i = 0; i < 5; ++i) {
    const at::Tensor jacobian = explicit_jacobian(network, batch.inputs[0][i].to(at::kDouble));
    const at::Tensor values = at::linalg_svdvals(jacobian);
    const double square = jacobian.square().sum().item<double>(), top = values[0].item<double>();
    median += at::quantile(values, 0.5).item<double>() / 5;
    largest += top / 5;
    squares += square / 5 / static_cast<double>(inputs);
    if (top > 0) ranks += square / (top * top), ++alive;
  }
  constexpr double kRounding = 1e-10;
  ASSERT_EQ(readings[0].x, (std::vector<double>{0, 0.05, 0.25, 0.5, 0.75, 0.95, 1}));
  EXPECT_NEAR(readings[0].values[3], median, kRounding);
  EXPECT_THAT(readings[0].values[6], IsNear(largest, kRounding));
  EXPECT_THAT(readings[1].value(), IsNear(squares, kRounding));
  EXPECT_THAT(readings[2].value(), IsNear(ranks / alive, kRounding));
}

TEST(JacobianSpectrum, AgreesWithTheExplicitJacobian) {
  expect_explicit(9, 5);  // rows from backward passes
  expect_explicit(4, 7);  // columns from forward derivatives
}

TEST(JacobianSpectrum, OfOrthogonalMapsIsFlat) {
  const Network network =
      initialize(
          build_family("feedforward:count=linear,input=8,width=8,output=8,depth=5,activation=identity"),
          "orthogonal:gain=1", 1)
          .network;
  Network orthogonal = network;
  orthogonal.set_parameter("layer_1.weight", at::eye(8) * 2);
  const std::vector<Reading> readings = spectrum(orthogonal, gaussian_batch(orthogonal.inputs(), 3, 1));
  constexpr double kSinglePrecisionWeights = 1e-5;
  for (const double value : readings[0].values) EXPECT_THAT(value, IsNear(2, kSinglePrecisionWeights));
  EXPECT_THAT(readings[1].value(), IsNear(4, kSinglePrecisionWeights));
  EXPECT_THAT(readings[2].value(), IsNear(8, kSinglePrecisionWeights));
}

TEST(JacobianSpectrum, HoldsTheStatisticsOfTheWholeBatch) {
  const Network network =
      initialize(build_family("feedforward:preset=batch_relu,depth=3,input=6,width=6,output=6"), "he", 1)
          .network;
  const Batch batch = gaussian_batch(network.inputs(), 10, 1);
  const RunOptions options{.functional = {Functional::Kind::probe}, .dtype = at::kDouble};
  const auto source = tap_source(network, options);
  const Batch held = with_statistics_inputs(batch, options);
  const at::Tensor values = at::linalg_svdvals(jacobians({*source, held, options, {}}, held, 6, 6));
  EXPECT_THAT(spectrum(network, batch)[0].values[6],
              IsNear(values.select(1, 0).mean().item<double>(), 1e-10));
  MeasureRequest through;
  through.batch_norm = BatchStatistics::attached;
  EXPECT_THAT(measure(network, batch, {"jacobian_spectrum"}, through).readings[0].undefined,
              ::testing::HasSubstr("coupled"));
}

TEST(JacobianSpectrum, LanczosFindsTheLeadingValues) {
  for (const auto& [inputs, units] : {std::pair<int64_t, int64_t>{90, 70}, {40, 60}, {10, 200}}) {
    const Network network = rectifier_network(inputs, units, 2, 3);
    const Batch batch = gaussian_batch(network.inputs(), 4, 1);
    const RunOptions options{.functional = {Functional::Kind::probe}, .dtype = at::kDouble};
    const auto source = tap_source(network, options);
    const ExperimentRun run{*source, batch, options, {}};
    const at::Tensor exact = at::linalg_svdvals(jacobians(run, batch, units, inputs));
    const LeadingValues leading = leading_values(run, batch, units, inputs, 8);
    constexpr double kConverged = 1e-6;
    EXPECT_LT((leading.singular_values / exact.narrow(1, 0, 8) - 1).abs().max().item<double>(), kConverged)
        << inputs << " inputs";
    // Eight probes of a squared norm with stable rank r: sqrt(2 / (8 r)).
    const at::Tensor norms = exact.square().sum(1), ranks = norms / exact.select(1, 0).square();
    EXPECT_LT(((leading.squared_norm / norms - 1).abs() * (4 * ranks).sqrt()).max().item<double>(), 4)
        << inputs << " inputs";
  }
}

TEST(JacobianSpectrum, OfAWideNetworkIsReadAtTheUpperEnd) {
  const Network network = rectifier_network(600, 530, 2, 3);
  const Batch batch = gaussian_batch(network.inputs(), 1, 1);
  const std::vector<Reading> readings = spectrum(network, batch);
  const at::Tensor exact = at::linalg_svdvals(explicit_jacobian(network, batch.inputs[0][0].to(at::kDouble)));
  ASSERT_EQ(readings[0].values.size(), 8U);
  EXPECT_THAT(readings[0].x[0], IsNear(1 - 7.0 / 529, 1e-12));
  constexpr double kConverged = 1e-3;
  for (int64_t k = 0; k < 8; ++k) {
    EXPECT_THAT(readings[0].values[static_cast<size_t>(7 - k)], IsNear(exact[k].item<double>(), kConverged))
        << k;
  }
}

TEST(JacobianSpectrum, OfADeadNetworkIsZeroWithoutAStableRank) {
  Network network = rectifier_network(4, 3, 2, 3);
  network.set_parameter("layer_2.weight", at::zeros({3, 3}));
  const std::vector<Reading> readings = spectrum(network, gaussian_batch(network.inputs(), 5, 1));
  for (const double value : readings[0].values) EXPECT_EQ(value, 0);
  EXPECT_EQ(readings[1].value(), 0);
  EXPECT_THAT(readings[2].undefined, ::testing::HasSubstr("Jacobian is zero"));
}

}  // namespace
}  // namespace shatterproof::jacobian_spectrum_test
