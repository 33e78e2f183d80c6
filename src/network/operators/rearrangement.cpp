// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

struct Blocks {
  int64_t size;                            ///< of a block, along height and width
  int64_t batch, channels, height, width;  ///< of the input
};

Blocks blocks_of(const OperatorCall& call, const at::Tensor& x) {
  if (x.dim() != 4) reject_call(call, "input is [batch, channels, height, width]", shape_text(x.sizes()));
  constexpr int64_t kLargest = int64_t{1} << 20;
  const int64_t size = call.node.integer("blocksize", 0);
  if (size < 1 || size > kLargest) reject_call(call, "blocksize lies in [1, 2^20]", fmt::format("{}", size));
  return {size, x.size(0), x.size(1), x.size(2), x.size(3)};
}

std::vector<at::Tensor> depth_to_space(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const auto [b, batch, channels, height, width] = blocks_of(call, x);
  const std::string mode = call.node.text("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") reject_call(call, "mode is DCR or CRD", mode);
  if (channels % (b * b) != 0) {
    reject_call(call, fmt::format("channels divide by {}", b * b), shape_text(x.sizes()));
  }
  const int64_t depth = channels / (b * b);
  const at::Tensor placed = mode == "DCR"
                                ? x.reshape({batch, b, b, depth, height, width}).permute({0, 3, 4, 1, 5, 2})
                                : x.reshape({batch, depth, b, b, height, width}).permute({0, 1, 4, 2, 5, 3});
  return {placed.reshape({batch, depth, height * b, width * b})};
}

std::vector<at::Tensor> space_to_depth(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const auto [b, batch, channels, height, width] = blocks_of(call, x);
  if (height % b != 0 || width % b != 0) {
    reject_call(call, fmt::format("height and width divide by {}", b), shape_text(x.sizes()));
  }
  return {x.reshape({batch, channels, height / b, b, width / b, b})
              .permute({0, 3, 5, 1, 2, 4})
              .reshape({batch, channels * b * b, height / b, width / b})};
}

/// The first `sequence_lens` steps of each example backwards, the rest as it was.
std::vector<at::Tensor> reverse_sequence(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const int64_t time = call.node.integer("time_axis", 0), batch = call.node.integer("batch_axis", 1);
  if (x.dim() < 2 || std::min(time, batch) != 0 || std::max(time, batch) != 1)
    reject_call(call, "time_axis and batch_axis are 0 and 1", fmt::format("{} and {}", time, batch));
  const std::vector<int64_t> lengths = integers_of_input(call, 1);
  const bool fits = static_cast<int64_t>(lengths.size()) == x.size(batch) &&
                    std::all_of(lengths.begin(), lengths.end(),
                                [&](int64_t length) { return length >= 0 && length <= x.size(time); });
  if (!fits) {
    reject_call(call, fmt::format("{} lengths lie in [0, {}]", x.size(batch), x.size(time)),
                shape_text(lengths));
  }
  const at::Tensor length = at::tensor(lengths, at::kLong).to(x.device()).unsqueeze(time);
  const at::Tensor step = at::arange(x.size(time), length.options()).unsqueeze(batch);
  at::Tensor from = at::where(step < length, length - 1 - step, step);
  while (from.dim() < x.dim()) from = from.unsqueeze(-1);
  return {at::gather(x, time, from.expand_as(x))};
}

std::vector<at::Tensor> trilu(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  if (x.dim() < 2) reject_call(call, "input has at least two axes", shape_text(x.sizes()));
  const int64_t beyond = x.size(-2) + x.size(-1);
  const int64_t given = has_input(call, 1) ? scalar_input(call, 1).to<int64_t>() : 0;
  const int64_t diagonal = std::clamp(given, -beyond, beyond);
  return {call.node.integer("upper", 1) != 0 ? at::triu(x, diagonal) : at::tril(x, diagonal)};
}

constexpr OperatorRow kRearrangementRows[] = {
    {{"DepthToSpace", OperatorRole::movement, true, 1, 1, depth_to_space}, {"1, 11, 13", OrderRule::linear}},
    {{"ReverseSequence", OperatorRole::movement, true, 2, 2, reverse_sequence}, {"10"}},
    {{"SpaceToDepth", OperatorRole::movement, true, 1, 1, space_to_depth}, {"1, 13", OrderRule::linear}},
    {{"Trilu", OperatorRole::movement, true, 1, 2, trilu}, {"14", OrderRule::linear}},
};

}  // namespace

std::span<const OperatorRow> rearrangement_operators() {
  return kRearrangementRows;
}

}  // namespace shatterproof
