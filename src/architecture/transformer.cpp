// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/transformer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "architecture/family_options.h"
#include "architecture/parametrization.h"
#include "architecture/records.h"
#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/core/error.h"
#include "shatterproof/network/builder.h"

namespace shatterproof {
namespace {

class Transformer {
 public:
  explicit Transformer(const TransformerOptions& options)
      : options_(options), family_(family_name(options)), builder_(family_) {
    if (options_.input == 0) options_.input = options_.width;
    check();
  }

  Network build() {
    std::string x = builder_.input("input", {options_.tokens, options_.input});
    if (options_.input != options_.width)
      x = builder_.linear_per_token(x, "projection", options_.input, options_.width, "lecun");
    for (int64_t l = 1; l <= options_.depth; ++l) {
      const std::string block = fmt::format("block_{}", l);
      x = bypassed(x, block + ".attention", &Transformer::attention);
      x = bypassed(x, block + ".mlp", &Transformer::perceptron);
    }
    if (pre_norm()) x = normalized(x, "last");
    const std::string mean = builder_.node("ReduceMean", "mean_token", {x},
                                           {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}});
    builder_.output(builder_.linear(mean, {"readout", options_.width, options_.output, false, "lecun", ""}));
    return builder_.build();
  }

 private:
  static std::string family_name(const TransformerOptions& options) {
    return options.norm_place == NormPlace::before_branch ? "transformer_pre_norm" : "transformer_post_norm";
  }

  bool pre_norm() const { return options_.norm_place == NormPlace::before_branch; }

  void check() const {
    for (const auto& [option, value] : {std::pair("tokens", options_.tokens),
                                        {"input", options_.input},
                                        {"width", options_.width},
                                        {"output", options_.output}}) {
      require_within(family_, option, value, kMostUnits);
    }
    require_within(family_, "depth", options_.depth, kMostLayers);
    require_within(family_, "heads", options_.heads, options_.width);
    require_within(family_, "mlp_ratio", options_.mlp_ratio, kMostUnits);
    if (options_.width % options_.heads != 0) {
      reject(family_, "heads must divide the width",
             fmt::format("heads={},width={}", options_.heads, options_.width));
    }
    if (options_.norm != "layer" && options_.norm != "none")
      reject_unknown(family_, "norm", options_.norm, {"layer", "none"});
    // In double: hostile sizes overflow integers.
    const auto width = static_cast<double>(options_.width), ratio = static_cast<double>(options_.mlp_ratio);
    const double numbers = static_cast<double>(options_.depth) * (4 + 2 * ratio) * width * width +
                           static_cast<double>(options_.input + options_.output) * width;
    if (numbers > static_cast<double>(kMostParameters)) {
      reject(family_, fmt::format("the parameters must be at most {} numbers", kMostParameters),
             fmt::format("{:.0f}", numbers));
    }
  }

  std::string normalized(const std::string& x, const std::string& name) {
    return builder_.normalization(x, name + ".layer_norm", options_.norm, options_.width);
  }

  using Branch = std::string (Transformer::*)(const std::string& x, const std::string& name);

  std::string bypassed(const std::string& x, const std::string& name, Branch branch) {
    const std::string out = (this->*branch)(pre_norm() ? normalized(x, name) : x, name);
    const std::string sum =
        builder_.add(x, builder_.scale(out, name + ".branch", options_.beta), name + ".sum");
    return pre_norm() ? sum : normalized(sum, name);
  }

  double score_factor() const {
    const auto heads = static_cast<double>(options_.heads);
    const double width = static_cast<double>(options_.width) / heads,
                 base = static_cast<double>(options_.base_width) / heads;
    return base > 0 ? std::sqrt(base) / width : 1 / std::sqrt(width);
  }

