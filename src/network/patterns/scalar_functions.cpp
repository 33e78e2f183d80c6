// SPDX-License-Identifier: Apache-2.0
#include "network/patterns/scalar_functions.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace shatterproof {
namespace {

using Numbers = std::map<std::string, double>;
using Found = std::optional<Numbers>;
constexpr double kFar = 100, kVeryFar = 1e4;
constexpr double kSpecial[] = {0, 1, -1, kFar, -kFar, kVeryFar, -kVeryFar};

Found none(const SampledFunction&) {
  return Numbers{};
}

double number(const Numbers& numbers, const char* name) {
  return numbers.at(name);
}

Found slope_below(const SampledFunction& f) {
  constexpr double kStraight = 1e-3;  // off 1, which is no kink or that of an absolute value
  const double alpha = -f.at(-1);
  if (!std::isfinite(alpha) || alpha == 0 || std::abs(std::abs(alpha) - 1) < kStraight) return {};
  return Numbers{{"alpha", alpha}};
}

Found bounds(const SampledFunction& f) {
  const double least = f.at(-kVeryFar), most = f.at(kVeryFar);
  if (!(least < most) || (least == -kVeryFar && most == kVeryFar)) return {};
  return Numbers{{"min", least}, {"max", most}};
}

// The saturation far below 0, which must be finite and negative.
Found saturation(const SampledFunction& f) {
  const double alpha = -f.at(-kVeryFar);
  if (!std::isfinite(alpha) || alpha <= 0 || alpha > kFar) return {};
  return Numbers{{"alpha", alpha}};
}

Found softplus_beta(const SampledFunction& f) {
  const double beta = std::log(2.0) / f.at(0);
  if (!std::isfinite(beta) || beta <= 0) return {};
  return Numbers{{"beta", beta}};
}

// f(1) = sigmoid(beta).
Found swish_beta(const SampledFunction& f) {
  const double beta = -std::log(1 / f.at(1) - 1);
  if (!std::isfinite(beta) || beta <= 0) return {};
  return Numbers{{"alpha", beta}};
}

Found soft_bound(const SampledFunction& f) {
  const double bound = kFar - f.at(kFar);
  if (!std::isfinite(bound) || bound <= 0 || bound >= kFar) return {};
  return Numbers{{"lambd", bound}, {"bias", bound}};
}

// The first point of the grid at which it is not 0, on both sides of which nothing else may differ.
Found hard_bound(const SampledFunction& f, bool both_sides) {
  const at::Tensor x = sample_points(), y = f.values();
  const at::Tensor cut = y.eq(0);
  const at::Tensor side = both_sides ? x.abs() : x;
  const at::Tensor silent = side.masked_select(cut), active = side.masked_select(cut.logical_not());
  if (silent.numel() == 0 || active.numel() == 0) return {};
  const double last = silent.max().item<double>(), first = active.min().item<double>();
  if (!(last < first) || last <= 0 || first >= kFar) return {};
  const double bound = (last + first) / 2;
  if (both_sides) return Numbers{{"lambd", bound}, {"bias", 0}};
  return Numbers{{"alpha", bound}};
}

at::Tensor log_of_one_and_exp(const at::Tensor& x) {
  return at::logaddexp(x, at::zeros({}, x.options()));
}

at::Tensor gelu_by_tanh(const at::Tensor& x) {
  return .5 * x * (1 + at::tanh(std::sqrt(2 / M_PI) * (x + .044715 * x * x * x)));
}

PatternRecord row(const char* name, const char* op, const char* sentence, const char* picture) {
  return {name, CompositeRole::nonlinearity, op, sentence, picture};
}

using F = const SampledFunction&;
using X = const at::Tensor&;
using N = const Numbers&;

std::vector<ScalarFunction> known_functions() {
  return {
      {row("relu", "Relu", "the larger of x and 0, as Max, Clip, Where or a product with x > 0",
           "x ---> Max <--- 0\n"
           "        |\n"
           "        y"),
       none, [](X x, N) { return at::clamp_min(x, 0); }},
      {row("leaky_relu", "LeakyRelu", "x above 0, alpha x below; PReLU's forms too",
           "x --+--------------> Max ---> y\n"
           "    +-> Mul alpha --->"),
       slope_below, [](X x, N n) { return at::clamp_min(x, 0) + number(n, "alpha") * at::clamp_max(x, 0); }},
      {row("hard_sigmoid", "HardSigmoid", "x / 6 + 1 / 2 between 0 and 1",
           "x ---> Add 3 ---> Clip 0, 6 ---> Div 6 ---> y"),
       none, [](X x, N) { return at::clamp(x / 6 + .5, 0, 1); }},
      {row("clip", "Clip", "x between two bounds, of which one may be missing",
           "x ---> Max min ---> Min max ---> y"),
       bounds, [](X x, N n) { return at::clamp(x, number(n, "min"), number(n, "max")); }},
      {row("gelu", "Gelu", "x times the normal distribution function, or its form with tanh",
           "x --+-> Div sqrt 2 -> Erf -> Add 1 -> Mul -> Mul 1/2 -> y\n"
           "    +---------------------------------->"),
       none, [](X x, N) { return x * .5 * at::erfc(x * -M_SQRT1_2); }},
      {row("gelu_tanh", "Gelu", "0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))",
           "x --+-> Pow 3 -> Mul -> Add x -> Mul -> Tanh -> Add 1 -> Mul -> y\n"
           "    +-> Mul 1/2 --------------------------------------->"),
       none, [](X x, N) { return gelu_by_tanh(x); }},
      {row("quick_gelu", "QuickGelu", "x sigmoid(1.702 x)",
           "x --+-> Mul 1.702 -> Sigmoid -> Mul -> y\n"
           "    +-------------------------->"),
       [](F f) -> Found {
         constexpr double kQuick = 1.702, kRounding = 2e-3;
         const Found beta = swish_beta(f);
         return beta && std::abs(beta->at("alpha") - kQuick) < kRounding * kQuick ? beta : std::nullopt;
       },
       [](X x, N n) { return x * at::sigmoid(number(n, "alpha") * x); }},
      {row("swish", "Swish", "x sigmoid(alpha x); alpha 1 is SiLU",
           "x --+-> Sigmoid -> Mul -> y\n"
           "    +------------->"),
       swish_beta, [](X x, N n) { return x * at::sigmoid(number(n, "alpha") * x); }},
      {row("hard_swish", "HardSwish", "x times hard_sigmoid(x)",
           "x --+-> Add 3 -> Clip 0, 6 -> Mul -> Div 6 -> y\n"
           "    +----------------------->"),
       none, [](X x, N) { return x * at::clamp(x / 6 + .5, 0, 1); }},
      {row("mish", "Mish", "x tanh(softplus(x))",
           "x --+-> Softplus -> Tanh -> Mul -> y\n"
           "    +---------------------->"),
       none, [](X x, N) { return x * at::tanh(log_of_one_and_exp(x)); }},
      {row("selu", "Selu", "a scaled ELU that keeps mean 0 and variance 1",
           "x --+-> Exp -> Sub 1 -> Mul 1.6733 -> Where x > 0 -> Mul 1.0507 -> y\n"
           "    +------------------------------->"),
       none, [](X x, N) { return at::selu(x); }},
      {row("elu", "Elu", "x above 0, alpha (exp(x) - 1) below",
           "x --+-> Exp -> Sub 1 -> Mul alpha -> Where x > 0 -> y\n"
           "    +------------------------------>"),
       saturation,
       [](X x, N n) { return at::where(x.gt(0), x, number(n, "alpha") * at::expm1(at::clamp_max(x, 0))); }},
      {row("celu", "Celu", "x above 0, alpha (exp(x / alpha) - 1) below",
           "x --+-> Div alpha -> Exp -> Sub 1 -> Mul alpha -> Where x > 0 -> y\n"
           "    +------------------------------------------->"),
       saturation,
       [](X x, N n) {
         const double alpha = number(n, "alpha");
         return at::where(x.gt(0), x, alpha * at::expm1(at::clamp_max(x, 0) / alpha));
       }},
      {row("softplus", "Softplus", "log(1 + exp(beta x)) / beta", "x ---> Exp ---> Add 1 ---> Log ---> y"),
       softplus_beta, [](X x, N n) { return log_of_one_and_exp(number(n, "beta") * x) / number(n, "beta"); }},
      {row("log_sigmoid", "LogSigmoid", "log(sigmoid(x))", "x ---> Sigmoid ---> Log ---> y"), none,
       [](X x, N) { return -log_of_one_and_exp(-x); }},
      {row("softsign", "Softsign", "x / (1 + |x|)",
           "x --+-> Abs -> Add 1 -> Div -> y\n"
           "    +------------------>"),
       none, [](X x, N) { return x / (1 + x.abs()); }},
      {row("sigmoid", "Sigmoid", "1 / (1 + exp(-x))",
           "x ---> Neg ---> Exp ---> Add 1 ---> Reciprocal ---> y"),
       none, [](X x, N) { return at::sigmoid(x); }},
      {row("tanh", "Tanh", "2 sigmoid(2 x) - 1", "x ---> Mul 2 ---> Sigmoid ---> Mul 2 ---> Sub 1 ---> y"),
       none, [](X x, N) { return at::tanh(x); }},
      {row("tanh_shrink", "TanhShrink", "x - tanh(x)",
           "x --+-> Tanh -> Sub -> y\n"
           "    +---------->"),
       none, [](X x, N) { return x - at::tanh(x); }},
      {row("soft_shrink", "Shrink", "x moved towards 0 by lambda, 0 within",
           "x --+-> Sub lambda -> Where x > lambda -> y\n"
           "    +-> Add lambda -> Where x < -lambda ->"),
       soft_bound, [](X x, N n) { return at::sign(x) * at::clamp_min(x.abs() - number(n, "lambd"), 0); }},
      {row("hard_shrink", "Shrink", "x outside of [-lambda, lambda], 0 within",
           "x --+-> Abs -> Greater lambda -> Where -> y\n"
           "    +-------------------------->"),
       [](F f) { return hard_bound(f, true); }, [](X x, N n) { return x * x.abs().gt(number(n, "lambd")); }},
      {row("thresholded_relu", "ThresholdedRelu", "x above alpha, 0 below",
           "x --+-> Greater alpha -> Where -> y\n"
           "    +------------------->"),
       [](F f) { return hard_bound(f, false); }, [](X x, N n) { return x * x.gt(number(n, "alpha")); }},
      {row("squared_relu", "SquaredRelu", "relu(x)^2", "x ---> Relu ---> Pow 2 ---> y"), none,
       [](X x, N) { return at::clamp_min(x, 0).square(); }},
  };
}

}  // namespace

