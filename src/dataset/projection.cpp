// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/projection.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

// [from, to], orthonormal columns: Q of a Gaussian matrix, with the signs that make it unique.
at::Tensor orthonormal_columns(int64_t from, int64_t to) {
  constexpr uint64_t kSeed = 1;
  at::Tensor gaussian = at::empty({from, to}, at::kDouble);
  RandomStream(kSeed, "dataset.projection")
      .gaussian({gaussian.data_ptr<double>(), static_cast<size_t>(gaussian.numel())});
  const auto [q, r] = at::linalg_qr(gaussian);
  const at::Tensor diagonal = r.diagonal();
  return (q * at::where(diagonal < 0, -at::ones_like(diagonal), at::ones_like(diagonal))).to(at::kFloat);
}

}  // namespace

at::Tensor orthogonal_projection(const at::Tensor& examples, int64_t numbers) {
  const at::Tensor rows = examples.flatten(1).to(at::kFloat);
  if (numbers < 1 || numbers > rows.size(1)) {
    reject("project", fmt::format("must be from 1 to the {} numbers of an example", rows.size(1)),
           std::to_string(numbers));
  }
  return rows.matmul(orthonormal_columns(rows.size(1), numbers));
}

}  // namespace shatterproof
