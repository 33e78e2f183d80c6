// SPDX-License-Identifier: Apache-2.0
#include "network/operators/unit_moments.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

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
void add_rows(const T* x, int64_t rows, int64_t units, double* sums, Term term) {
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
double position_sum(const T* x, int64_t count, Term term) {
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
void add_examples(const T* x, const Layout& layout, double* sums, Term term) {
  if (layout.positions == 1) return add_rows(x, layout.batch, layout.units, sums, term);
  for (int64_t b = 0; b < layout.batch; ++b) {
    for (int64_t u = 0; u < layout.units; ++u) {
      const T* run = x + (b * layout.units + u) * layout.positions;
      sums[u] += position_sum(run, layout.positions, [&](T value) { return term(value, u); });
    }
  }
}

template <typename T>
void accumulate(const T* x, const Layout& layout, T* mean_out, T* variance_out) {
  const auto units = static_cast<size_t>(layout.units);
  const auto count = static_cast<double>(layout.batch * layout.positions);
  std::vector<double> center(units), sums(units, 0.0);
  for (int64_t u = 0; u < layout.units; ++u) center[static_cast<size_t>(u)] = x[u * layout.positions];
  const double* shift = center.data();
  add_examples(x, layout, sums.data(), [shift](T value, int64_t u) { return value - shift[u]; });
  for (size_t u = 0; u < units; ++u) {
    center[u] += sums[u] / count;
    sums[u] = 0;
  }
  add_examples(x, layout, sums.data(), [shift](T value, int64_t u) {
    const double deviation = value - shift[u];
    return deviation * deviation;
  });
  for (size_t u = 0; u < units; ++u) {
    mean_out[u] = static_cast<T>(center[u]);
    variance_out[u] = static_cast<T>(sums[u] / count);
  }
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
