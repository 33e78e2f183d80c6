// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/diagnose/recurrent_cell.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "shatterproof/network/recurrence.h"

namespace shatterproof {
namespace {

// Which rows of weight and bias belong to the gate that keeps the state, in ONNX's order of gates.
int64_t keeping_gate(const std::string& cell) {
  constexpr int64_t kForgetOfLstm = 2, kUpdateOfGru = 0;
  return cell == "LSTM" ? kForgetOfLstm : kUpdateOfGru;
}

std::string activation_of(const Node& node, int64_t direction) {
  const auto found = node.attributes.find("activations");
  if (found == node.attributes.end()) return "tanh";
  const auto* names = std::get_if<std::vector<std::string>>(&found->second);
  if (!names || names->size() <= static_cast<size_t>(direction)) return "tanh";
  std::string name = (*names)[static_cast<size_t>(direction)];
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

double mean_square_times_units(const at::Tensor& weight) {
  return weight.to(at::kDouble).square().mean().item<double>() * static_cast<double>(weight.size(-1));
}

// Both biases of the gate together; [2 gates units] per direction.
double kept_bias(const at::Tensor& bias, const std::string& cell, int64_t units) {
  const int64_t gates = bias.size(0) / 2, first = keeping_gate(cell) * units;
  if (first + units > gates) return 0;
  return (bias.narrow(0, first, units) + bias.narrow(0, gates + first, units))
      .to(at::kDouble)
      .mean()
      .item<double>();
}

RecurrentCell cell_of(const Network& network, const Recurrence& recurrence) {
  RecurrentCell cell;
  cell.name = recurrence.name;
  cell.cell = recurrence.cell;
  if (recurrence.weight.empty()) return cell;
  const at::Tensor& weight = network.find_parameter(recurrence.weight)->value;
  if (recurrence.is_unrolled() || weight.dim() != 3) {
    cell.recurrent = mean_square_times_units(weight);
    return cell;
  }
  cell.recurrent = mean_square_times_units(weight[recurrence.direction]);
  if (recurrence.cell == "RNN")
    cell.activation = activation_of(network.nodes()[recurrence.nodes[0]], recurrence.direction);
  if (recurrence.cell != "RNN" && !recurrence.bias.empty())
    cell.kept = kept_bias(network.find_parameter(recurrence.bias)->value[recurrence.direction],
                          recurrence.cell, weight.size(2));
  return cell;
}

}  // namespace

std::vector<RecurrentCell> recurrent_cells(const Network& network) {
  std::vector<RecurrentCell> cells;
  for (const Recurrence& recurrence : recurrences(network)) cells.push_back(cell_of(network, recurrence));
  return cells;
}

}  // namespace shatterproof
