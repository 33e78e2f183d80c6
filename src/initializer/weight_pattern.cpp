// SPDX-License-Identifier: Apache-2.0
#include "initializer/weight_pattern.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "initializer/moments.h"
#include "network/weight_layout.h"

namespace shatterproof {
namespace {

constexpr double kRounding = 1e-4;  // relative to the entries

bool are_constant(const at::Tensor& numbers) {
  return numbers.numel() == 0 || numbers.eq(numbers.flatten()[0]).all().item<bool>();
}

// Leaves of a half its first, when the second is its negative.
bool fold(at::Tensor& weight, int64_t axis) {
  const int64_t half = weight.size(axis) / 2;
  if (half == 0 || weight.size(axis) % 2 != 0) return false;
  const at::Tensor first = weight.narrow(axis, 0, half), second = weight.narrow(axis, half, half);
  if (!at::equal(first, -second) || first.eq(0).all().item<bool>()) return false;
  weight = first;
  return true;
}

// Leaves of kernel positions those that are not all zero, and of equal ones the first.
void drop_positions(at::Tensor& weight) {
  if (weight.size(3) < 2) return;
  const at::Tensor used = weight.ne(0).flatten(0, 2).any(0);
  const at::Tensor kept = used.nonzero().flatten();
  if (kept.numel() == 0 || kept.numel() == weight.size(3)) return;
  weight = weight.index_select(3, kept);
  if (weight.size(3) > 1 && at::equal(weight, weight.narrow(3, 0, 1).expand_as(weight)))
    weight = weight.narrow(3, 0, 1);
}

bool is_identity(const at::Tensor& matrix) {
  const int64_t rank = std::min(matrix.size(0), matrix.size(1));
  if (rank < 2 || matrix.count_nonzero().item<int64_t>() != rank) return false;
  return matrix.diagonal().ne(0).all().item<bool>() && are_constant(matrix.diagonal());
}

// Of products of vectors whose numbers may have been stored in 16 bits, relative to their squared length. The
// roundings r of n numbers are independent and leave less than 5 r / sqrt(n): 3 where thousands of products
// were tried. The bound 2 r of any roundings is no measure, since vectors drawn at random miss being
// orthogonal by 1 / sqrt(n) alone, and long ones would pass. Numbers count as far as they are alike, n = (sum
// w^2)^2 / sum w^4: a third of normal ones.
double rounding_of_products(const at::Tensor& vectors) {
  constexpr double kMost = 2, kOfMany = 5;
  const at::Tensor squares = vectors.square();
  const double fewest =
      (squares.sum(1).square() / squares.square().sum(1).clamp_min(1e-300)).min().item<double>();
  return std::max(kRounding, std::min(kMost, kOfMany / std::sqrt(fewest)) * rounding_of(vectors));
}

bool is_orthogonal(const at::Tensor& matrix) {
  constexpr int64_t kMostVectors = 64;
  const at::Tensor vectors = (matrix.size(0) <= matrix.size(1) ? matrix : matrix.t());
  if (vectors.size(0) < 2) return false;
  const at::Tensor some = vectors.narrow(0, 0, std::min(kMostVectors, vectors.size(0))).to(at::kDouble);
  const at::Tensor products = some.mm(some.t());
  const double size = products.diagonal().mean().item<double>();
  if (size <= 0) return false;
  const at::Tensor expected = at::eye(products.size(0), products.options()) * size;
  return (products - expected).abs().max().item<double>() <= rounding_of_products(some) * size;
}

template <typename Holds>
bool holds_of_all(const at::Tensor& weight, Holds holds) {
  for (int64_t i = 0; i < weight.size(0); ++i) {
    if (!holds(weight[i].flatten(1))) return false;
  }
  return weight.size(0) > 0;
}

// Of numbers of which a mask has made some zero the others, line by line: what was drawn does not come out
// as zero. Lines so short that most lie within one row still tell when a row's numbers moved together.
at::Tensor unmasked(const at::Tensor& table) {
  constexpr int64_t kFewestOf = 64, kLine = 16, kFewestLines = 4;
  const at::Tensor kept = table.ne(0);
  // Whole rows and columns, as of padding tokens, leave a table.
  const at::Tensor rows = kept.any(1), columns = kept.any(0);
  const int64_t all = rows.sum().item<int64_t>() * columns.sum().item<int64_t>();
  const at::Tensor numbers = table.masked_select(kept);
  if (all == 0 || kFewestOf * (all - numbers.numel()) <= all) return table;
  const int64_t lines = numbers.numel() / kLine;
  return lines < kFewestLines ? numbers.unsqueeze(0)
                              : numbers.narrow(0, 0, lines * kLine).reshape({lines, kLine});
}

}  // namespace

at::Tensor canonical_weight(const Network& network, const Layer& layer) {
  return canonical_weight(network.nodes()[layer.node], layer, effective_weight(network, layer));
}

at::Tensor canonical_weight(const Node& node, const Layer& layer, at::Tensor weight) {
  if (layer.kind == LayerKind::convolution) {
    const int64_t groups = std::max<int64_t>(1, node.integer("group", 1));
    weight = weight.unflatten(0, {groups, weight.size(0) / groups});
    if (layer.input_major) weight = weight.transpose(1, 2);
    return weight.dim() > 3 ? weight.flatten(3) : weight.unsqueeze(3);
  }
  if (layer.input_major) weight = weight.transpose(-1, -2);
  const int64_t gates = layer.kind == LayerKind::recurrent ? gates_of(node) : 1;
  const int64_t units = weight.size(-2), inputs = weight.size(-1);
  return weight.reshape({-1, units / gates, inputs, 1});
}

WeightPattern weight_pattern(const at::Tensor& canonical) {
  WeightPattern found;
  at::Tensor weight = canonical;
  if (are_constant(weight)) {
    found.name = weight.numel() == 0 || weight.flatten()[0].item<double>() == 0 ? "zeros" : "constant";
    return found;
  }
  const bool halves_inputs = fold(weight, 2), halves_units = fold(weight, 1);
  found.mirrored = halves_inputs || halves_units;
  const int64_t positions = weight.size(3);
  drop_positions(weight);
  const bool delta = weight.size(3) < positions && weight.size(3) == 1;
  if (holds_of_all(weight, is_identity)) {
    found.name = "identity";
  } else if (holds_of_all(weight, is_orthogonal)) {
    found.name = delta ? "delta_orthogonal" : "orthogonal";
  }
  for (int64_t i = 0; i < weight.size(0); ++i) found.tables.push_back(unmasked(weight[i].flatten(1)));
  return found;
}

}  // namespace shatterproof
