// SPDX-License-Identifier: Apache-2.0
#include "tests/diagnose/rule_examples.h"

#include <ATen/ATen.h>

#include <cmath>
#include <optional>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/experiment/recurrent_network.h"
#include "tests/support/fake_taps.h"

namespace shatterproof {
namespace {

// Only rules that ask how training goes need a rehearsal; the rest is told by readings.
CheckOptions plain_options() {
  CheckOptions options;
  options.weights.count = 1;
  options.examples.count = 64;
  options.standing = Provenance::State::fresh;
  options.predicts = false;
  options.rehearses = false;
  return options;
}

CheckOptions tried() {
  CheckOptions options = plain_options();
  options.rehearses = true;
  options.rehearsal_seconds = 60;  // never what ends it: verdicts are those of any machine
  return options;
}

Example family(const std::string& spec, const std::string& scheme = "",
               CheckOptions options = plain_options()) {
  options.weights.scheme = scheme;
  return {[spec] { return subject_of_family(spec); }, options};
}

Example built(const std::function<Network()>& network, CheckOptions options = plain_options()) {
  return {[network] { return subject_of_network(network()); }, std::move(options)};
}

Network drawn(const std::string& spec) {
  return initialize(build_family(spec), "he", 1).network;
}

// A drawn family with one parameter changed.
Example with(const std::string& spec, const std::string& parameter,
             const std::function<at::Tensor(const at::Tensor&)>& change,
             const CheckOptions& options = plain_options()) {
  return built(
      [=] {
        Network network = drawn(spec);
        network.set_parameter(parameter, change(network.find_parameter(parameter)->value));
        return network;
      },
      options);
}

at::Tensor same(const at::Tensor& value) {
  return value;
}

// Two layers of 32 rectifiers with those biases, units alternating in sign when `alternate`.
Network biased(double bias, bool alternate) {
  constexpr int64_t kUnits = 32;
  NetworkBuilder builder("biased");
  std::string x = builder.input("x", {kUnits});
  for (const std::string name : {"layer_1", "layer_2"})
    x = builder.activation(builder.linear(x, {name, kUnits, kUnits, true, "", ""}), name + ".relu", "relu");
  builder.output(builder.linear(x, {"readout", kUnits, 10, true, "", ""}));
  Network network = initialize(builder.build(), "he", 1).network;
  at::Tensor biases = at::full({kUnits}, bias);
  if (alternate) biases.slice(0, 0, kUnits, 2).neg_();
  network.set_parameter("layer_2.bias", biases);
  return network;
}

// Frozen features below a readout of which only the bias is trained, or all.
Network frozen_features(bool trains_readout) {
  constexpr int64_t kUnits = 64, kClasses = 10;
  NetworkBuilder builder("frozen_features");
  const std::string x = builder.input("x", {kUnits});
  const auto weights = [](int64_t in, int64_t out, const char* name) {
    return gaussian_tensor(name, {in, out}, 1).to(at::kFloat) * std::sqrt(2. / static_cast<double>(in));
  };
  builder.parameter("features.weight", weights(kUnits, kUnits, "features"), false);
  const std::string features = builder.node("MatMul", "features", {x, "features.weight"});
  builder.parameter("readout.weight", weights(kUnits, kClasses, "readout"), trains_readout);
  builder.parameter("readout.bias", at::zeros({kClasses}), true);
  const std::string product =
      builder.node("MatMul", "readout", {builder.activation(features, "relu", "relu"), "readout.weight"});
  builder.output(builder.node("Add", "logits", {product, "readout.bias"}));
  return builder.build();
}

// Six attentions and linear maps, with skips or without.
Network attentions(bool skips) {
  constexpr int64_t kTokens = 8, kWidth = 16;
  NetworkBuilder builder("attentions");
  std::string x = builder.input("x", {kTokens, kWidth});
  for (int l = 1; l <= 6; ++l) {
    const std::string name = "block_" + std::to_string(l);
    const auto linear = [&](const std::string& from, const std::string& part) {
      return builder.linear_per_token(from, name + "." + part, kWidth, kWidth);
    };
    const std::string keys = builder.node("Transpose", name + ".keys", {linear(x, "key")},
                                          {{"perm", std::vector<int64_t>{0, 2, 1}}});
    const std::string scores =
        builder.scale(builder.node("MatMul", name + ".products", {linear(x, "query"), keys}),
                      name + ".scores", 1 / std::sqrt(static_cast<double>(kWidth)));
    const std::string weights = builder.node("Softmax", name + ".softmax", {scores}, {{"axis", int64_t{-1}}});
    const std::string mixed = builder.node("MatMul", name + ".mixed", {weights, linear(x, "value")});
    const std::string out = builder.activation(linear(mixed, "output"), name + ".tanh", "tanh");
    x = skips ? builder.add(x, out, name + ".sum") : out;
  }
  const std::string mean = builder.node("ReduceMean", "mean_token", {x},
                                        {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}});
  builder.output(builder.linear(mean, {"readout", kWidth, 4, false, "", ""}));
  return initialize(builder.build(), "lecun", 1).network;
}

Example recurrent(const std::string& activation, double variance) {
  RecurrentSubject subject;
  subject.activation = activation;
  subject.steps = 80;
  subject.units = 32;
  subject.recurrent = variance;
  return built([=] { return recurrent_network(subject); });
}

// Eight scores of which a bias closes all but one, where a rectifier stands behind them.
Network few_open_scores(bool rectified) {
  NetworkBuilder builder("scores");
  const std::string hidden = builder.activation(
      builder.linear(builder.input("input", {16}), {"hidden", 16, 64, true, "", ""}), "relu", "relu");
  const std::string scores = builder.linear(hidden, {"readout", 64, 8, true, "", ""});
  builder.output(rectified ? builder.activation(scores, "rectified", "relu") : scores);
  Network network = initialize(builder.build(), "he", 1).network;
  at::Tensor bias = at::full({8}, -40.f);
  bias[0] = 1;
  network.set_parameter("readout.bias", bias);
  return network;
}

// Ten classes: probabilities along an axis, or logits.
Network classes(std::optional<int64_t> softmax_along) {
  NetworkBuilder builder("classes");
  const std::string hidden = builder.activation(
      builder.linear(builder.input("input", {16}), {"hidden", 16, 32, true, "", ""}), "relu", "relu");
  const std::string logits = builder.linear(hidden, {"readout", 32, 10, true, "", ""});
  builder.output(softmax_along ? builder.node("Softmax", "softmax", {logits}, {{"axis", *softmax_along}})
                               : logits);
  return initialize(builder.build(), "he", 1).network;
}

// Three layers, with as much dropped behind each of the hidden ones.
Network dropping(double ratio) {
  NetworkBuilder builder("dropping");
  std::string x = builder.input("input", {16});
  for (const char* name : {"first", "second"}) {
    const int64_t inputs = x == "input" ? 16 : 64;
    x = builder.activation(builder.linear(x, {name, inputs, 64, true, "", ""}), std::string(name) + "_relu",
                           "relu");
    x = builder.node("Dropout", std::string(name) + "_dropout", {x}, {{"ratio", ratio}});
  }
  builder.output(builder.linear(x, {"readout", 64, 10, true, "", ""}));
  return initialize(builder.build(), "he", 1).network;
}

// One number for an example, which a rectifier keeps from being negative, or nothing does.
Network one_number(const std::string& last) {
  NetworkBuilder builder("one_number");
  const std::string hidden = builder.activation(
      builder.linear(builder.input("input", {16}), {"hidden", 16, 256, true, "", ""}), "relu", "relu");
  const std::string number = builder.linear(hidden, {"readout", 256, 1, true, "", ""});
  builder.output(last.empty() ? number : builder.node(last, "last", {number}));
  return initialize(builder.build(), "he", 1).network;
}

// Eight logits and, beside them, the sum of the inputs; or a ninth logit there.
Network ninth_is_given(bool is_given) {
  NetworkBuilder builder("ninth");
  const std::string x = builder.input("input", {16});
  const std::string hidden =
      builder.activation(builder.linear(x, {"hidden", 16, 64, true, "", ""}), "relu", "relu");
  std::string numbers = builder.linear(hidden, {"readout", 64, is_given ? 8 : 9, true, "", ""});
  if (is_given) {
    const std::string sum =
        builder.node("ReduceSum", "sum", {x, builder.parameter("axes", at::full({1}, 1, at::kLong), false)});
    numbers = builder.node("Concat", "both", {numbers, sum}, {{"axis", int64_t{1}}});
  }
  builder.output(numbers);
  return initialize(builder.build(), "he", 1).network;
}

// The mean square difference between the last output and labels drawn once.
CheckOptions with_labels(double mean, double deviation) {
  CheckOptions options = tried();
  options.loss = [=](const std::vector<at::Tensor>& outputs, const at::Tensor&) {
    const at::Tensor& all = outputs.front();
    const at::Tensor last = all.narrow(1, all.size(1) - 1, 1);
    const at::Tensor labels = mean + deviation * gaussian_tensor("labels", last.sizes().vec(), 1);
    return (last - labels.to(last.options())).square().mean();
  };
  return options;
}

Example folded(bool is_folded) {
  Example example = built([] { return drawn("feedforward:depth=3,width=16,input=16,output=10"); });
  const auto subject = example.subject;
  example.subject = [=] {
    Subject made = subject();
    made.folded = is_folded;
    return made;
  };
  return example;
}

Example on_grid(const std::string& grid) {
  CheckOptions options = plain_options();
  options.examples.count = 0;
  options.examples.source = grid;
  return family("feedforward:depth=3,width=32", "", options);
}

}  // namespace

