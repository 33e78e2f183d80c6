// SPDX-License-Identifier: Apache-2.0
#include "measure/tap_series.h"

#include <ATen/ATen.h>

namespace shatterproof {

void TapSeries::add(const Tap& tap, const at::Tensor& part, int64_t first_example) {
  const at::Tensor rows = part.detach().to(at::kCPU).reshape({part.size(0), -1});
  at::Tensor& series = table_.at(tap);
  if (!series.defined()) {
    const at::ScalarType dtype = rows.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    series = at::zeros({examples_, rows.size(1)}, dtype);
  }
  series.narrow(0, first_example, rows.size(0)).copy_(rows);
}

at::Tensor TapSeries::joined() const {
  std::vector<at::Tensor> columns;
  for (const auto& [order, row] : table_.rows()) columns.push_back(row.state);
  return columns.size() == 1 ? columns[0] : at::cat(columns, 1);
}

}  // namespace shatterproof
