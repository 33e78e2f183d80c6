// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"
#include "network/operators/window.h"

namespace shatterproof {
namespace {

/// Every input position spreads over a window: `full` positions before cropping. The output begins after
/// `begin` of them; beyond the full ones it is the bias.
struct Spread {
  std::vector<int64_t> strides, dilations, full, begin, output;

  /// What ATen adds at the end to reach the output when it crops `begin` at both ends; empty where it cannot.
  std::vector<int64_t> native_padding() const {
    std::vector<int64_t> padding(full.size());
    for (size_t i = 0; i < full.size(); ++i) {
      padding[i] = output[i] - (full[i] - 2 * begin[i]);
      if (padding[i] < 0 || padding[i] >= std::max(strides[i], dilations[i])) return {};
    }
    return padding;
  }
};

/// Pads that make `output` positions of `natural` ones: the odd one at the end for SAME_UPPER, else at the
/// beginning.
int64_t pad_at_begin(const std::string& auto_pad, int64_t natural, int64_t output) {
  const int64_t pads = std::max<int64_t>(0, natural - output);
  return auto_pad == "SAME_UPPER" ? pads / 2 : pads - pads / 2;
}

Spread spread_of(const OperatorCall& call, const at::Tensor& x, const std::vector<int64_t>& kernel) {
  const size_t axes = kernel.size();
  const std::vector<int64_t> said = window_attribute(call, "kernel_shape", axes, 0, 1);
  if (call.node.has("kernel_shape") && said != kernel)
    reject_call(call, fmt::format("kernel_shape is {}", shape_text(kernel)), shape_text(said));
  const std::string auto_pad = call.node.text("auto_pad", "NOTSET");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  if (!same && auto_pad != "NOTSET" && auto_pad != "VALID")
    reject_call(call, "auto_pad is NOTSET, SAME_UPPER, SAME_LOWER or VALID", auto_pad);
  const std::vector<int64_t> pads = auto_pad == "NOTSET" ? window_attribute(call, "pads", 2 * axes, 0, 0)
                                                         : std::vector<int64_t>(2 * axes, 0);
  const std::vector<int64_t> added = window_attribute(call, "output_padding", axes, 0, 0);
  const std::vector<int64_t> wanted = window_attribute(call, "output_shape", axes, 0, 1);
  Spread spread{window_attribute(call, "strides", axes, 1, 1),
                window_attribute(call, "dilations", axes, 1, 1),
                {},
                {},
                {}};
  for (size_t i = 0; i < axes; ++i) {
    const int64_t size = x.size(static_cast<int64_t>(i) + 2);
    const int64_t full = (size - 1) * spread.strides[i] + spread.dilations[i] * (kernel[i] - 1) + 1;
    const bool settled = wanted[i] > 0 || same;
    const int64_t output = wanted[i] > 0 ? wanted[i]
                           : same        ? size * spread.strides[i]
                                         : full + added[i] - pads[i] - pads[i + axes];
    if (size < 1 || kernel[i] < 1 || output < 1)
      reject_call(call, "the output has at least one position", fmt::format("{}", output));
    spread.full.push_back(full);
    spread.output.push_back(output);
    spread.begin.push_back(settled ? pad_at_begin(auto_pad, full + added[i], output) : pads[i]);
  }
  return spread;
}

std::vector<at::Tensor> conv_transpose(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const at::Tensor& weight = floating_input(call, 1);
  const at::Tensor bias = has_input(call, 2) ? call.inputs[2] : at::Tensor();
  const int64_t group = call.node.integer("group", 1);
  if (weight.dim() != x.dim() || x.dim() < 3 || x.dim() > 5)
    reject_call(call, "weight has as many axes as the input, 3 to 5", shape_text(weight.sizes()));
  if (group < 1 || weight.size(0) != x.size(1) || x.size(1) % group != 0) {
    reject_call(call, fmt::format("weight of {} groups fits input {}", group, shape_text(x.sizes())),
                shape_text(weight.sizes()));
  }
  const int64_t units = weight.size(1) * group;
  if (bias.defined() && (bias.dim() != 1 || bias.size(0) != units))
    reject_call(call, fmt::format("bias is [{}]", units), shape_text(bias.sizes()));
  const Spread spread = spread_of(call, x, weight.sizes().slice(2).vec());
  for (const std::vector<int64_t>* positions : {&spread.full, &spread.output}) {
    std::vector<int64_t> sizes = {x.size(0), units};
    sizes.insert(sizes.end(), positions->begin(), positions->end());
    check_size(call, sizes, x.element_size());
  }
  if (const std::vector<int64_t> padding = spread.native_padding(); !padding.empty()) {
    return {at::convolution(x, weight, bias, spread.strides, spread.begin, spread.dilations, true, padding,
                            group)};
  }
  const std::vector<int64_t> none(spread.full.size(), 0);
  const at::Tensor full =
      at::convolution(x, weight, {}, spread.strides, none, spread.dilations, true, none, group);
  std::vector<int64_t> before, after;
  for (size_t i = 0; i < spread.full.size(); ++i) {
    before.push_back(-spread.begin[i]);
    after.push_back(spread.output[i] + spread.begin[i] - spread.full[i]);
  }
  const at::Tensor y = pad_spatial(call, full, before, after, 0);
  if (!bias.defined()) return {y};
  std::vector<int64_t> per_unit(static_cast<size_t>(x.dim() - 1), 1);
  per_unit[0] = units;
  return {y + bias.reshape(per_unit)};
}

constexpr OperatorRow kTransposedConvolutionRows[] = {
    {{"ConvTranspose", OperatorRole::linear, true, 2, 3, conv_transpose},
     {"1, 11, 22", OrderRule::product, Export::alike, transposed_convolution_bound}}};

}  // namespace

std::span<const OperatorRow> transposed_convolution_operators() {
  return kTransposedConvolutionRows;
}

}  // namespace shatterproof
