// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "initializer/computed_weight.h"
#include "initializer/linearity.h"
#include "initializer/weight_shape.h"
#include "shatterproof/core/error.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// A parsed scheme, its options known to be good.
class Scheme {
 public:
  explicit Scheme(std::string_view text) : options_(Spec::parse(resolved_scheme(text))) {
    record_ = find_initializer(options_.name());
    if (!record_) {
      std::vector<std::string> known;
      for (const InitializerRecord& record : initializers()) known.push_back(record.name);
      for (const InitializerAlias& alias : initializer_aliases()) known.push_back(alias.name);
      reject_unknown("init", "scheme", options_.name(), known);
    }
    // Drawing one number reads, and so checks, every option, even when the network has no layer.
    record_->draw(options_, {"", {1, 1}, 1, 1, 1, 1}, RandomStream(0, ""));
    options_.reject_unread();
  }

  bool mirrors() const { return record_->mirrors; }
  at::Tensor draw(const WeightShape& shape, uint64_t seed) const {
    return mirrored(record_->draw(options_, core_of(shape), RandomStream(seed, shape.name)), shape);
  }
  bool draws_biases() const { return record_->draw_bias != nullptr; }
  at::Tensor draw_bias(const WeightShape& shape, uint64_t seed) const {
    return record_->draw_bias(options_, shape, RandomStream(seed, shape.name));
  }
  std::string shortfall(const WeightShape& shape) const {
    return record_->shortfall ? record_->shortfall(core_of(shape)) : "";
  }

 private:
  Spec options_;
  const InitializerRecord* record_ = nullptr;
};

// "a, b, c and 4 more".
std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 4;
  const size_t shown = std::min(kShown, names.size());
  std::vector<std::string> first(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown));
  const std::string text = fmt::format("{}", fmt::join(first, ", "));
  return names.size() > shown ? fmt::format("{} and {} more", text, names.size() - shown) : text;
}

class Drawing {
 public:
  Drawing(const Network& network, std::string_view scheme, uint64_t seed)
      : result_{network, {}}, view_(structure(network)), scheme_(scheme), seed_(seed) {}

  void layers() {
    if (scheme_.mirrors()) make_linear(view_);
    for (const Layer& layer : view_.layers) {
      if (is_settled(layer.weight) || !(is_drawn(layer.weight) || is_computed(layer))) continue;
      draw_weight(layer, *result_.network.find_parameter(layer.weight));
      if (!layer.bias.empty()) draw_bias(layer, *result_.network.find_parameter(layer.bias));
    }
  }

  void normalizations() {
    // Gain, shift, stored mean, stored variance, as far as the operator has them.
    constexpr int kNeutral[] = {1, 0, 0, 1};
    for (const Node& node : result_.network.nodes()) {
      if (operator_of(node).role != OperatorRole::normalization) continue;
      for (size_t i = 1; i < node.inputs.size() && i <= std::size(kNeutral); ++i) {
        if (result_.network.find_parameter(node.inputs[i])) fill(node.inputs[i], kNeutral[i - 1]);
      }
    }
  }

  // Gains and shifts of norms that are written out; a gain may be stored as what it has more than 1.
  void written_gains() {
    for (const Composite& composite : view_.composites) {
      if (composite.role != CompositeRole::normalization) continue;
      for (const auto& [name, value] : composite.values) settle_gain(value, name == "scale" ? 1 : 0);
    }
  }

  void settle_gain(const std::string& value, int wanted) {
    const Network& network = result_.network;
    if (const Parameter* parameter = network.find_parameter(value)) {
      if (parameter->value.is_floating_point()) fill(value, wanted);
      return;
    }
    const int64_t maker = network.producer(value);
    if (maker < 0) return;
    const Node& node = network.nodes()[static_cast<size_t>(maker)];
    if (node.op != "Add") {
      if (!node.inputs.empty() && operator_of(node).role == OperatorRole::movement)
        settle_gain(node.inputs[0], wanted);
      return;
    }
    for (const std::string& input : node.inputs) {
      const Parameter* parameter = network.find_parameter(input);
      if (parameter && parameter->trainable) fill(input, wanted - 1);
    }
  }

