// SPDX-License-Identifier: Apache-2.0
#include "onnx/contrib_rewriting.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

using Attributes = std::map<std::string, Attribute>;

// Operator sets of the nodes that are made, whatever the file's own.
constexpr int64_t kPlain = 17, kGelu = 20, kAttention = 25;

// What a rule works with: the node, and the graph that it adds nodes to.
struct Contributed {
  GraphDraft& draft;
  Node node;
  std::string stem;

  bool has(size_t input) const { return input < node.inputs.size() && !node.inputs[input].empty(); }
  std::string input(size_t i) const { return i < node.inputs.size() ? node.inputs[i] : ""; }
  std::string output(size_t i) const {
    return i < node.outputs.size() && !node.outputs[i].empty() ? node.outputs[i]
                                                               : fmt::format("{}/{}", stem, i);
  }
  std::string step(const char* role, const char* op, int64_t opset, std::vector<std::string> inputs,
                   Attributes attributes = {}) {
    const std::string name = fmt::format("{}/{}", stem, role);
    draft.nodes.push_back({name, op, opset, std::move(inputs), {name}, std::move(attributes)});
    return name;
  }
  void last(const char* op, int64_t opset, std::vector<std::string> inputs, Attributes attributes = {},
            std::vector<std::string> outputs = {}) {
    if (outputs.empty()) outputs = {output(0)};
    draft.nodes.push_back(
        {node.name, op, opset, std::move(inputs), std::move(outputs), std::move(attributes)});
  }
  std::string constant(const char* role, at::Tensor value) {
    const std::string name = fmt::format("{}/{}", stem, role);
    draft.add_constant(name, std::move(value));
    draft.literals.insert(name);
    return name;
  }
  const at::Tensor* known(size_t i) const {
    const auto found = draft.constants.find(input(i));
    return found == draft.constants.end() ? nullptr : &found->second;
  }
  Attributes only(std::initializer_list<const char*> names) const {
    Attributes kept;
    for (const char* name : names) {
      if (const auto found = node.attributes.find(name); found != node.attributes.end()) kept.insert(*found);
    }
    return kept;
  }
  [[noreturn]] void refuse(std::string_view rule, std::string_view got) const {
    reject(title(node), rule, got);
  }
};

void fast_gelu(Contributed& of) {
  const std::string x = of.has(1) ? of.step("sum", "Add", kPlain, {of.input(0), of.input(1)}) : of.input(0);
  of.last("Gelu", kGelu, {x}, {{"approximate", "tanh"}});
}

void bias_gelu(Contributed& of) {
  of.last("Gelu", kGelu, {of.step("sum", "Add", kPlain, {of.input(0), of.input(1)})});
}

void gelu(Contributed& of) {
  of.last("Gelu", kGelu, {of.input(0)});
}

void quick_gelu(Contributed& of) {
  of.last("Swish", kAttention, {of.input(0)}, {{"alpha", of.node.number("alpha", 1.702)}});
}

// A transposed constant is transposed here; other operands are read by Einsum, which needs no rank.
void fused_matmul(Contributed& of) {
  const bool turns[] = {of.node.integer("transA", 0) != 0, of.node.integer("transB", 0) != 0};
  if (of.node.integer("transBatchA", 0) != 0 || of.node.integer("transBatchB", 0) != 0)
    of.refuse("transBatchA and transBatchB must be 0", "1");
  const double alpha = of.node.number("alpha", 1);
  const auto product = [&](auto&& add) {
    if (!turns[0] && !turns[1]) return add("MatMul", Attributes());
    const std::string equation =
        fmt::format("...{},...{}->...ik", turns[0] ? "ji" : "ij", turns[1] ? "kj" : "jk");
    return add("Einsum", Attributes{{"equation", equation}});
  };
  const std::vector<std::string> operands = {of.input(0), of.input(1)};
  if (alpha == 1) {
    product(
        [&](const char* op, Attributes attributes) { of.last(op, kPlain, operands, std::move(attributes)); });
    return;
  }
  std::string result;
  product([&](const char* op, Attributes attributes) {
    result = of.step("product", op, kPlain, operands, std::move(attributes));
  });
  of.last("Mul", kPlain, {result, of.constant("alpha", at::scalar_tensor(alpha, at::kFloat))});
}

// Applies what the attribute names after a convolution or product.
void activate(Contributed& of, const std::string& x) {
  const std::string kind = of.node.text("activation", "Relu");
  const std::vector<double> given = of.node.numbers("activation_params");
  Attributes attributes;
  if (kind == "LeakyRelu" && !given.empty()) attributes["alpha"] = given[0];
  if (kind == "HardSigmoid" && given.size() > 1) attributes = {{"alpha", given[0]}, {"beta", given[1]}};
  std::vector<std::string> inputs = {x};
  if (kind == "Clip" && given.size() > 1) {
    inputs.push_back(of.constant("least", at::scalar_tensor(given[0], at::kFloat)));
    inputs.push_back(of.constant("most", at::scalar_tensor(given[1], at::kFloat)));
  }
  of.last(kind.c_str(), kPlain, inputs, attributes);
}

