// SPDX-License-Identifier: Apache-2.0
#include "experiment/attention_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "shatterproof/network/layer.h"
#include "shatterproof/network/opaque.h"

namespace shatterproof {
namespace {

constexpr const char* kOperator = "Attention";

// An attention that is one node: ONNX's operator, or PyTorch's function, of which a live model's graph says
// only how it masks.
bool is_one_node(const Node& node) {
  return node.op == kOperator || (node.op == kOpaque && node.has("is_causal"));
}

// Per node that is looked at, the depth of its attention's output.
std::map<size_t, int> attentions_of(const Network& graph, const Structure& structure) {
  std::map<size_t, int> found;
  for (const Composite& composite : structure.composites) {
    if (composite.role != CompositeRole::attention || composite.op != kOperator) continue;
    const int64_t softmax = graph.producer(composite.values.at("probabilities"));
    found[static_cast<size_t>(softmax)] = structure.depth[composite.output];
  }
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    if (is_one_node(graph.nodes()[i]) && structure.depends_on_input[i]) found[i] = structure.depth[i];
  }
  return found;
}

// The node once more, so that it gives out what enters its softmax.
at::Tensor scores_within(const Node& node, std::span<const at::Tensor> inputs) {
  constexpr size_t kScores = 3;
  constexpr int64_t kAsTheyEnterTheSoftmax = 2;
  Node telling = node;
  telling.op = kOperator;
  telling.outputs = {"result", "keys", "values", "scores"};
  telling.attributes["qk_matmul_output_mode"] = kAsTheyEnterTheSoftmax;
  std::vector<at::Tensor> given(inputs.begin(), inputs.end());
  for (at::Tensor& input : given) {
    if (input.defined()) input = input.detach();
  }
  return evaluate({.node = telling, .inputs = given})[kScores];
}

class Scores : public Observer {
 public:
  Scores(const Network& graph, std::map<size_t, int> attentions,
         const std::function<void(const AttentionScores&)>& visit)
      : graph_(graph), attentions_(std::move(attentions)), visit_(visit) {}

  bool wants_forward(const Tap& tap) const override {
    return !tap.op.empty() && attentions_.contains(tap.node);
  }

  void observe(const ForwardTap& tap) override {
    const Node& node = graph_.nodes()[tap.tap.node];
    at::Tensor logits = is_one_node(node) ? scores_within(node, tap.inputs) : keys_last(node, tap.inputs[0]);
    visit_({tap.tap.name, tap.tap.node, attentions_.at(tap.tap.node), in_heads(logits.detach(), tap)});
  }
  using Observer::observe;

  int64_t examples = 0;    // of the batch
  int64_t mini_batch = 0;  // examples run at a time; 0: all

 private:
  static at::Tensor keys_last(const Node& softmax, const at::Tensor& logits) {
    return logits.movedim(softmax.integer("axis", -1), -1);
  }

  // Exporters join examples and heads on one axis, examples first.
  at::Tensor in_heads(const at::Tensor& logits, const ForwardTap& tap) const {
    if (logits.dim() < 3) return logits.reshape({1, 1, -1, logits.size(-1)});
    if (logits.dim() > 3) return logits.reshape({-1, logits.size(-3), logits.size(-2), logits.size(-1)});
    const int64_t left = examples - tap.first_example;
    const int64_t here = std::max<int64_t>(1, mini_batch > 0 ? std::min(mini_batch, left) : left);
    const int64_t heads = logits.size(0) % here == 0 ? logits.size(0) / here : 1;
    return logits.reshape({-1, heads, logits.size(1), logits.size(2)});
  }

  const Network& graph_;
  std::map<size_t, int> attentions_;
  const std::function<void(const AttentionScores&)>& visit_;
};

}  // namespace

size_t for_each_attention(TapSource& source, const Batch& batch, const RunOptions& options,
                          const std::function<void(const AttentionScores&)>& visit) {
  const Network& graph = *source.graph();
  const std::map<size_t, int> attentions = attentions_of(graph, structure(graph));
  if (attentions.empty()) return 0;
  RunOptions all_nodes = options;
  all_nodes.every_node = true;
  Scores scores(graph, attentions, visit);
  scores.examples = batch.examples();
  scores.mini_batch = options.mini_batch;
  Observer* observer = &scores;
  // The taps of a network's source are placed when it is made.
  const std::unique_ptr<TapSource> own =
      source.network() ? tap_source(*source.network(), all_nodes) : nullptr;
  (own ? *own : source).observe_forward(batch, {&observer, 1}, all_nodes);
  return attentions.size();
}

}  // namespace shatterproof
