// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "shatterproof/core/error.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// A parsed scheme, its options known to be good.
class Scheme {
 public:
  explicit Scheme(std::string_view text) : options_(NamedValues::parse(text)) {
    record_ = find_initializer(options_.name());
    if (!record_) {
      std::vector<std::string> known;
      for (const InitializerRecord& record : initializers()) known.push_back(record.name);
      reject_unknown("init", "scheme", options_.name(), known);
    }
    // Drawing one number reads, and so checks, every option, even when the network has no layer.
    record_->draw(options_, {"", {1, 1}, 1, 1, 1, 1, false}, RandomStream(0, ""));
    options_.reject_unread();
  }

  bool is_orthogonal() const { return record_->name == "orthogonal"; }
  at::Tensor draw(const WeightShape& shape, uint64_t seed) const {
    return record_->draw(options_, shape, RandomStream(seed, shape.name));
  }

 private:
  NamedValues options_;
  const InitializerRecord* record_ = nullptr;
};

bool is_rectifier(const Network& network, const std::optional<size_t>& node) {
  if (!node) return false;
  const std::string& op = network.nodes()[*node].op;
  return op == "Relu" || op == "LeakyRelu" || op == "PRelu";
}

WeightShape shape_of(const Network& network, const Layer& layer) {
  const at::Tensor& stored = network.find_parameter(layer.weight)->value;
  WeightShape shape;
  shape.name = layer.weight;
  shape.sizes = stored.sizes().vec();
  if (layer.input_major) std::swap(shape.sizes[shape.sizes.size() - 1], shape.sizes[shape.sizes.size() - 2]);
  shape.fan_in = layer.fan_in;
  shape.fan_out = layer.fan_out;
  const int64_t numbers = stored.numel();
  if (layer.kind == LayerKind::convolution) {
    shape.kernel = stored.size(1) == 0 ? 1 : layer.fan_in / stored.size(1);
  } else if (numbers > 0) {
    shape.matrices = numbers / (layer.fan_in * layer.fan_out);
  }
  shape.meets_rectifier =
      is_rectifier(network, layer.nonlinearity) || is_rectifier(network, layer.input_nonlinearity);
  return shape;
}

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
      : result_{network, {}}, scheme_(scheme), seed_(seed) {}

  void layers() {
    for (const Layer& layer : structure(result_.network).layers) {
      if (is_settled(layer.weight)) continue;
      const Parameter& weight = *result_.network.find_parameter(layer.weight);
      if (weight.initial.empty() && !weight.trainable) continue;
      draw_weight(layer, weight);
      if (!layer.bias.empty() && result_.network.find_parameter(layer.bias)->initial.empty()) {
        fill(layer.bias, 0);
      }
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
      if (!parameter.initial.empty()) {
        replace(parameter.name, Scheme(parameter.initial).draw(shape_without_fan(parameter), seed_));
      } else if (parameter.trainable) {
        kept.push_back(parameter.name);
      }
    }
    note("kept as stored, belonging to no layer", kept);
  }

  Initialization finish() {
    note("rectangular, so only rows or only columns are orthonormal", rectangular_);
    note("convolutions with orthonormal filters, which are not orthogonal maps", convolutions_);
    return std::move(result_);
  }

 private:
  void draw_weight(const Layer& layer, const Parameter& weight) {
    const WeightShape shape = shape_of(result_.network, layer);
    const Scheme* scheme = &scheme_;
    std::optional<Scheme> own;
    if (!weight.initial.empty()) scheme = &own.emplace(weight.initial);
    if (scheme->is_orthogonal()) {
      if (layer.kind == LayerKind::convolution) {
        convolutions_.push_back(layer.name);
      } else if (shape.fan_in != shape.fan_out) {
        rectangular_.push_back(layer.name);
      }
    }
    const at::Tensor drawn = scheme->draw(shape, seed_);
    replace(weight.name, layer.input_major ? drawn.transpose(-1, -2).contiguous() : drawn);
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
    return {parameter.name, parameter.value.sizes().vec(), 1, 1, 0, 0, false};
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
  Scheme scheme_;
  uint64_t seed_;
  std::set<std::string> settled_;
  std::vector<std::string> rectangular_, convolutions_;
};

}  // namespace

Initialization initialize(const Network& network, std::string_view scheme, uint64_t seed) {
  Drawing drawing(network, scheme, seed);
  drawing.layers();
  drawing.normalizations();
  drawing.separate_gains();
  drawing.embedding_tables();
  drawing.others();
  return drawing.finish();
}

}  // namespace shatterproof