void fused_conv(Contributed& of) {
  std::vector<std::string> inputs = {of.input(0), of.input(1)};
  if (of.has(2)) inputs.push_back(of.input(2));
  const Attributes attributes =
      of.only({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"});
  std::string x = of.step("convolution", "Conv", kPlain, inputs, attributes);
  if (of.has(3)) x = of.step("sum", "Add", kPlain, {x, of.input(3)});
  if (of.node.has("activation")) return activate(of, x);
  of.last("Identity", kPlain, {x});
}

void fused_gemm(Contributed& of) {
  std::vector<std::string> inputs = {of.input(0), of.input(1)};
  if (of.has(2)) inputs.push_back(of.input(2));
  activate(of, of.step("product", "Gemm", kPlain, inputs, of.only({"alpha", "beta", "transA", "transB"})));
}

// The sum that the skip norms begin with, as their fourth output.
std::string skip_sum(Contributed& of, size_t bias) {
  std::string branch = of.input(0);
  if (of.has(bias)) branch = of.step("biased", "Add", kPlain, {branch, of.input(bias)});
  const std::string sum = of.output(3);
  of.draft.nodes.push_back({sum, "Add", kPlain, {of.input(1), branch}, {sum}, {}});
  return sum;
}

void skip_layer_normalization(Contributed& of) {
  std::vector<std::string> inputs = {skip_sum(of, 4), of.input(2)};
  if (of.has(3)) inputs.push_back(of.input(3));
  of.last("LayerNormalization", kPlain, inputs,
          {{"axis", int64_t{-1}}, {"epsilon", of.node.number("epsilon", 1e-12)}});
}

void skip_simplified_layer_normalization(Contributed& of) {
  of.last("RMSNormalization", kAttention, {skip_sum(of, 3), of.input(2)},
          {{"axis", int64_t{-1}}, {"epsilon", of.node.number("epsilon", 1e-12)}});
}

void simplified_layer_normalization(Contributed& of) {
  of.last("RMSNormalization", kAttention, {of.input(0), of.input(1)},
          {{"axis", of.node.integer("axis", -1)}, {"epsilon", of.node.number("epsilon", 1e-5)}});
}

// A part of a bias of query, key and value side by side.
std::string bias_part(Contributed& of, size_t input, int64_t part, const char* role) {
  const at::Tensor* bias = of.known(input);
  if (!bias || bias->numel() % 3 != 0)
    of.refuse("the bias must be a constant of three equal parts", "another");
  const std::string name = fmt::format("{}/{}", of.input(input), role);
  const int64_t size = bias->numel() / 3;
  if (!of.draft.constants.contains(name))
    of.draft.add_constant(name, bias->narrow(0, part * size, size).clone());
  return name;
}

// Which keys may be attended to: whole numbers [batch, keys], not 0 where they may; joined with an added
// bias.
std::string mask_of(Contributed& of, size_t padding, size_t added) {
  if (!of.has(padding)) return of.input(added);
  const std::string shown = of.step("shown", "Cast", kPlain, {of.input(padding)}, {{"to", int64_t{9}}});
  const std::string mask =
      of.step("mask", "Unsqueeze", kPlain,
              {shown, of.constant("axes", at::tensor({int64_t{1}, int64_t{2}}, at::kLong))});
  if (!of.has(added)) return mask;
  const std::string hidden =
      of.constant("hidden", at::scalar_tensor(-std::numeric_limits<double>::infinity(), at::kFloat));
  return of.step("masked", "Where", kPlain, {mask, of.input(added), hidden});
}

Attributes attention_attributes(const Contributed& of, int64_t heads, int64_t key_heads) {
  Attributes attributes = of.only({"softcap"});
  attributes["q_num_heads"] = heads;
  attributes["kv_num_heads"] = key_heads;
  if (const double scale = of.node.number("scale", 0); scale != 0) attributes["scale"] = scale;
  return attributes;
}

void refuse_cache(const Contributed& of, std::initializer_list<size_t> inputs) {
  for (const size_t i : inputs) {
    if (of.has(i))
      of.refuse("a cache of keys and values must be absent (export without one: use_cache=False)",
                fmt::format("input '{}'", of.input(i)));
  }
}

void multi_head_attention(Contributed& of) {
  refuse_cache(of, {6, 7});
  if (!of.has(1) || !of.has(2)) of.refuse("query, key and value must come apart", "packed ones");
  std::string q = of.input(0), k = of.input(1), v = of.input(2);
  if (of.has(3)) {
    q = of.step("query", "Add", kPlain, {q, bias_part(of, 3, 0, "query")});
    k = of.step("key", "Add", kPlain, {k, bias_part(of, 3, 1, "key")});
    v = of.step("value", "Add", kPlain, {v, bias_part(of, 3, 2, "value")});
  }
  const int64_t heads = of.node.integer("num_heads", 1);
  Attributes attributes = attention_attributes(of, heads, heads);
  attributes["is_causal"] = of.node.integer("unidirectional", 0);
  of.last("Attention", kAttention, {q, k, v, mask_of(of, 4, 5)}, attributes, of.node.outputs);
}

void group_query_attention(Contributed& of) {
  refuse_cache(of, {3, 4});
  if (!of.has(1) || !of.has(2)) of.refuse("query, key and value must come apart", "packed ones");
  const int64_t heads = of.node.integer("num_heads", 1), key_heads = of.node.integer("kv_num_heads", heads);
  std::string q = of.input(0), k = of.input(1);
  if (of.node.integer("do_rotary", 0) != 0) {
    const auto turned = [&](const char* role, const std::string& x, int64_t count) {
      return of.step(role, "RotaryEmbedding", kAttention, {x, of.input(7), of.input(8), of.input(9)},
                     {{"num_heads", count}, {"interleaved", of.node.integer("rotary_interleaved", 0)}});
    };
    q = turned("query", q, heads);
    k = turned("key", k, key_heads);
  }
  Attributes attributes = attention_attributes(of, heads, key_heads);
  attributes["is_causal"] = int64_t{1};
  if (const int64_t window = of.node.integer("local_window_size", -1); window > 0)
    attributes["left_window_size"] = window - 1;
  of.last("Attention", kAttention, {q, k, of.input(2), of.input(10)}, attributes, of.node.outputs);
}

// One product for query, key and value together.
void packed_attention(Contributed& of) {
  refuse_cache(of, {4});
  if (!of.node.integers("qkv_hidden_sizes").empty())
    of.refuse("query, key and value must be equally wide", "qkv_hidden_sizes");
  std::string all = of.step("product", "MatMul", kPlain, {of.input(0), of.input(1)});
  if (of.has(2)) all = of.step("biased", "Add", kPlain, {all, of.input(2)});
  std::vector<std::string> parts;
  for (const char* role : {"query", "key", "value"}) parts.push_back(fmt::format("{}/{}", of.stem, role));
  of.draft.nodes.push_back({of.stem + "/split", "Split", kPlain, {all}, parts, {{"axis", int64_t{2}}}});
  const int64_t heads = of.node.integer("num_heads", 1);
  Attributes attributes = attention_attributes(of, heads, heads);
  attributes["is_causal"] = of.node.integer("unidirectional", 0);
  of.last("Attention", kAttention, {parts[0], parts[1], parts[2], mask_of(of, 3, 5)}, attributes);
}

void rotary_embedding(Contributed& of) {
  const at::Tensor* places = of.known(1);
  const bool from_zero = places && places->numel() == 1 && places->item<int64_t>() == 0;
  Attributes attributes = of.only({"interleaved", "num_heads", "rotary_embedding_dim"});
  of.last("RotaryEmbedding", kAttention,
          {of.input(0), of.input(2), of.input(3), from_zero ? "" : of.input(1)}, attributes);
}

struct ContribRow {
  std::string_view op;
  void (*rule)(Contributed&);
};

constexpr ContribRow kContribRules[] = {
    {"Attention", packed_attention},
    {"BiasGelu", bias_gelu},
    {"FastGelu", fast_gelu},
    {"FusedConv", fused_conv},
    {"FusedGemm", fused_gemm},
    {"FusedMatMul", fused_matmul},
    {"Gelu", gelu},
    {"GroupQueryAttention", group_query_attention},
    {"MultiHeadAttention", multi_head_attention},
    {"QuickGelu", quick_gelu},
    {"RotaryEmbedding", rotary_embedding},
    {"SimplifiedLayerNormalization", simplified_layer_normalization},
    {"SkipLayerNormalization", skip_layer_normalization},
    {"SkipSimplifiedLayerNormalization", skip_simplified_layer_normalization},
};

const ContribRow* find_contrib_rule(std::string_view op) {
  const auto row = std::find_if(std::begin(kContribRules), std::end(kContribRules),
                                [&](const ContribRow& each) { return each.op == op; });
  return row == std::end(kContribRules) ? nullptr : row;
}

}  // namespace

bool is_contributed(const std::string& domain, const std::string& op) {
  if (domain == "com.microsoft") return find_contrib_rule(op) != nullptr;
  // ONNX Runtime writes these without a domain.
  return (domain.empty() || domain == "ai.onnx") && op.ends_with("SimplifiedLayerNormalization");
}

void add_contributed(GraphDraft& draft, Node node) {
  const std::string stem = !node.outputs.empty() && !node.outputs[0].empty() ? node.outputs[0] : node.name;
  if (node.name.empty()) node.name = stem;
  const ContribRow* row = find_contrib_rule(node.op);
  Contributed of{draft, std::move(node), stem};
  row->rule(of);
}

}  // namespace shatterproof
