// SPDX-License-Identifier: Apache-2.0
#include "experiment/exponents.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "shatterproof/core/error.h"

namespace shatterproof {

HalfType half_type(std::string_view name, std::string_view operation) {
  if (name == "float16") return {};
  if (name == "bfloat16") return {3.3895313892515355e38, 3.3961775292304957e38, -126, -134};
  reject_unknown(std::string(operation), "type", std::string(name), {"float16", "bfloat16"});
}

void Exponents::add(const at::Tensor& tensor, double factor) {
  numbers += tensor.numel();
  const at::Tensor sizes = tensor.detach().to(at::kCPU).flatten().abs();
  if (sizes.numel() == 0) return;
  is_finite = is_finite && sizes.isfinite().all().item<bool>();
  if (!is_finite) return;
  const at::Tensor scaled = sizes.masked_select(sizes > 0).to(at::kDouble) * factor;
  zeros += sizes.numel() - scaled.numel();
  if (scaled.numel() == 0) return;
  largest = std::max(largest, scaled.max().item<double>());
  infinite += (scaled >= type.infinite).sum().item<int64_t>();
  const at::Tensor exponents = std::get<1>(at::frexp(scaled)).to(at::kLong) - 1;
  const int64_t least = exponents.min().item<int64_t>();
  const at::Tensor binned = at::bincount(exponents - least);
  for (int64_t i = 0; i < binned.numel(); ++i) {
    if (const auto count = binned[i].item<int64_t>(); count > 0) counts[static_cast<int>(least + i)] += count;
  }
}

void Exponents::add(const Exponents& other) {
  numbers += other.numbers;
  zeros += other.zeros;
  infinite += other.infinite;
  largest = std::max(largest, other.largest);
  is_finite = is_finite && other.is_finite;
  for (const auto& [exponent, count] : other.counts) counts[exponent] += count;
}

double Exponents::below(int power) const {
  double sum = 0;
  for (const auto& [exponent, count] : counts) sum += exponent < power ? static_cast<double>(count) : 0;
  return sum;
}

}  // namespace shatterproof
