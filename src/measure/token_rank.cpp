// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/token_rank.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "measure/per_tap.h"

namespace shatterproof {
namespace {

constexpr const char* kTokenRank = "token_rank";
constexpr const char* kCosineName = "token_cosine";
constexpr const char* kNoTokens = "no state has tokens: none is [batch, tokens, numbers]";
constexpr int64_t kAxes = 3;

struct Tokens {
  int64_t tokens = 0;   // per example
  double squares = 0;   // of all numbers
  double residual = 0;  // of what the mean token leaves
  double cosines = 0;   // summed over pairs of tokens that are not zero
  double pairs = 0;

  // Example by example, so that no second copy of a batch is made.
  void add(const at::Tensor& states) {
    tokens = states.size(1);
    for (int64_t b = 0; b < states.size(0); ++b) add_example(states[b].detach().to(at::kCPU, at::kDouble));
  }

  void add_example(const at::Tensor& x) {
    const at::Tensor norms = x.square().sum(1).sqrt();
    squares += norms.square().sum().item<double>();
    residual += (x - x.mean(0, true)).square().sum().item<double>();
    const at::Tensor is_zero = norms == 0;
    const at::Tensor directions = x / norms.masked_fill(is_zero, 1).unsqueeze(1);
    const double seen = static_cast<double>(x.size(0)) - is_zero.sum().item<double>();
    cosines += directions.sum(0).square().sum().item<double>() - seen;
    pairs += seen * (seen - 1);
  }
};

Outcome problem_of(const Tokens& state) {
  if (state.tokens < 2) return {.undefined = "one token: at least two are needed"};
  if (!std::isfinite(state.squares)) return {.undefined = kNotFinite};
  if (state.squares == 0) return {.undefined = "the tokens are zero"};
  return {};
}

Outcome rank_of(const Tokens& state) {
  if (const Outcome problem = problem_of(state); problem.undefined) return problem;
  return {std::sqrt(state.residual / state.squares)};
}

Outcome cosine_of(const Tokens& state) {
  if (const Outcome problem = problem_of(state); problem.undefined) return problem;
  if (state.pairs == 0) return {.undefined = "no example has two tokens that are not zero"};
  return {state.cosines / state.pairs};
}

class TokenRank : public Measurement {
 public:
  explicit TokenRank(MeasurementOptions options) : options_(std::move(options)) {}

  bool wants_forward(const Tap& tap) const override {
    return !tap.channels && (on_gradient_path(tap, options_) || ends_layer(tap, options_));
  }
  void observe(const ForwardTap& tap) override {
    if (tap.output.dim() != kAxes || tap.output.size(1) == 0 || !tap.output.is_floating_point()) return;
    const bool is_state = on_gradient_path(tap.tap, options_);
    (is_state ? states_ : ends_).at(tap.tap).add(tap.output);
    any_state_ = any_state_ || (is_state && tap.tap.kind != TapKind::input);
  }
  using Measurement::observe;

  std::vector<Reading> readings() const override {
    const PerTap<Tokens> table = with_tokens_of_the_last();
    return {depth_curve(kTokenRank, table, kNoTokens, rank_of),
            depth_curve(kCosineName, table, kNoTokens, cosine_of)};
  }

 private:
  // Images enter as [batch, rows, columns] too, and patches are merged on the way.
  PerTap<Tokens> with_tokens_of_the_last() const {
    PerTap<Tokens> all = states_, kept;
    if (!any_state_) {
      for (const auto& [order, row] : ends_.rows()) all.at(row.tap) = row.state;
    }
    if (all.empty()) return kept;
    const int64_t tokens = all.rows().rbegin()->second.state.tokens;
    const bool is_input_alone =
        all.rows().rbegin()->second.tap.kind == TapKind::input && options_.tap.empty();
    for (const auto& [order, row] : all.rows()) {
      if (row.state.tokens == tokens && !is_input_alone) kept.at(row.tap) = row.state;
    }
    return kept;
  }

  MeasurementOptions options_;
  PerTap<Tokens> states_, ends_;
  bool any_state_ = false;  // of a layer
};

}  // namespace

Reading token_rank(const at::Tensor& states) {
  if (states.dim() != kAxes) return undefined_reading(kTokenRank, ReadingType::scalar, kNoTokens);
  Tokens tokens;
  tokens.add(states);
  return scalar_of(kTokenRank, rank_of(tokens));
}

MeasurementRecord token_rank_record() {
  MeasurementRecord record;
  record.name = kTokenRank;
  record.symbol = "||X - 1m||/||X||";
  record.sentence = "How much of a layer's state tells the tokens of one example apart.";
  record.formula = "sqrt(sum_b ||X_b - 1 m_b||_F^2 / sum_b ||X_b||_F^2), m_b the mean over tokens of X_b";
  record.reference =
      "Dong et al. 2021, Attention is not all you need: pure attention loses rank doubly exponentially with "
      "depth; Noci et al. 2022, Signal propagation in transformers";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = 1;
  record.range_note = "0: all tokens are identical; sqrt(1 - 1/T) for T orthogonal tokens of one size";
  record.batch_norm = PreferredStatistics::attached;
  record.undefined_when = "no state with tokens, one token, zeros, or a number that is not finite";
  record.prediction = "none here: its page gives the recursion of uniform attention";
  record.companions = {{kCosineName, "Mean cosine between the tokens of one example.", ReadingType::curve, -1,
                        1, 0, SeedMean::arithmetic}};
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<TokenRank>(options);
  };
  return record;
}

}  // namespace shatterproof
