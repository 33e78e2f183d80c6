// SPDX-License-Identifier: Apache-2.0
#include "experiment/jacobian.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

constexpr int64_t kSteps = 64;
constexpr int kProbes = 8;

// A symmetric positive map on the smaller side of the Jacobians of all examples, row by row.
class SmallerSide {
 public:
  SmallerSide(const ExperimentRun& run, const Batch& batch, int64_t outputs, int64_t inputs)
      : run_(run), batch_(batch), from_outputs_(outputs <= inputs), numbers_(std::min(outputs, inputs)) {}

  int64_t numbers() const { return numbers_; }

  // J^T u (J v), on the larger side.
  at::Tensor across(const at::Tensor& rows) const {
    return from_outputs_ ? run_.source.jacobian_transpose_times(batch_, {rows}, run_.options)[0]
                         : run_.source.jacobian_times(batch_, rows, run_.options);
  }
  // J J^T u (J^T J v).
  at::Tensor times(const at::Tensor& rows) const {
    const at::Tensor crossed = across(rows);
    const at::Tensor back = from_outputs_
                                ? run_.source.jacobian_times(batch_, crossed, run_.options)
                                : run_.source.jacobian_transpose_times(batch_, {crossed}, run_.options)[0];
    return back.to(at::kCPU, at::kDouble);
  }

 private:
  const ExperimentRun& run_;
  const Batch& batch_;
  bool from_outputs_;
  int64_t numbers_;
};

at::Tensor row_products(const at::Tensor& a, const at::Tensor& b) {
  return (a * b).sum(1);
}

// Rows of length 1; a row without length stays zero, and so do the eigenvalues it would have added.
at::Tensor normalized(const at::Tensor& rows, const at::Tensor& lengths) {
  const at::Tensor has_length = lengths > 0;
  const at::Tensor divisors = at::where(has_length, lengths, at::ones_like(lengths));
  return rows * (has_length / divisors).unsqueeze(1);
}

void orthogonalize(at::Tensor& rows, const std::vector<at::Tensor>& basis) {
  for (int twice = 0; twice < 2; ++twice) {
    for (const at::Tensor& vector : basis) rows -= row_products(rows, vector).unsqueeze(1) * vector;
  }
}

// Eigenvalues of the Lanczos matrices, [examples, steps], smallest first.
at::Tensor lanczos_values(const SmallerSide& side, int64_t examples, uint64_t seed) {
  const int64_t steps = std::min(kSteps, side.numbers());
  const at::Tensor start = gaussian_rows("jacobian.start", seed, 1, side.numbers()).to(at::kDouble);
  at::Tensor rows = start.expand({examples, side.numbers()}).contiguous();
  std::vector<at::Tensor> basis;
  at::Tensor matrices = at::zeros({examples, steps, steps}, at::kDouble), lengths = rows.norm(2, 1);
  for (int64_t step = 0; step < steps; ++step) {
    basis.push_back(normalized(rows, lengths));
    rows = side.times(basis.back());
    const at::Tensor scale = rows.norm(2, 1);
    matrices.select(1, step).select(1, step).copy_(row_products(rows, basis.back()));
    orthogonalize(rows, basis);
    constexpr double kRounding = 1e-12;  // of the map's own size: the space is exhausted
    lengths = rows.norm(2, 1);
    lengths = at::where(lengths > kRounding * scale, lengths, at::zeros_like(lengths));
    if (step + 1 == steps) break;
    matrices.select(1, step).select(1, step + 1).copy_(lengths);
    matrices.select(1, step + 1).select(1, step).copy_(lengths);
  }
  return at::linalg_eigvalsh(matrices);
}

}  // namespace

at::Tensor rows_of(const std::vector<at::Tensor>& outputs) {
  std::vector<at::Tensor> columns;
  for (const at::Tensor& output : outputs) columns.push_back(output.reshape({output.size(0), -1}));
  return columns.size() == 1 ? columns[0] : at::cat(columns, 1);
}

at::Tensor gaussian_rows(const std::string& name, uint64_t seed, int64_t examples, int64_t numbers) {
  at::Tensor rows = at::empty({examples, numbers}, at::kDouble);
  RandomStream(seed, name).gaussian({rows.data_ptr<double>(), static_cast<size_t>(rows.numel())});
  return rows.to(at::kFloat);
}

at::Tensor jacobians(const ExperimentRun& run, const Batch& batch, int64_t outputs, int64_t inputs) {
  // Unit vectors of one pass: all of them take as much as the Jacobians themselves.
  constexpr int64_t kAtOnce = 16;
  const bool by_rows = outputs <= inputs;
  const int64_t numbers = std::min(outputs, inputs);
  std::vector<at::Tensor> lines;
  for (int64_t first = 0; first < numbers; first += kAtOnce) {
    std::vector<at::Tensor> units, products;
    for (int64_t i = first; i < std::min(first + kAtOnce, numbers); ++i) {
      units.push_back(at::zeros({batch.examples(), numbers}));
      units.back().select(1, i).fill_(1);
    }
    if (by_rows) products = run.source.jacobian_transpose_times(batch, units, run.options);
    if (!by_rows) {
      for (const at::Tensor& unit : units)
        products.push_back(run.source.jacobian_times(batch, unit, run.options));
    }
    for (const at::Tensor& product : products) lines.push_back(product.to(at::kCPU, at::kDouble));
  }
  return at::stack(lines, by_rows ? 1 : 2);
}

LeadingValues leading_values(const ExperimentRun& run, const Batch& batch, int64_t outputs, int64_t inputs,
                             int64_t count) {
  const SmallerSide side(run, batch, outputs, inputs);
  at::Tensor squares = at::zeros({batch.examples()}, at::kDouble);
  for (int probe = 0; probe < kProbes; ++probe) {
    const std::string name = fmt::format("jacobian.probe_{}", probe);
    const at::Tensor start = gaussian_rows(name, run.options.seed, 1, side.numbers());
    const at::Tensor crossed = side.across(start.expand({batch.examples(), side.numbers()}));
    squares += crossed.to(at::kCPU, at::kDouble).square().sum(1) / kProbes;
  }
  if (!squares.isfinite().all().item<bool>()) return {squares.unsqueeze(1), squares};
  const at::Tensor eigenvalues = lanczos_values(side, batch.examples(), run.options.seed);
  const at::Tensor leading = eigenvalues.narrow(1, eigenvalues.size(1) - count, count).flip({1});
  return {leading.clamp_min(0).sqrt(), squares};
}

}  // namespace shatterproof
