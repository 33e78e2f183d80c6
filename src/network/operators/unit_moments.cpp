// SPDX-License-Identifier: Apache-2.0
#include "network/operators/unit_moments.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

// Widens a loop to the vectors of the processor at hand. The sums stay the same bits: no lane meets another.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SHATTERPROOF_WIDE __attribute__((target_clones("avx2", "default")))
#define SHATTERPROOF_INLINED __attribute__((always_inline)) inline
#else
#define SHATTERPROOF_WIDE
#define SHATTERPROOF_INLINED inline
#endif

namespace shatterproof {
namespace {

/// Sizes of [batch, units, positions].
struct Layout {
  int64_t batch, units, positions;
};

Layout layout_of(const at::Tensor& x) {
  const int64_t batch = x.size(0), units = x.size(1);
  return {batch, units, batch * units == 0 ? 0 : x.numel() / (batch * units)};
}

bool is_looped(const at::Tensor& x) {
  return x.device().is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble) &&
         x.numel() > 0;
}

/// sums[u] += sum over rows of f(row[u], u), four rows at a time.
template <typename T, typename Term>
SHATTERPROOF_INLINED void add_rows(const T* x, int64_t rows, int64_t units, double* sums, Term term) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    const T* a = x + row * units;
    const T* b = a + units;
    const T* c = b + units;
    const T* d = c + units;
    for (int64_t u = 0; u < units; ++u)
      sums[u] += (term(a[u], u) + term(b[u], u)) + (term(c[u], u) + term(d[u], u));
  }
  for (; row < rows; ++row) {
    const T* a = x + row * units;
    for (int64_t u = 0; u < units; ++u) sums[u] += term(a[u], u);
  }
}

/// Sum of f over one unit's positions in one example, in eight interleaved partial sums.
template <typename T, typename Term>
SHATTERPROOF_INLINED double position_sum(const T* x, int64_t count, Term term) {
  constexpr int64_t kLanes = 8;
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(x[i + lane]);
  }
  double sum = 0;
  for (; i < count; ++i) sum += term(x[i]);
  for (const double lane : lanes) sum += lane;
  return sum;
}

template <typename T, typename Term>
SHATTERPROOF_INLINED void add_examples(const T* x, const Layout& layout, double* sums, Term term) {
  if (layout.positions == 1) return add_rows(x, layout.batch, layout.units, sums, term);
  for (int64_t b = 0; b < layout.batch; ++b) {
    for (int64_t u = 0; u < layout.units; ++u) {
      const T* run = x + (b * layout.units + u) * layout.positions;
      sums[u] += position_sum(run, layout.positions, [&](T value) { return term(value, u); });
    }
  }
}

/// sums[u] = sum of x_u - center_u.
template <typename T>
SHATTERPROOF_INLINED void add_deviations(const T* x, const Layout& layout, const double* center,
                                         double* sums) {
  add_examples(x, layout, sums, [center](T value, int64_t u) { return value - center[u]; });
}

/// sums[u] = sum of (x_u - center_u)^2.
template <typename T>
SHATTERPROOF_INLINED void add_squares(const T* x, const Layout& layout, const double* center, double* sums) {
  add_examples(x, layout, sums, [center](T value, int64_t u) {
    const double deviation = value - center[u];
    return deviation * deviation;
  });
}

SHATTERPROOF_WIDE void deviations(const float* x, const Layout& layout, const double* center, double* sums) {
  add_deviations(x, layout, center, sums);
}
SHATTERPROOF_WIDE void deviations(const double* x, const Layout& layout, const double* center, double* sums) {
  add_deviations(x, layout, center, sums);
}
SHATTERPROOF_WIDE void squares(const float* x, const Layout& layout, const double* center, double* sums) {
  add_squares(x, layout, center, sums);
}
SHATTERPROOF_WIDE void squares(const double* x, const Layout& layout, const double* center, double* sums) {
  add_squares(x, layout, center, sums);
}

template <typename T>
void accumulate(const T* x, const Layout& layout, T* mean_out, T* variance_out) {
  const auto units = static_cast<size_t>(layout.units);
  const auto count = static_cast<double>(layout.batch * layout.positions);
  std::vector<double> center(units), sums(units, 0.0);
  for (int64_t u = 0; u < layout.units; ++u) center[static_cast<size_t>(u)] = x[u * layout.positions];
  deviations(x, layout, center.data(), sums.data());
  for (size_t u = 0; u < units; ++u) {
    center[u] += sums[u] / count;
    sums[u] = 0;
  }
  squares(x, layout, center.data(), sums.data());
  for (size_t u = 0; u < units; ++u) {
    mean_out[u] = static_cast<T>(center[u]);
    variance_out[u] = static_cast<T>(sums[u] / count);
  }
}