  // Gains and shifts that follow a normalization as nodes of their own: y * gain + shift.
  void separate_gains() {
    const Network& network = result_.network;
    std::set<std::string> scaled;
    for (const Node& node : network.nodes()) {
      if ((node.op != "Mul" && node.op != "Add") || node.inputs.size() != 2) continue;
      for (size_t i = 0; i < 2; ++i) {
        const Parameter* parameter = network.find_parameter(node.inputs[i]);
        if (!parameter || !parameter->trainable) continue;
        const std::string& other = node.inputs[1 - i];
        if (node.op == "Mul" && is_normalized(other)) {
          fill(parameter->name, 1);
          scaled.insert(node.outputs[0]);
        } else if (node.op == "Add" && scaled.contains(other)) {
          fill(parameter->name, 0);
        }
      }
    }
  }

  void embedding_tables() {
    std::vector<std::string> drawn;
    for (const Node& node : result_.network.nodes()) {
      if (node.op != "Gather" || is_settled(node.inputs[0])) continue;
      const Parameter* table = result_.network.find_parameter(node.inputs[0]);
      if (!table || !table->trainable || !table->value.is_floating_point() || table->value.dim() != 2)
        continue;
      drawn.push_back(table->name);
      replace(table->name, Scheme("gaussian").draw(shape_without_fan(*table), seed_));
    }
    note("embedding tables drawn N(0, 1)", drawn);
  }

  // Parameters of no layer: those with a scheme of their own, then what stays as it was.
  void others() {
    std::vector<std::string> kept;
    const std::vector<Parameter> parameters = result_.network.parameters();
    for (const Parameter& parameter : parameters) {
      if (is_settled(parameter.name)) continue;
      if (!parameter.prescribed_scheme.empty()) {
        replace(parameter.name,
                Scheme(parameter.prescribed_scheme).draw(shape_without_fan(parameter), seed_));
      } else if (parameter.trainable) {
        kept.push_back(parameter.name);
      }
    }
    note("kept as stored, belonging to no layer", kept);
  }

  Initialization finish() {
    for (const auto& [what, names] : shortfalls_) note(what, names);
    return std::move(result_);
  }

 private:
  bool is_drawn(const std::string& weight) const {
    const Parameter& parameter = *result_.network.find_parameter(weight);
    return parameter.trainable || !parameter.prescribed_scheme.empty();
  }

  // Which weights are mirrored, and slopes at which a PRelu is the identity.
  void make_linear(const Structure& view) {
    Linearity found =
        linearity(result_.network, view, [this](const std::string& weight) { return is_drawn(weight); });
    mirrors_ = std::move(found.mirrors);
    for (const auto& [reason, nodes] : found.obstacles) note(reason, nodes);
    for (const Node& node : result_.network.nodes()) {
      if (node.op != "PRelu") continue;
      const Parameter* slope = result_.network.find_parameter(node.inputs[1]);
      if (slope && slope->trainable) fill(slope->name, 1);
    }
  }

  void draw_weight(const Layer& layer, const Parameter& weight) {
    WeightShape shape = shape_of(result_.network, view_, layer);
    if (const auto mirror = mirrors_.find(layer.weight); mirror != mirrors_.end())
      shape.mirror = mirror->second;
    std::optional<Scheme> own;
    const Scheme& scheme = weight.prescribed_scheme.empty() ? scheme_ : own.emplace(weight.prescribed_scheme);
    if (const std::string what = scheme.shortfall(shape); !what.empty()) fall_short(what, layer.name);
    const at::Tensor drawn = scheme.draw(shape, seed_);
    const at::Tensor stored =
        layer.input_major ? input_major(layer, shape, drawn) : drawn.reshape(weight.value.sizes());
    if (!is_computed(layer)) return replace(weight.name, stored);
    const ComputedDraw computed = set_computed_weight(result_.network, view_, layer, stored);
    if (!computed.shortfall.empty()) fall_short(computed.shortfall, layer.name);
    for (const Composite& composite : view_.composites) {
      if (!computed.drawn || composite.role != CompositeRole::weight) continue;
      if (result_.network.nodes()[composite.output].outputs[0] == layer.effective_weight)
        settled_.insert(composite.inputs.begin(), composite.inputs.end());
    }
  }

