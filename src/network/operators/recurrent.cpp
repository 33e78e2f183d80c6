// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"
#include "network/operators/gate_activation.h"

namespace shatterproof {
namespace {

using at::Tensor;

struct State {
  Tensor h, c;  ///< [batch, units]; c only of LSTM
};

/// One direction of a recurrent node. What is the same at every step is made once, before the first.
struct Cell {
  Tensor from_input;  ///< [inputs, gates units]
  Tensor from_state;  ///< [units, gates units]; of GRU the gates update and reset
  Tensor bias;        ///< [gates units]: all that is added whatever the state
  Tensor to_hidden;   ///< [units, units]; only of GRU: the hidden gate
  Tensor reset_bias;  ///< [units]; only of GRU with linear_before_reset: what the reset gate multiplies
  Tensor peepholes;   ///< [3 units]: input, output, forget; only of LSTM
  std::vector<GateActivation> activations;
  bool linear_before_reset = false;  ///< of GRU
  bool couples_gates = false;        ///< of LSTM: forget = 1 - input
};

/// The state after one step; `x` is what the input adds to the gates, bias included.
using Step = State (*)(const Cell& cell, const Tensor& x, const State& before);

struct Kind {
  Step step;
  int64_t gates;
  std::vector<std::string> activations;  ///< by default
  bool has_cell_state;
};

/// h' = f(W x + R h + b)
State rnn_step(const Cell& cell, const Tensor& x, const State& before) {
  return {cell.activations[0](at::addmm(x, before.h, cell.from_state)), {}};
}

/// Gates in the order update z, reset r, hidden:  h' = (1 - z) g(W x + R (r h) + b) + z h, or with
/// linear_before_reset g(W x + r (R h + b_R) + b_W).
State gru_step(const Cell& cell, const Tensor& x, const State& before) {
  const int64_t units = before.h.size(1);
  const auto given = at::split_with_sizes(x, {2 * units, units}, 1);
  const auto gates = at::chunk(cell.activations[0](at::addmm(given[0], before.h, cell.from_state)), 2, 1);
  const Tensor &z = gates[0], &r = gates[1];
  const Tensor hidden = cell.linear_before_reset
                            ? at::addcmul(given[1], r, at::addmm(cell.reset_bias, before.h, cell.to_hidden))
                            : at::addmm(given[1], r * before.h, cell.to_hidden);
  const Tensor proposed = cell.activations[1](hidden);
  return {at::addcmul(proposed, z, before.h - proposed), {}};
}

/// Gates in the order input i, output o, forget f, cell:  c' = f c + i g(cell),  h' = o h(c').
State lstm_step(const Cell& cell, const Tensor& x, const State& before) {
  const int64_t units = before.h.size(1);
  const auto parts = at::split_with_sizes(at::addmm(x, before.h, cell.from_state), {3 * units, units}, 1);
  const auto gates = at::chunk(cell.activations[0](parts[0]), 3, 1);
  const Tensor &i = gates[0], &o = gates[1];
  const Tensor f = cell.couples_gates ? 1 - i : gates[2];
  const Tensor c = at::addcmul(f * before.c, i, cell.activations[1](parts[1]));
  return {o * cell.activations[2](c), c};
}

/// The same where peepholes let i and f see c, and o see c'.
State lstm_step_with_peepholes(const Cell& cell, const Tensor& x, const State& before) {
  const auto gates = at::chunk(at::addmm(x, before.h, cell.from_state), 4, 1);
  const auto peeping = [&](size_t gate, int64_t hole, const Tensor& c) {
    return gates[gate] + cell.peepholes.narrow(0, hole * c.size(1), c.size(1)) * c;
  };
  const Tensor i = cell.activations[0](peeping(0, 0, before.c));
  const Tensor f = cell.couples_gates ? 1 - i : cell.activations[0](peeping(2, 2, before.c));
  const Tensor c = f * before.c + i * cell.activations[1](gates[3]);
  const Tensor o = cell.activations[0](peeping(1, 1, c));
  return {o * cell.activations[2](c), c};
}

/// A recurrent node's inputs, batch at axis 1, checked.
struct Sequence {
  Tensor x;        ///< [steps, batch, inputs]
  Tensor lengths;  ///< [batch, 1], undefined when all examples have all steps
  Tensor h, c;     ///< [directions, batch, units]
  int64_t directions = 0, units = 0;
};

void check_sizes(const OperatorCall& call, size_t i, const Tensor& given, at::IntArrayRef sizes) {
  if (given.sizes() != sizes)
    reject_call(call, fmt::format("input {} is {}", i, shape_text(sizes)), shape_text(given.sizes()));
}

/// An initial state, zero where none is given. Exporters freeze the batch: a state of one example is that of
/// all.
Tensor initial_state(const OperatorCall& call, size_t i, const Sequence& sequence, bool batch_first) {
  const std::vector<int64_t> sizes = {sequence.directions, sequence.x.size(1), sequence.units};
  if (!has_input(call, i)) return at::zeros(sizes, sequence.x.options());
  Tensor state = floating_input(call, i);
  if (state.dim() != 3) reject_call(call, fmt::format("input {} has 3 axes", i), shape_text(state.sizes()));
  if (batch_first) state = state.transpose(0, 1);
  if (state.size(1) == 1) state = state.expand({state.size(0), sizes[1], state.size(2)});
  check_sizes(call, i, state, sizes);
  return state;
}

Tensor lengths_of(const OperatorCall& call, const Sequence& sequence) {
  if (!has_input(call, 4)) return {};
  const std::vector<int64_t> lengths = integers_of_input(call, 4);
  const bool fits = static_cast<int64_t>(lengths.size()) == sequence.x.size(1) &&
                    std::all_of(lengths.begin(), lengths.end(),
                                [&](int64_t length) { return length >= 0 && length <= sequence.x.size(0); });
  if (!fits) {
    reject_call(call, fmt::format("{} lengths lie in [0, {}]", sequence.x.size(1), sequence.x.size(0)),
                shape_text(lengths));
  }
  return at::tensor(lengths, at::kLong).to(sequence.x.device()).unsqueeze(1);
}

Sequence sequence_of(const OperatorCall& call, const Kind& kind, bool batch_first) {
  const Tensor& given = floating_input(call, 0);
  const Tensor& weight = floating_input(call, 1);
  const Tensor& recurrent = floating_input(call, 2);
  if (given.dim() != 3 || recurrent.dim() != 3)
    reject_call(call, "input and weights have 3 axes", shape_text(given.sizes()));
  Sequence sequence;
  sequence.x = batch_first ? given.transpose(0, 1) : given;
  sequence.units = recurrent.size(2);
  sequence.directions = recurrent.size(0);
  const std::string direction = call.node.text("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    reject_call(call, "direction is forward, reverse or bidirectional", direction);
  const int64_t directions = direction == "bidirectional" ? 2 : 1, gates = kind.gates * sequence.units;
  check_sizes(call, 1, weight, {directions, gates, given.size(2)});
  check_sizes(call, 2, recurrent, {directions, gates, sequence.units});
  if (has_input(call, 3)) check_sizes(call, 3, floating_input(call, 3), {directions, 2 * gates});
  if (call.node.integer("hidden_size", sequence.units) != sequence.units)
    reject_call(call, fmt::format("hidden_size is {}", sequence.units),
                fmt::format("{}", call.node.integer("hidden_size", 0)));
  check_size(call, {sequence.x.size(0), sequence.x.size(1), directions, gates}, given.element_size());
  sequence.lengths = lengths_of(call, sequence);
  sequence.h = initial_state(call, 5, sequence, batch_first);
  if (kind.has_cell_state) {
    sequence.c = initial_state(call, 6, sequence, batch_first);
    if (has_input(call, 7)) check_sizes(call, 7, floating_input(call, 7), {directions, 3 * sequence.units});
  }
  return sequence;
}

/// Of GRU the hidden gate is apart: it sees the state only after the reset gate has.
void split_off_hidden(Cell& cell, const Tensor& recurrent_weight, const Tensor& input_bias,
                      const Tensor& recurrent_bias) {
  const int64_t units = recurrent_weight.size(1);
  cell.from_state = recurrent_weight.narrow(0, 0, 2 * units).t();
  cell.to_hidden = recurrent_weight.narrow(0, 2 * units, units).t();
  if (!cell.linear_before_reset) return;
  cell.reset_bias = recurrent_bias.narrow(0, 2 * units, units);
  cell.bias = input_bias + at::constant_pad_nd(recurrent_bias.narrow(0, 0, 2 * units), {0, units});
}

Cell cell_of(const OperatorCall& call, const Kind& kind, int64_t direction, int64_t directions) {
  Cell cell;
  const Tensor recurrent_weight = call.inputs[2][direction];
  cell.from_input = call.inputs[1][direction].t();
  cell.from_state = recurrent_weight.t();
  const int64_t gates = recurrent_weight.size(0);
  const Tensor bias =
      has_input(call, 3) ? call.inputs[3][direction] : at::zeros({2 * gates}, call.inputs[1].options());
  const Tensor input_bias = bias.narrow(0, 0, gates), recurrent_bias = bias.narrow(0, gates, gates);
  cell.bias = input_bias + recurrent_bias;
  if (kind.has_cell_state && has_input(call, 7)) cell.peepholes = call.inputs[7][direction];
  const auto all = gate_activations(call, directions, kind.activations);
  const auto own = static_cast<std::ptrdiff_t>(kind.activations.size());
  cell.activations.assign(all.begin() + direction * own, all.begin() + (direction + 1) * own);
  cell.linear_before_reset = call.node.integer("linear_before_reset", 0) != 0;
  cell.couples_gates = call.node.integer("input_forget", 0) != 0;
  if (kind.step == gru_step) split_off_hidden(cell, recurrent_weight, input_bias, recurrent_bias);
  return cell;
}

struct Unrolled {
  Tensor y;  ///< [steps, batch, units], zero beyond an example's length
  State last;
};

/// A step beyond an example's length leaves its state, so that the reverse direction begins at its end.
Unrolled unrolled(const Cell& cell, Step step, const Sequence& sequence, int64_t direction, bool reverse) {
  // One product for all steps. Taken apart at once: every x[t] by itself would make autograd fill a tensor of
  // all steps for each of them.
  const Tensor x = at::matmul(sequence.x, cell.from_input) + cell.bias;
  const std::vector<Tensor> given = x.size(0) > 0 ? at::unbind(x) : std::vector<Tensor>();
  State state{sequence.h[direction], sequence.c.defined() ? sequence.c[direction] : Tensor()};
  const int64_t steps = x.size(0);
  std::vector<Tensor> outputs(static_cast<size_t>(steps));
  for (int64_t k = 0; k < steps; ++k) {
    const int64_t t = reverse ? steps - 1 - k : k;
    State next = step(cell, given[static_cast<size_t>(t)], state);
    Tensor output = next.h;
    if (sequence.lengths.defined()) {
      const Tensor beyond = sequence.lengths <= t;
      output = output.masked_fill(beyond, 0);
      next.h = at::where(beyond, state.h, next.h);
      if (next.c.defined()) next.c = at::where(beyond, state.c, next.c);
    }
    outputs[static_cast<size_t>(t)] = output;
    state = next;
  }
  return {steps > 0 ? at::stack(outputs) : at::zeros({0, x.size(1), sequence.units}, x.options()), state};
}

std::vector<Tensor> recurrent(const OperatorCall& call, const Kind& kind) {
  const bool batch_first = call.node.integer("layout", 0) != 0;
  const Sequence sequence = sequence_of(call, kind, batch_first);
  const bool starts_reversed = call.node.text("direction", "forward") == "reverse";
  std::vector<Tensor> y, h, c;
  for (int64_t direction = 0; direction < sequence.directions; ++direction) {
    const Cell cell = cell_of(call, kind, direction, sequence.directions);
    const Step step = cell.peepholes.defined() ? lstm_step_with_peepholes : kind.step;
    const Unrolled run = unrolled(cell, step, sequence, direction, starts_reversed || direction == 1);
    y.push_back(run.y);
    h.push_back(run.last.h);
    c.push_back(run.last.c);
  }
  // [steps, directions, batch, units] and [directions, batch, units], or the batch first.
  std::vector<Tensor> outputs = {at::stack(y, batch_first ? 2 : 1), at::stack(h, batch_first ? 1 : 0)};
  if (batch_first) outputs[0] = outputs[0].transpose(0, 1);
  if (kind.has_cell_state) outputs.push_back(at::stack(c, batch_first ? 1 : 0));
  return outputs;
}

std::vector<Tensor> rnn(const OperatorCall& call) {
  return recurrent(call, {rnn_step, 1, {"Tanh"}, false});
}

std::vector<Tensor> gru(const OperatorCall& call) {
  return recurrent(call, {gru_step, 3, {"Sigmoid", "Tanh"}, false});
}

std::vector<Tensor> lstm(const OperatorCall& call) {
  return recurrent(call, {lstm_step, 4, {"Sigmoid", "Tanh", "Tanh"}, true});
}

constexpr OperatorRow kRecurrentRows[] = {
    {{"GRU", OperatorRole::linear, true, 3, 6, gru},
     {"7, 14, 22", OrderRule::by_role, Export::rewritten, recurrence_bound}},
    {{"LSTM", OperatorRole::linear, true, 3, 8, lstm},
     {"7, 14, 22", OrderRule::by_role, Export::rewritten, recurrence_bound}},
    {{"RNN", OperatorRole::linear, true, 3, 6, rnn},
     {"7, 14, 22", OrderRule::by_role, Export::rewritten, recurrence_bound}},
};

}  // namespace

std::span<const OperatorRow> recurrent_operators() {
  return kRecurrentRows;
}

}  // namespace shatterproof