std::vector<RuleExample> rule_examples() {
  const std::string three = "feedforward:depth=3,width=32,input=32,output=10",
                    ten = "feedforward:depth=10,width=50,input=50,output=10";
  const auto zeros = [](const at::Tensor& value) { return at::zeros_like(value); };
  const auto times_fifty = [](const at::Tensor& value) { return 50 * value; };
  const std::string blocks = "depth=24,width=32,heads=2,tokens=4,input=32,output=8";
  return {
      {"non_finite", family(three, "gaussian:std=1e30"), family(three, "he")},
      {"coupled_examples", built([] { return classes(0); }), built([] { return classes(1); })},
      {"unscaled_inputs", on_grid("grid:-1000:1000:64"), on_grid("grid:-2:2:64")},
      {"saturated", family(ten + ",activation=tanh", "gaussian:std=2"),
       family(ten + ",activation=tanh", "lecun")},
      {"large_outputs", with(three, "readout.weight", times_fifty), with(three, "readout.weight", same)},
      {"rectified_output", built([] { return few_open_scores(true); }, tried()),
       built([] { return few_open_scores(false); }, tried())},
      {"heavy_dropout", built([] { return dropping(.95); }, tried()),
       built([] { return dropping(.2); }, tried())},
      {"dead_layer", built([] { return biased(-1000, false); }, tried()),
       built([] { return biased(0, false); }, tried())},
      {"zero_init", with(three, "readout.weight", zeros, tried()),
       with(three, "readout.weight", same, tried())},
      {"post_norm", family("transformer_post_norm:" + blocks, "", tried()),
       family("transformer_pre_norm:" + blocks, "", tried())},
      {"undiluted_skips", family("residual:depth=24,width=50,input=50,output=10"),
       family("residual:depth=24,width=50,input=50,output=10,beta=0.2")},
      {"collapsed_tokens", built([] { return attentions(false); }), built([] { return attentions(true); })},
      {"vanishing_in_time", recurrent("Tanh", 1. / 3), recurrent("Tanh", 1)},
      {"exploding_in_time", recurrent("Relu", 4), recurrent("Relu", 2)},
      {"vanishing", family(ten, "gaussian:std=0.1"), family(ten, "he")},
      {"exploding", family(ten, "gaussian:std=0.4"), family(ten, "he")},
      {"collapsed_domain", family("feedforward:preset=relu,width=8,depth=60"),
       family("feedforward:preset=relu,width=8,depth=4")},
      {"redundant_units", built([] { return biased(10, true); }), built([] { return biased(.1, true); })},
      {"overly_nonlinear", family(ten + ",activation=tanh", "gaussian:std=1"),
       family(ten + ",activation=tanh", "lecun")},
      {"shattered", family("feedforward:depth=30,width=100,norm=batch,input=100"),
       family("residual:depth=30,width=100,norm=batch,beta=0.1,input=100")},
      {"white_minibatch", family("feedforward:depth=50,width=100,norm=batch,input=100"),
       family("feedforward:depth=2,width=100,norm=batch,input=100")},
      {"folded_normalization", folded(true), folded(false)},
      {"stuck", built([] { return frozen_features(false); }, tried()),
       built([] { return frozen_features(true); }, tried())},
      {"mismatched_loss", built([] { return classes(1); }), built([] { return classes({}); })},
      {"unreachable_targets", built([] { return one_number("Relu"); }, with_labels(0, 1)),
       built([] { return one_number(""); }, with_labels(0, 1))},
      {"unscaled_targets", built([] { return one_number(""); }, with_labels(1e6, 1e5)),
       built([] { return one_number(""); }, with_labels(1, 1))},
      {"unlearned_loss", built([] { return ninth_is_given(true); }, with_labels(0, 1)),
       built([] { return ninth_is_given(false); }, with_labels(0, 1))},
  };
}

}  // namespace shatterproof