template <typename T>
UnitMap looped_map(const UnitMoments& moments, double epsilon, const at::Tensor& gain,
                   const at::Tensor& bias) {
  UnitMap map{at::empty_like(moments.mean), at::empty_like(moments.mean)};
  const T* mean = moments.mean.data_ptr<T>();
  const T* variance = moments.variance.data_ptr<T>();
  const T* g = gain.data_ptr<T>();
  const T* b = bias.data_ptr<T>();
  for (int64_t u = 0; u < moments.mean.numel(); ++u) {
    const double spread = static_cast<double>(variance[u]) + epsilon;
    const double scale = spread == 0 ? 0 : g[u] / std::sqrt(spread);
    map.scale.data_ptr<T>()[u] = static_cast<T>(scale);
    map.shift.data_ptr<T>()[u] = static_cast<T>(b[u] - mean[u] * scale);
  }
  return map;
}

/// Clears constant[u] where unit u takes two values. NaN differs from everything, itself included.
template <typename T>
bool find_constant(const T* x, const Layout& layout, bool* constant) {
  int64_t left = layout.units;
  for (int64_t b = 0; b < layout.batch && left > 0; ++b) {
    for (int64_t u = 0; u < layout.units; ++u) {
      if (!constant[u]) continue;
      const T first = x[u * layout.positions];
      const T* run = x + (b * layout.units + u) * layout.positions;
      if (std::all_of(run, run + layout.positions, [first](T value) { return value == first; })) continue;
      constant[u] = false;
      --left;
    }
  }
  return left > 0;
}

std::vector<int64_t> axes_without_units(const at::Tensor& x) {
  std::vector<int64_t> axes = {0};
  for (int64_t axis = 2; axis < x.dim(); ++axis) axes.push_back(axis);
  return axes;
}

}  // namespace

UnitMoments unit_moments(const at::Tensor& given) {
  const at::Tensor x = given.detach();
  if (!is_looped(x)) {
    const auto [variance, mean] =
        at::var_mean(x, axes_without_units(x), /*unbiased=*/false, /*keepdim=*/false);
    return {mean, variance};
  }
  const at::Tensor values = x.contiguous();
  UnitMoments moments{at::empty({x.size(1)}, x.options()), at::empty({x.size(1)}, x.options())};
  if (x.scalar_type() == at::kFloat) {
    accumulate(values.data_ptr<float>(), layout_of(x), moments.mean.data_ptr<float>(),
               moments.variance.data_ptr<float>());
  } else {
    accumulate(values.data_ptr<double>(), layout_of(x), moments.mean.data_ptr<double>(),
               moments.variance.data_ptr<double>());
  }
  return moments;
}

UnitMap normalizing_map(const UnitMoments& moments, double epsilon, const at::Tensor& gain,
                        const at::Tensor& bias) {
  bool constant = true;
  for (const at::Tensor& values : {moments.mean, moments.variance, gain, bias}) {
    constant = constant && !values.requires_grad() && values.is_contiguous() && is_looped(values) &&
               values.scalar_type() == gain.scalar_type();
  }
  if (constant && gain.scalar_type() == at::kFloat) return looped_map<float>(moments, epsilon, gain, bias);
  if (constant) return looped_map<double>(moments, epsilon, gain, bias);
  const at::Tensor spread = moments.variance + epsilon;
  const at::Tensor scale = gain * at::rsqrt(spread).masked_fill(spread.eq(0), 0);
  return {scale, at::addcmul(bias, moments.mean, scale, -1)};
}

at::Tensor constant_units(const at::Tensor& given) {
  const at::Tensor x = given.detach();
  if (x.numel() == 0) return {};
  if (!is_looped(x)) {
    const std::vector<int64_t> axes = axes_without_units(x);
    const at::Tensor constant = at::amax(x, axes).eq(at::amin(x, axes));
    return constant.any().item<bool>() ? constant : at::Tensor();
  }
  const at::Tensor values = x.contiguous();
  at::Tensor constant = at::ones({x.size(1)}, x.options().dtype(at::kBool));
  const bool found = x.scalar_type() == at::kFloat
                         ? find_constant(values.data_ptr<float>(), layout_of(x), constant.data_ptr<bool>())
                         : find_constant(values.data_ptr<double>(), layout_of(x), constant.data_ptr<bool>());
  return found ? constant : at::Tensor();
}

}  // namespace shatterproof