  std::string attention(const std::string& x, const std::string& name) {
    const int64_t per_head = options_.width / options_.heads;
    const auto heads_of = [&](const char* what, const std::vector<int64_t>& order) {
      const std::string part = fmt::format("{}.{}", name, what);
      return transposed(reshaped(builder_.linear_per_token(x, part, options_.width, options_.width),
                                 part + ".heads", {0, options_.tokens, options_.heads, per_head}),
                        part + ".by_head", order);
    };
    const std::string query = heads_of("query", {0, 2, 1, 3});
    const std::string key = heads_of("key", {0, 2, 3, 1});  // transposed within each head
    const std::string value = heads_of("value", {0, 2, 1, 3});
    const std::string products = builder_.node("MatMul", name + ".products", {query, key});
    const std::string scores = builder_.scale(products, name + ".scores", score_factor());
    const std::string weights =
        builder_.node("Softmax", name + ".softmax", {scores}, {{"axis", int64_t{-1}}});
    const std::string mixed = builder_.node("MatMul", name + ".mixed", {weights, value});
    const std::string joined = reshaped(transposed(mixed, name + ".by_token", {0, 2, 1, 3}), name + ".joined",
                                        {0, options_.tokens, options_.width});
    return builder_.linear_per_token(joined, name + ".output", options_.width, options_.width);
  }

  std::string perceptron(const std::string& x, const std::string& name) {
    const int64_t hidden = options_.mlp_ratio * options_.width;
    const std::string inner = builder_.linear_per_token(x, name + ".first", options_.width, hidden);
    const std::string outer =
        builder_.activation(inner, fmt::format("{}.{}", name, options_.activation), options_.activation);
    return builder_.linear_per_token(outer, name + ".second", hidden, options_.width);
  }

  /// A size of 0 keeps that of the batch.
  std::string reshaped(const std::string& x, const std::string& name, const std::vector<int64_t>& sizes) {
    return builder_.node("Reshape", name, {x, builder_.parameter(name + ".sizes", at::tensor(sizes), false)});
  }

  std::string transposed(const std::string& x, const std::string& name, const std::vector<int64_t>& order) {
    return builder_.node("Transpose", name, {x}, {{"perm", order}});
  }

  TransformerOptions options_;
  std::string family_;
  NetworkBuilder builder_;
};

}  // namespace

Network transformer(const TransformerOptions& options) {
  return Transformer(options).build();
}

namespace {

std::vector<OptionRecord> options_of_transformers() {
  return {{"tokens", "16", "tokens per example, T"},
          {"input", "auto", "numbers per token; auto is the width; others pass a linear map first"},
          {"width", "64", "numbers per token of the state, N"},
          {"depth", "6", "blocks of attention and perceptron, L"},
          {"heads", "4", "of the attention, h; they divide the width"},
          {"mlp_ratio", "4", "hidden units of the perceptron, in widths"},
          {"output", "1", "numbers per example that come out"},
          {"activation", "gelu", "relu, prelu, leaky_relu, tanh, selu, gelu or identity"},
          {"norm", "layer", "layer or none"},
          {"beta", "1", "factor of every branch"}};
}

template <NormPlace place>
Network transformer_of(const Spec& values) {
  TransformerOptions options;
  options.norm_place = place;
  options.tokens = values.count("tokens", options.tokens, 1, kMostUnits);
  if (values.word("input", "auto") != "auto") options.input = values.count("input", 1, 1, kMostUnits);
  options.width = values.count("width", options.width, 1, kMostUnits);
  options.depth = values.count("depth", options.depth, 1, kMostLayers);
  options.heads = values.count("heads", options.heads, 1, kMostUnits);
  options.mlp_ratio = values.count("mlp_ratio", options.mlp_ratio, 1, kMostUnits);
  options.output = values.count("output", options.output, 1, kMostUnits);
  options.activation = values.word("activation", options.activation);
  options.norm = values.word("norm", options.norm);
  options.beta = values.number("beta", options.beta);
  options.base_width = mu_p_base_width(values).value_or(0);
  values.reject_unread();
  return transformer(options);
}

}  // namespace

FamilyRecord transformer_pre_norm_family() {
  return {"transformer_pre_norm",
          "Self-attention and a perceptron beside skips, branches normalized first.",
          "y = x + beta A(N(x)), x' = y + beta W_2 phi(W_1 N(y))",
          "Vaswani et al. 2017; Xiong et al. 2020",
          options_of_transformers(),
          transformer_of<NormPlace::before_branch>};
}

FamilyRecord transformer_post_norm_family() {
  return {"transformer_post_norm",
          "Self-attention and a perceptron beside skips, sums normalized.",
          "y = N(x + beta A(x)), x' = N(y + beta W_2 phi(W_1 y))",
          "Vaswani et al. 2017",
          options_of_transformers(),
          transformer_of<NormPlace::after_sum>};
}

}  // namespace shatterproof
