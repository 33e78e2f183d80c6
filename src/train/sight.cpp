// SPDX-License-Identifier: Apache-2.0
#include "train/sight.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace shatterproof {
namespace {

constexpr int64_t kMostParts = 16;

// Where a part begins among so many numbers.
int64_t begin_of(int64_t part, int64_t parts, int64_t numbers) {
  return part * numbers / parts;
}

// Numbers [begin, end) of an example are those of the next one.
Batch with_stretch_of_next(const Batch& batch, int64_t begin, int64_t end) {
  Batch other = batch;
  int64_t before = 0;
  for (at::Tensor& input : other.inputs) {
    at::Tensor flat = input.reshape({batch.examples(), -1}).clone();
    const int64_t size = flat.size(1);
    const int64_t from = std::clamp<int64_t>(begin - before, 0, size),
                  to = std::clamp<int64_t>(end - before, 0, size);
    if (from < to) flat.narrow(1, from, to - from).copy_(flat.narrow(1, from, to - from).roll(1, 0));
    input = flat.view(input.sizes());
    before += size;
  }
  return other;
}

}  // namespace

Batch Sight::of_parts(const Batch& batch, const at::Tensor& parts) {
  const at::Tensor rows = batch.rows();
  std::vector<at::Tensor> stretches;
  for (int64_t part = 0; part < parts.size(0); ++part) {
    if (!parts[part].item<bool>()) continue;
    const int64_t begin = begin_of(part, parts.size(0), rows.size(1));
    stretches.push_back(rows.narrow(1, begin, begin_of(part + 1, parts.size(0), rows.size(1)) - begin));
  }
  Batch seen;
  seen.inputs = {stretches.empty() ? rows : at::cat(stretches, 1)};
  return seen;
}

std::optional<Sight> sight_of(TapSource& source, const Batch& batch, const RunOptions& run) {
  constexpr double kRounding = 1e-6;
  const bool has_rows = std::all_of(batch.inputs.begin(), batch.inputs.end(), [&](const at::Tensor& input) {
    return input.dim() > 0 && input.size(0) == batch.examples();
  });
  const int64_t numbers = has_rows ? batch.rows().size(1) : 0, parts = std::min(numbers, kMostParts);
  if (parts < 2) return {};
  const at::Tensor before = source.outputs(batch, run).front();
  const double rounding = kRounding * before.abs().max().item<double>();
  std::vector<at::Tensor> seen;
  for (int64_t part = 0; part < parts; ++part) {
    const Batch other =
        with_stretch_of_next(batch, begin_of(part, parts, numbers), begin_of(part + 1, parts, numbers));
    const at::Tensor after = source.outputs(other, run).front();
    seen.push_back((after - before).abs().gt(rounding).any(0).cpu());
  }
  Sight sight{at::stack(seen)};
  const at::Tensor count = sight.seen.sum(0);
  if (count.min().equal(count.max())) return {};
  return sight;
}

}  // namespace shatterproof
