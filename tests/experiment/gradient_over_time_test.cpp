// SPDX-License-Identifier: Apache-2.0
#include "experiment/gradient_over_time.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "experiment/jacobian.h"
#include "experiment/state_gradients.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/network/builder.h"
#include "tests/experiment/recurrent_network.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_over_time_test {
namespace {

constexpr double kRounding = 1e-9;  // of float32 weights that are exact, a few products in float64

using Readings = std::vector<Reading>;

Readings readings_of(const Network& network, const at::Tensor& x, int64_t mini_batch = 0) {
  Batch batch;
  batch.inputs = {x.to(at::kFloat)};
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  request.run.mini_batch = mini_batch;
  return measure(network, batch, {"gradient_over_time"}, request).readings;
}

const Reading& reading(const Readings& readings, const std::string& name, const std::string& tap = "") {
  for (const Reading& one : readings) {
    if (one.name == name && one.tap == tap) return one;
  }
  throw std::logic_error("no reading " + name + " at '" + tap + "'");
}

// A product of swaps and sign changes: orthogonal, and exact in float32.
at::Tensor signed_permutation(int64_t n) {
  at::Tensor q = at::zeros({n, n}, at::kFloat);
  for (int64_t i = 0; i < n; ++i) q[i][(i + 2) % n] = i % 2 == 0 ? 1 : -1;
  return q;
}

RecurrentSubject linear_subject(double a, int64_t steps) {
  RecurrentSubject subject;
  subject.steps = steps;
  subject.inputs = subject.units = 5;
  subject.activation = "Affine";
  subject.input_weight = at::eye(5, at::kFloat);
  subject.recurrent_weight = a * signed_permutation(5);
  return subject;
}

TEST(GradientOverTime, OfALinearRecurrenceOfAnOrthogonalMatrixIsAPower) {
  constexpr int64_t kSteps = 12;
  for (const double a : {.5, 1.0, 1.25}) {
    const Readings readings =
        readings_of(recurrent_network(linear_subject(a, kSteps)), gaussian_tensor("x", {3, kSteps, 5}));
    const Reading& curve = reading(readings, "gradient_over_time");
    ASSERT_EQ(curve.values.size(), static_cast<size_t>(kSteps));
    for (size_t k = 0; k < curve.values.size(); ++k)
      EXPECT_THAT(curve.values[k], IsNear(std::pow(a, static_cast<double>(k)), kRounding))
          << a << " at " << k;
    EXPECT_THAT(reading(readings, "gradient_over_time_rate").value(), IsNear(a, kRounding));
    EXPECT_EQ(reading(readings, "gradient_over_time_fit").is_defined(), a != 1);
    const Reading& length = reading(readings, "gradient_over_time_length");
    EXPECT_EQ(length.bound, a < 1 ? "" : ">");
    EXPECT_THAT(length.value(), IsNear(a < 1 ? -1 / std::log(a) : kSteps - 1, kRounding));
  }
}

TEST(GradientOverTime, SpansWhatTheStateAloneCarries) {
  RecurrentSubject subject = linear_subject(.5, 8);
  const at::Tensor x = gaussian_tensor("x", {3, 8, 5});
  const auto span = [&] {
    return reading(readings_of(recurrent_network(subject), x), "gradient_over_time_span");
  };
  EXPECT_EQ(span().value(), 7) << "the last step alone is read";
  subject.first_read = 5;
  EXPECT_EQ(span().value(), 5);
  subject.first_read = 0;
  EXPECT_EQ(span().value(), 0) << "every step is read";
}

// The same recurrence, written down with the tensor library and differentiated there.
TEST(GradientOverTime, OfAStackAgreesWithLoopsOverSteps) {
  constexpr int64_t kSteps = 6, kExamples = 4;
  RecurrentSubject subject;
  subject.steps = kSteps;
  subject.layers = 2;
  const Network network = recurrent_network(subject);
  const at::Tensor given = gaussian_tensor("x", {kExamples, kSteps, subject.inputs}).to(at::kFloat);
  const Readings readings = readings_of(network, given);

  const at::Tensor x = given.to(at::kDouble).requires_grad_(true);
  std::vector<at::Tensor> sequence = x.unbind(1);
  at::Tensor state, entered;  // what enters the second layer, apart from the first one's own states
  for (const char* layer : {"layer_1", "layer_2"}) {
    const auto weight = [&](const char* which) {
      return network.find_parameter(std::string(layer) + which)->value[0].to(at::kDouble);
    };
    state = at::zeros({kExamples, subject.units}, at::kDouble);
    entered = at::stack(sequence);
    sequence = entered.unbind();
    for (at::Tensor& e : sequence)
      e = state = at::tanh(e.mm(weight(".input_weight").t()) + state.mm(weight(".recurrent_weight").t()));
  }
  const at::Tensor v = gaussian_rows("gradient_over_time.1", 1, kExamples, subject.units).to(at::kDouble);
  const at::Tensor whole = torch::autograd::grad({state}, {x}, {v}, true)[0];
  const at::Tensor own = torch::autograd::grad({state}, {entered}, {v})[0];
  const auto last = static_cast<size_t>(kSteps - 1);
  for (size_t k = 0; k < static_cast<size_t>(kSteps); ++k) {
    const auto of = [&](size_t t) { return whole.select(1, static_cast<int64_t>(t)).norm().item<double>(); };
    EXPECT_THAT(reading(readings, "gradient_over_time").values[k], IsNear(of(last - k) / of(last), kRounding))
        << k;
    const auto of_own = [&](size_t t) { return own[static_cast<int64_t>(t)].norm().item<double>(); };
    EXPECT_THAT(reading(readings, "gradient_over_time", "layer_2").values[k],
                IsNear(of_own(last - k) / of_own(last), kRounding))
        << k;
  }
}

TEST(GradientOverTime, IsTheSameOfACellShownStepByStep) {
  // The first product is with the state of zeros, a constant: one step fewer.
  RecurrentSubject subject = linear_subject(.75, 9);
  const Network network = unrolled_network(subject);
  const Readings readings = readings_of(network, gaussian_tensor("x", {3, 9, 5}));
  const Reading& curve = reading(readings, "gradient_over_time");
  ASSERT_EQ(curve.values.size(), 8U);
  for (size_t k = 0; k < curve.values.size(); ++k)
    EXPECT_THAT(curve.values[k], IsNear(std::pow(.75, static_cast<double>(k)), kRounding)) << k;
  EXPECT_EQ(reading(readings, "gradient_over_time_span").value(), 7);
}

// h_t = U h_(t-1) + W x_t with examples along the second axis of the state.
TEST(GradientOverTime, OfAStateWithoutRowsOfExamplesIsThatOfTheOthers) {
  constexpr int64_t kSteps = 6, kUnits = 5, kExamples = 3;
  NetworkBuilder builder("columns");
  const std::string x = builder.input("input", {kSteps, kUnits});
  const std::string u = builder.parameter("state.weight", .75 * signed_permutation(kUnits), true);
  std::string state;
  for (int64_t t = 0; t < kSteps; ++t) {
    const std::string step = "step_" + std::to_string(t);
    const std::string row =
        builder.node("Gather", step + ".row",
                     {x, builder.parameter(step + ".index", at::scalar_tensor(t, at::kLong), false)},
                     {{"axis", int64_t{1}}});
    const std::string entered =
        builder.node("Transpose", step + ".column", {row}, {{"perm", std::vector<int64_t>{1, 0}}});
    state =
        t == 0 ? entered : builder.add(entered, builder.node("MatMul", step + ".product", {u, state}), step);
  }
  const std::string rows = builder.node("Transpose", "rows", {state}, {{"perm", std::vector<int64_t>{1, 0}}});
  builder.output(builder.linear(rows, {"readout", kUnits, 2, false, "", ""}));
  Network network = builder.build();
  network.set_parameter("readout.weight", gaussian_tensor("readout", {2, kUnits}).to(at::kFloat));
  const Readings readings = readings_of(network, gaussian_tensor("x", {kExamples, kSteps, kUnits}));
  const Reading& curve = reading(readings, "gradient_over_time");
  ASSERT_EQ(curve.values.size(), static_cast<size_t>(kSteps - 1));
  for (size_t k = 0; k < curve.values.size(); ++k)
    EXPECT_THAT(curve.values[k], IsNear(std::pow(.75, static_cast<double>(k)), kRounding)) << k;
}

// A live call whose tensors have fewer axes than the graph says.
class FlatSource : public TapSource {
 public:
  explicit FlatSource(const Network& graph) : graph_(graph) {}
  std::vector<Tap> taps(const RunOptions&) override { return {}; }
  void run(const Batch&, std::span<Observer* const>, const RunOptions&) override {}
  void observe_forward(const Batch&, std::span<Observer* const>, const RunOptions&) override {}
  const Network* graph() const override { return &graph_; }
  CoverageRecord coverage() const override { return {}; }
  KeptPass keep(const Batch&, const std::set<size_t>& nodes, const RunOptions&) override {
    KeptPass pass;
    for (const size_t node : nodes) pass.nodes[node] = {numbers, {numbers, numbers}, true};
    pass.outputs = {numbers};
    return pass;
  }

