// SPDX-License-Identifier: Apache-2.0
#include "onnx/operator_set_17.h"

#include <algorithm>
#include <iterator>

#include "onnx/rewriting_rules.h"
#include "onnx/rewritten_formulas.h"
#include "shatterproof/core/error.h"
#include "shatterproof/network/operator_traits.h"

namespace shatterproof {
namespace {

using Rule = void (*)(Rewriter&, Node&);

struct Row {
  std::string_view op;
  Rule rule;
};

// Of what the operator table calls rewritten.
constexpr Row kRules[] = {
    {"AveragePool", rewriting::average_pool},
    {"BatchNormalization", rewriting::batch_normalization},
    {"Cast", rewriting::cast},
    {"CastLike", rewriting::cast},
    {"Clip", rewriting::clip},
    {"Dropout", rewriting::dropout},
    {"GRU", rewriting::recurrent},
    {"Gelu", rewriting::gelu},
    {"GridSample", rewriting::grid_sample},
    {"GroupNormalization", rewriting::group_normalization},
    {"Hardmax", rewriting::softmax},
    {"LSTM", rewriting::recurrent},
    {"LogSoftmax", rewriting::softmax},
    {"LpPool", rewriting::lp_pool},
    {"Mish", rewriting::mish},
    {"Pad", rewriting::pad},
    {"RMSNormalization", rewriting::rms_normalization},
    {"RNN", rewriting::recurrent},
    {"ReduceL1", rewriting::axes_to_attribute},
    {"ReduceL2", rewriting::axes_to_attribute},
    {"ReduceLogSum", rewriting::axes_to_attribute},
    {"ReduceLogSumExp", rewriting::axes_to_attribute},
    {"ReduceMax", rewriting::axes_to_attribute},
    {"ReduceMean", rewriting::axes_to_attribute},
    {"ReduceMin", rewriting::axes_to_attribute},
    {"ReduceProd", rewriting::axes_to_attribute},
    {"ReduceSum", rewriting::axes_to_input},
    {"ReduceSumSquare", rewriting::axes_to_attribute},
    {"Resize", rewriting::resize},
    {"RoiAlign", rewriting::roi_align},
    {"Scatter", rewriting::scatter},
    {"ScatterElements", rewriting::scatter},
    {"ScatterND", rewriting::scatter},
    {"Slice", rewriting::slice},
    {"Softmax", rewriting::softmax},
    {"Split", rewriting::split},
    {"Squeeze", rewriting::axes_to_input},
    {"Swish", rewriting::swish},
    {"TopK", rewriting::top_k},
    {"Unsqueeze", rewriting::axes_to_input},
    {"Upsample", rewriting::resize},
};

Rule find_rule(std::string_view op) {
  const auto* row =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const Row& each) { return each.op == op; });
  return row == std::end(kRules) ? nullptr : row->rule;
}

void rewrite(Rewriter& rewriter, Node& node) {
  switch (traits_of(node.op).written) {
    case Export::alike:
      return;
    case Export::rewritten:
      if (const Rule rule = find_rule(node.op)) return rule(rewriter, node);
      reject(title(node), "its operator must have a rule for operator set 17", "none");
    case Export::later:
      reject(title(node), "its operator must exist in operator set 17", "one of a later set");
  }
}

}  // namespace

bool has_rewriting_rule(std::string_view op) {
  return find_rule(op) != nullptr;
}

int64_t exported_operator_set(const GraphDraft& draft) {
  constexpr int64_t kFirstKept = 22;
  if (draft.nodes.empty()) return kExportedOperatorSet;
  const int64_t opset = draft.nodes.front().opset;
  const bool alike = std::all_of(draft.nodes.begin(), draft.nodes.end(),
                                 [&](const Node& node) { return node.opset == opset; });
  const bool needed = std::any_of(draft.nodes.begin(), draft.nodes.end(), [](const Node& node) {
    return find_operator(node.op) && traits_of(node.op).written == Export::later;
  });
  return alike && needed && opset >= kFirstKept ? opset : kExportedOperatorSet;
}

GraphDraft in_operator_set_17(const GraphDraft& draft, const Shapes& shapes) {
  Rewriter rewriter(draft, shapes);
  GraphDraft& result = rewriter.result;
  result.name = draft.name;
  result.inputs = draft.inputs;
  result.outputs = draft.outputs;
  for (const std::string& value : draft.constant_order) result.add_constant(value, draft.constants.at(value));
  for (Node node : draft.nodes) {
    rewrite(rewriter, node);
    node.opset = kExportedOperatorSet;
    result.nodes.push_back(std::move(node));
  }
  drop_unused_constants(result);
  return result;
}

}  // namespace shatterproof
