// SPDX-License-Identifier: Apache-2.0
#include "onnx/operator_set_17.h"

#include <algorithm>
#include <iterator>

#include "onnx/rewriting_rules.h"
#include "onnx/rewritten_formulas.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

using Rule = void (*)(Rewriter&, Node&);

struct Row {
  std::string_view op;
  Rule rule = nullptr;  // none: operator sets 7 to 25 write it alike
};

constexpr Row kRules[] = {
    {"Abs"},
    {"Acos"},
    {"Acosh"},
    {"Add"},
    {"And"},
    {"ArgMax"},
    {"ArgMin"},
    {"Asin"},
    {"Asinh"},
    {"Atan"},
    {"Atanh"},
    {"Attention", rewriting::only_later},
    {"AveragePool", rewriting::average_pool},
    {"BatchNormalization", rewriting::batch_normalization},
    {"Bernoulli"},
    {"BitShift"},
    {"BitwiseAnd", rewriting::only_later},
    {"BitwiseNot", rewriting::only_later},
    {"BitwiseOr", rewriting::only_later},
    {"BitwiseXor", rewriting::only_later},
    {"Cast", rewriting::cast},
    {"CastLike", rewriting::cast},
    {"Ceil"},
    {"Celu"},
    {"Clip", rewriting::clip},
    {"Compress"},
    {"Concat"},
    {"Constant"},
    {"ConstantOfShape"},
    {"Conv"},
    {"ConvTranspose"},
    {"Cos"},
    {"Cosh"},
    {"CumSum"},
    {"DepthToSpace"},
    {"Det"},
    {"Div"},
    {"Dropout", rewriting::dropout},
    {"Einsum"},
    {"Elu"},
    {"Equal"},
    {"Erf"},
    {"Exp"},
    {"Expand"},
    {"EyeLike"},
    {"Flatten"},
    {"Floor"},
    {"GRU", rewriting::recurrent},
    {"Gather"},
    {"GatherElements"},
    {"GatherND"},
    {"Gelu", rewriting::gelu},
    {"Gemm"},
    {"GlobalAveragePool"},
    {"GlobalLpPool"},
    {"GlobalMaxPool"},
    {"Greater"},
    {"GreaterOrEqual"},
    {"GridSample", rewriting::grid_sample},
    {"GroupNormalization", rewriting::group_normalization},
    {"HardSigmoid"},
    {"HardSwish"},
    {"Hardmax", rewriting::softmax},
    {"Identity"},
    {"InstanceNormalization"},
    {"IsInf"},
    {"IsNaN"},
    {"LRN"},
    {"LSTM", rewriting::recurrent},
    {"LayerNormalization"},
    {"LeakyRelu"},
    {"Less"},
    {"LessOrEqual"},
    {"Log"},
    {"LogSoftmax", rewriting::softmax},
    {"LpNormalization"},
    {"LpPool", rewriting::lp_pool},
    {"MatMul"},
    {"Max"},
    {"MaxPool"},
    {"MaxUnpool"},
    {"Mean"},
    {"MeanVarianceNormalization"},
    {"Min"},
    {"Mish", rewriting::mish},
    {"Mod"},
    {"Mul"},
    {"Neg"},
    {"NegativeLogLikelihoodLoss"},
    {"NonZero"},
    {"Not"},
    {"OneHot"},
    {"Or"},
    {"PRelu"},
    {"Pad", rewriting::pad},
    {"Pow"},
    {"RMSNormalization", rewriting::rms_normalization},
    {"RNN", rewriting::recurrent},
    {"RandomNormal"},
    {"RandomNormalLike"},
    {"RandomUniform"},
    {"RandomUniformLike"},
    {"Range"},
    {"Reciprocal"},
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
    {"Relu"},
    {"Reshape"},
    {"Resize", rewriting::resize},
    {"ReverseSequence"},
    {"RoiAlign", rewriting::roi_align},
    {"RotaryEmbedding", rewriting::only_later},
    {"Round"},
    {"Scatter", rewriting::scatter},
    {"ScatterElements", rewriting::scatter},
    {"ScatterND", rewriting::scatter},
    {"Selu"},
    {"Shape"},
    {"Shrink"},
    {"Sigmoid"},
    {"Sign"},
    {"Sin"},
    {"Sinh"},
    {"Size"},
    {"Slice", rewriting::slice},
    {"Softmax", rewriting::softmax},
    {"SoftmaxCrossEntropyLoss"},
    {"Softplus"},
    {"Softsign"},
    {"SpaceToDepth"},
    {"Split", rewriting::split},
    {"Sqrt"},
    {"Squeeze", rewriting::axes_to_input},
    {"Sub"},
    {"Sum"},
    {"Swish", rewriting::swish},
    {"Tan"},
    {"Tanh"},
    {"ThresholdedRelu"},
    {"Tile"},
    {"TopK", rewriting::top_k},
    {"Transpose"},
    {"Trilu"},
    {"Unique"},
    {"Unsqueeze", rewriting::axes_to_input},
    {"Upsample", rewriting::resize},
    {"Where"},
    {"Xor"},
};

const Row* find_row(std::string_view op) {
  const auto row =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const Row& each) { return each.op == op; });
  return row == std::end(kRules) ? nullptr : row;
}

}  // namespace

bool is_exportable(std::string_view op) {
  return find_row(op) != nullptr;
}

int64_t exported_operator_set(const GraphDraft& draft) {
  constexpr int64_t kFirstKept = 22;
  if (draft.nodes.empty()) return kExportedOperatorSet;
  const int64_t opset = draft.nodes.front().opset;
  const bool alike = std::all_of(draft.nodes.begin(), draft.nodes.end(),
                                 [&](const Node& node) { return node.opset == opset; });
  const bool needed = std::any_of(draft.nodes.begin(), draft.nodes.end(), [](const Node& node) {
    const Row* row = find_row(node.op);
    return row && row->rule == rewriting::only_later;
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
    const Row* row = find_row(node.op);
    if (!row) reject(title(node), "its operator must have a rule for operator set 17", "none");
    if (row->rule) row->rule(rewriter, node);
    node.opset = kExportedOperatorSet;
    result.nodes.push_back(std::move(node));
  }
  drop_unused_constants(result);
  return result;
}

}  // namespace shatterproof