  // Of more than a transposition.
  bool is_computed(const Layer& layer) const {
    if (layer.effective_weight == layer.weight) return false;
    const int64_t maker = result_.network.producer(layer.effective_weight);
    return maker < 0 || result_.network.nodes()[static_cast<size_t>(maker)].op != "Transpose" ||
           result_.network.nodes()[static_cast<size_t>(maker)].inputs[0] != layer.weight;
  }

  // Biases with a scheme of their own are mirrored with their units; else left to `others`.
  void draw_bias(const Layer& layer, const Parameter& bias) {
    if (bias.prescribed_scheme.empty()) return draw_plain_bias(layer, bias);
    const auto mirror = mirrors_.find(layer.weight);
    if (mirror == mirrors_.end() || !mirror->second.outputs || is_settled(bias.name)) return;
    WeightShape half = shape_without_fan(bias);
    if (half.sizes.back() != layer.fan_out) return;
    half.sizes.back() /= 2;
    const at::Tensor drawn = Scheme(bias.prescribed_scheme).draw(half, seed_);
    replace(bias.name, at::cat({drawn, -drawn}, -1));
  }

  void draw_plain_bias(const Layer& layer, const Parameter& bias) {
    if (!scheme_.draws_biases() || !result_.network.find_parameter(layer.weight)->prescribed_scheme.empty())
      return fill(bias.name, 0);
    if (is_settled(bias.name)) return;
    WeightShape shape = shape_of(result_.network, view_, layer);
    shape.name = bias.name;
    shape.sizes = bias.value.sizes().vec();
    replace(bias.name, scheme_.draw_bias(shape, seed_));
  }

  void fall_short(const std::string& what, const std::string& layer) {
    auto place = std::find_if(shortfalls_.begin(), shortfalls_.end(),
                              [&](const auto& shortfall) { return shortfall.first == what; });
    if (place == shortfalls_.end()) place = shortfalls_.insert(place, {what, {}});
    place->second.push_back(layer);
  }

  // Made by a normalization, or by the division that ends one written out in arithmetic.
  bool is_normalized(const std::string& value) const {
    const int64_t producer = result_.network.producer(value);
    if (producer < 0) return false;
    const Node& node = result_.network.nodes()[static_cast<size_t>(producer)];
    if (operator_of(node).role == OperatorRole::normalization) return true;
    return node.op == "Div" && result_.network.producer(node.inputs[0]) >= 0 &&
           result_.network.producer(node.inputs[1]) >= 0;
  }

  static WeightShape shape_without_fan(const Parameter& parameter) {
    return {parameter.name, parameter.value.sizes().vec(), 1, 1, 0, 0};
  }

  bool is_settled(const std::string& parameter) const { return settled_.contains(parameter); }

  void fill(const std::string& parameter, int value) {
    if (is_settled(parameter)) return;
    replace(parameter, at::full_like(result_.network.find_parameter(parameter)->value, value));
  }

  void replace(const std::string& parameter, const at::Tensor& value) {
    const at::Tensor& old = result_.network.find_parameter(parameter)->value;
    result_.network.set_parameter(parameter, value.to(old.scalar_type()));
    settled_.insert(parameter);
  }

  void note(std::string_view what, const std::vector<std::string>& names) {
    if (!names.empty()) result_.notes.push_back(fmt::format("{}: {}", what, listed(names)));
  }

  Initialization result_;
  Structure view_;
  Scheme scheme_;
  uint64_t seed_;
  std::set<std::string> settled_;
  std::map<std::string, Mirror> mirrors_;  // per weight, of a scheme that mirrors
  std::vector<std::pair<std::string, std::vector<std::string>>> shortfalls_;
};

}  // namespace

Initialization initialize(const Network& network, std::string_view scheme, uint64_t seed) {
  Drawing drawing(network, scheme, seed);
  drawing.layers();
  drawing.normalizations();
  drawing.written_gains();
  drawing.separate_gains();
  drawing.embedding_tables();
  drawing.others();
  return drawing.finish();
}

}  // namespace shatterproof
