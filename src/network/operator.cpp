// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/operator.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/similar_names.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"
#include "shatterproof/core/error.h"
#include "shatterproof/network/opaque.h"

namespace shatterproof {
namespace {

// The rows, by name; operators by themselves, as they are given out.
struct Table {
  std::vector<Operator> operators;
  std::vector<OperatorTraits> traits;
};

Table sorted_table() {
  std::vector<OperatorRow> rows;
  for (const std::span<const OperatorRow> family : {activation_operators(),
                                                    algebra_operators(),
                                                    arithmetic_operators(),
                                                    attention_operators(),
                                                    constant_operators(),
                                                    indexing_operators(),
                                                    instance_normalization_operators(),
                                                    linear_operators(),
                                                    logic_operators(),
                                                    loss_operators(),
                                                    movement_operators(),
                                                    noise_operators(),
                                                    normalization_operators(),
                                                    padding_operators(),
                                                    pooling_operators(),
                                                    rearrangement_operators(),
                                                    recurrent_operators(),
                                                    reduction_operators(),
                                                    resize_operators(),
                                                    sampling_operators(),
                                                    selection_operators(),
                                                    softmax_operators(),
                                                    transposed_convolution_operators(),
                                                    trigonometry_operators()}) {
    rows.insert(rows.end(), family.begin(), family.end());
  }
  std::sort(rows.begin(), rows.end(),
            [](const OperatorRow& a, const OperatorRow& b) { return a.op.name < b.op.name; });
  Table table;
  for (const OperatorRow& row : rows) {
    table.operators.push_back(row.op);
    table.traits.push_back(row.traits);
  }
  return table;
}

const Table& table() {
  static const Table rows = sorted_table();
  return rows;
}

void check_input_count(const Operator& op, const OperatorCall& call) {
  const auto given = static_cast<int64_t>(call.inputs.size());
  if (given < op.min_inputs || given > op.max_inputs) {
    const std::string allowed = op.min_inputs == op.max_inputs ? fmt::format("{}", op.min_inputs)
                                : op.max_inputs == kAnyNumber
                                    ? fmt::format("at least {}", op.min_inputs)
                                    : fmt::format("{} to {}", op.min_inputs, op.max_inputs);
    reject_call(call, fmt::format("takes {} inputs", allowed), fmt::format("{}", given));
  }
}

[[noreturn]] void reject_cause(const OperatorCall& call, std::string cause) {
  cause.resize(std::min(cause.find('\n'), cause.size()));
  throw std::invalid_argument(
      fmt::format("{} '{}': {}", printable(call.node.op), printable(call.node.name), cause));
}

/// An output that is an input itself would share its gradient with everything else that reads the input.
void separate(at::Tensor& output, std::span<const at::Tensor> inputs) {
  if (!output.defined()) return;
  for (const at::Tensor& input : inputs) {
    if (output.is_same(input)) {
      output = at::alias(output);
      return;
    }
  }
}

std::vector<at::Tensor> refuse_opaque(const OperatorCall& call) {
  reject_call(call, "only its owner, who calls the function, can run it", "a run without it");
}

}  // namespace

std::string_view to_string(BatchStatistics batch_norm) {
  switch (batch_norm) {
    case BatchStatistics::detached:
      return "detached";
    case BatchStatistics::attached:
      return "attached";
    case BatchStatistics::stored:
      return "stored";
  }
  return "stored";
}

BatchStatistics parse_batch_statistics(std::string_view text, std::string_view operation) {
  for (const BatchStatistics known :
       {BatchStatistics::detached, BatchStatistics::attached, BatchStatistics::stored}) {
    if (text == to_string(known)) return known;
  }
  reject_unknown(operation, "batch norm", text, {"detached", "attached", "stored"});
}

std::span<const Operator> operators() {
  return table().operators;
}

const Operator* find_operator(std::string_view name) {
  const std::vector<Operator>& all = table().operators;
  const auto row =
      std::lower_bound(all.begin(), all.end(), name,
                       [](const Operator& op, std::string_view wanted) { return op.name < wanted; });
  if (row != all.end() && row->name == name) return &*row;
  static const Operator opaque{kOpaque, OperatorRole::attention, true, 0, kAnyNumber, refuse_opaque};
  return name == kOpaque ? &opaque : nullptr;
}

const Operator& operator_of(const Node& node) {
  if (const Operator* op = find_operator(node.op)) return *op;
  std::vector<std::string> known;
  for (const Operator& op : operators()) known.emplace_back(op.name);
  const std::vector<std::string> near = nearest_names(node.op, known);
  reject(fmt::format("node '{}'", printable(node.name)),
         near.empty() ? std::string("its operator must be one of those that `list operators` names")
                      : fmt::format("its operator must be a known one (near: {})", fmt::join(near, ", ")),
         fmt::format("'{}' of operator set {}", printable(node.op), node.opset));
}

const OperatorTraits& traits_of(std::string_view op) {
  static const OperatorTraits opaque{"", OrderRule::by_role, Export::rewritten};
  if (op == kOpaque) return opaque;
  const Operator* row = find_operator(op);
  if (!row) reject("operator", "must be one of those that `list operators` names", "'" + printable(op) + "'");
  return table().traits[static_cast<size_t>(row - table().operators.data())];
}

std::vector<at::Tensor> evaluate(const OperatorCall& call) {
  return evaluate(operator_of(call.node), call);
}

std::vector<at::Tensor> evaluate(const Operator& op, const OperatorCall& call) {
  try {
    check_input_count(op, call);
    std::vector<at::Tensor> outputs = op.run(call);
    if (outputs.size() < call.node.outputs.size()) {
      reject_call(call, fmt::format("has {} outputs", outputs.size()),
                  fmt::format("{}", call.node.outputs.size()));
    }
    outputs.resize(call.node.outputs.size());
    for (at::Tensor& output : outputs) separate(output, call.inputs);
    return outputs;
  } catch (const std::invalid_argument&) {
    throw;
  } catch (const c10::Error& error) {
    reject_cause(call, error.what_without_backtrace());
  } catch (const std::exception& error) {
    reject_cause(call, error.what());
  }
}

}  // namespace shatterproof