SampledFunction::SampledFunction(at::Tensor values) : values_(std::move(values)) {}

double SampledFunction::at(double x) const {
  const auto* place = std::find(std::begin(kSpecial), std::end(kSpecial), x);
  return values_[place - std::begin(kSpecial)].item<double>();
}

const at::Tensor& sample_points() {
  static const at::Tensor points = [] {
    constexpr int64_t kPoints = 96;
    constexpr double kStretch = 4.1, kWidest = 30;  // dense at 0, steps that meet no round number
    const at::Tensor even = at::linspace(-1, 1, kPoints, at::kDouble);
    const at::Tensor grid = at::sinh(kStretch * even) / std::sinh(kStretch) * kWidest + 1e-3 * M_PI;
    return at::cat({at::tensor(at::ArrayRef<double>(kSpecial), at::kDouble), grid});
  }();
  return points;
}

std::span<const ScalarFunction> scalar_functions() {
  static const std::vector<ScalarFunction> functions = known_functions();
  return functions;
}

std::optional<KnownFunction> known_function(const SampledFunction& f) {
  // A constant in half precision is off by 2^-12 of itself; the two forms of GELU differ by more.
  constexpr double kRelative = 5e-4, kAbsolute = 2e-4;
  if (f.values().sizes() != sample_points().sizes()) return {};
  // Exponentials overflow very far out, where only saturations are read off.
  const at::Tensor counted = f.values().isfinite().logical_or(sample_points().abs().lt(kVeryFar));
  const at::Tensor values = f.values().masked_select(counted),
                   points = sample_points().masked_select(counted);
  if (!values.isfinite().all().item<bool>()) return {};
  for (const ScalarFunction& function : scalar_functions()) {
    const auto numbers = function.numbers(f);
    if (!numbers) continue;
    const at::Tensor expected = function.value(points, *numbers);
    const at::Tensor allowed = kAbsolute + kRelative * expected.abs();
    if ((values - expected).abs().le(allowed).all().item<bool>()) return KnownFunction{&function, *numbers};
  }
  return {};
}

}  // namespace shatterproof
