// SPDX-License-Identifier: Apache-2.0
// The rate of the gradient over time of random recurrent networks against theory.
#include <ATen/ATen.h>

#include "shatterproof/core/threads.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/theory/recurrent.h"
#include "tests/experiment/recurrent_network.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_over_time_theory_test {
namespace {

// Width 128, 60 steps, 8 examples: what the fit over the first steps, where states are not yet stationary and
// pairs of paths not yet many, takes from the rate of a long sequence, and 1/width.
constexpr double kBias = .02;
constexpr double kSigmas = 4;
constexpr int64_t kSeeds = 4;

Reading measured_rate(RecurrentSubject subject) {
  subject.steps = 60;
  subject.units = 128;
  subject.inputs = 32;
  const auto draw = [&](uint64_t seed) {
    RecurrentSubject own = subject;
    own.seed = seed;
    Batch batch;
    batch.inputs = {gaussian_tensor("x", {8, own.steps, own.inputs}, seed).to(at::kFloat)};
    return Trial{recurrent_network(own), std::move(batch)};
  };
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  for (const Reading& reading :
       measure_over_seeds({1, kSeeds, available_threads()}, draw, {"gradient_over_time"}, request).readings) {
    if (reading.name == "gradient_over_time_rate") return reading;
  }
  throw std::logic_error("no rate");
}

void expect_agrees(const RecurrentSubject& subject, double predicted) {
  const Reading rate = measured_rate(subject);
  ASSERT_TRUE(rate.is_defined());
  EXPECT_NEAR(rate.value(), predicted, kBias * predicted + kSigmas * rate.standard_error[0])
      << subject.cell << " recurrent " << subject.recurrent << " driven " << subject.driven << " bias "
      << subject.forget_bias << " +- " << rate.standard_error[0];
}

struct Case {
  double recurrent, driven, bias = 0;
};

RecurrentSubject subject_of(const char* cell, const Case& drawn) {
  RecurrentSubject subject;
  subject.cell = cell;
  subject.recurrent = drawn.recurrent;
  subject.driven = drawn.driven;
  subject.forget_bias = drawn.bias;
  return subject;
}

TEST(GradientOverTime, OfRandomTanhIsThatOfMeanField) {
  for (const Case& drawn : {Case{.5, .1}, {1, 1}, {2, .5}, {4, 1}})
    expect_agrees(subject_of("RNN", drawn),
                  recurrent_growth(nonlinearity_of("tanh"), {drawn.recurrent, drawn.driven}));
}

TEST(GradientOverTime, OfLstmIsThatOfPathsThatAddUp) {
  for (const Case& drawn : {Case{1.0 / 3, .05}, {1.0 / 3, 1}, {1, 1}, {1, 1, 1}, {4, 1, 1}})
    expect_agrees(subject_of("LSTM", drawn),
                  lstm_growth({drawn.recurrent, drawn.driven}, {0, drawn.bias, 0}).factor);
}

TEST(GradientOverTime, OfGruIsThatOfPathsThatAddUp) {
  for (const Case& drawn : {Case{1.0 / 3, .05}, {1.0 / 3, 1}, {1, 1}, {1, 1, 1}})
    expect_agrees(subject_of("GRU", drawn),
                  gru_growth({drawn.recurrent, drawn.driven}, drawn.bias, 0).factor);
}

}  // namespace
}  // namespace shatterproof::gradient_over_time_theory_test