  at::Tensor numbers;

 private:
  const Network& graph_;
};

TEST(GradientOverTime, ReadsNoAxisThatIsNotThere) {
  const Network network = recurrent_network(RecurrentSubject());
  FlatSource source(network);
  Batch batch;
  batch.inputs = {at::zeros({3, RecurrentSubject().steps, RecurrentSubject().inputs}, at::kFloat)};
  for (const std::vector<int64_t>& sizes : std::vector<std::vector<int64_t>>{{}, {4}, {3, 4}, {3, 2, 4}}) {
    source.numbers = at::ones(sizes).requires_grad_(true);
    EXPECT_EQ(state_gradients(source, batch, {}).obstacle, "layer_1 reads no axes of steps and examples");
  }
  const Network unrolled = unrolled_network(RecurrentSubject());
  FlatSource cell(unrolled);
  cell.numbers = at::ones({}).requires_grad_(true);
  EXPECT_NO_THROW(state_gradients(cell, batch, {}));
  cell.numbers = at::ones({4});
  EXPECT_NO_THROW(state_gradients(cell, batch, {})) << "nothing that autograd follows";
}

TEST(GradientOverTime, CountsStepsOfAReverseDirectionFromItsEnd) {
  RecurrentSubject subject = linear_subject(.5, 7);
  subject.direction = "reverse";
  const Readings readings = readings_of(recurrent_network(subject), gaussian_tensor("x", {3, 7, 5}));
  EXPECT_THAT(reading(readings, "gradient_over_time").values[6], IsNear(std::pow(.5, 6), kRounding));
}

TEST(GradientOverTime, HasDirectionsApartAndTogether) {
  for (const char* cell : {"LSTM", "GRU", "RNN"}) {
    RecurrentSubject subject;
    subject.cell = cell;
    subject.direction = "bidirectional";
    const Readings readings =
        readings_of(recurrent_network(subject), gaussian_tensor("x", {5, subject.steps, subject.inputs}));
    const Reading& forward = reading(readings, "gradient_over_time", "layer_1");
    const Reading& backward = reading(readings, "gradient_over_time", "layer_1.reverse");
    const Reading& both = reading(readings, "gradient_over_time");
    for (size_t k = 1; k < both.values.size(); ++k) {
      EXPECT_LE(both.values[k], std::max(forward.values[k], backward.values[k]) * (1 + kRounding)) << cell;
      EXPECT_GE(both.values[k], std::min(forward.values[k], backward.values[k]) * (1 - kRounding)) << cell;
    }
  }
}

TEST(GradientOverTime, OfMiniBatchesIsThatOfTheBatch) {
  const Network network = recurrent_network(RecurrentSubject());
  const at::Tensor x = gaussian_tensor("x", {5, RecurrentSubject().steps, RecurrentSubject().inputs});
  const Readings whole = readings_of(network, x), parts = readings_of(network, x, 2);
  EXPECT_THAT(parts[0].values.back(), IsNear(whole[0].values.back(), kRounding));
}

TEST(GradientOverTime, SaysWhyItIsUndefined) {
  RecurrentSubject subject;
  subject.steps = 1;
  const Readings one = readings_of(recurrent_network(subject), gaussian_tensor("x", {3, 1, subject.inputs}));
  EXPECT_THAT(reading(one, "gradient_over_time_rate").undefined, ::testing::HasSubstr("one step"));
  subject = RecurrentSubject();
  subject.input_weight = at::zeros({subject.units, subject.inputs});
  const Readings dead =
      readings_of(recurrent_network(subject), gaussian_tensor("x", {3, subject.steps, subject.inputs}));
  EXPECT_THAT(reading(dead, "gradient_over_time").undefined, ::testing::HasSubstr("gradient is zero"));
}

}  // namespace
}  // namespace shatterproof::gradient_over_time_test
