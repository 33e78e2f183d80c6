// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/path.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "dataset/limits.h"
#include "shatterproof/core/error.h"

namespace shatterproof {

Batch path_between_examples(const Batch& base, int64_t points) {
  if (points < 2 || points > kMostExamples) {
    reject("path", fmt::format("points must be from 2 to {}", kMostExamples), std::to_string(points));
  }
  if (base.examples() < 2) {
    reject("path", "runs between two examples", fmt::format("{} of them", base.examples()));
  }
  Batch path;
  const at::Tensor position = at::arange(points, at::kDouble) / static_cast<double>(points - 1);
  for (const at::Tensor& input : base.inputs) {
    if (!input.is_floating_point()) {
      reject("path", "needs floating-point inputs: there is no line between ids",
             c10::toString(input.scalar_type()));
    }
    const int64_t numbers = input[0].numel();
    if (numbers > kMostNumbers / points) {
      reject("path", fmt::format("must have at most {} numbers", kMostNumbers),
             fmt::format("{} points of {}", points, numbers));
    }
    std::vector<int64_t> column(static_cast<size_t>(input.dim()), 1);
    column[0] = points;
    const at::Tensor t = position.view(column).to(input.scalar_type());
    path.inputs.push_back((1 - t) * input[0].unsqueeze(0) + t * input[1].unsqueeze(0));
  }
  path.along_path = true;
  path.statistics_inputs = base.inputs;
  path.description = fmt::format("path of {} points between two of {}", points, base.description);
  return path;
}

}  // namespace shatterproof
