// SPDX-License-Identifier: Apache-2.0
#include "initializer/linearity.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "initializer/rectifier.h"
#include "initializer/unit_axis.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

constexpr const char* kNormalized = "not linear, being normalized at";
constexpr const char* kCurved = "not linear, having a nonlinearity that no mirror undoes at";
constexpr const char* kUnmirrored = "not linear, rectifying what is not mirrored at";
constexpr const char* kMultiplied = "not linear, multiplying activations at";
constexpr const char* kMaximum = "not linear, taking maxima at";
constexpr const char* kMixed = "not linear, mixing the halves (rho(z), rho(-z)) at";
constexpr const char* kEnding = "not linear, giving out the halves (rho(z), rho(-z)) at";
constexpr const char* kOdd = "with an odd number of units, which cannot be mirrored";
constexpr const char* kFixed = "not linear, reading (rho(z), rho(-z)) with a weight that is kept at";
constexpr const char* kGrouped = "not linear, reading (rho(z), rho(-z)) by groups of channels at";
constexpr const char* kShared = "not linear, sharing a weight among layers that read differently at";

enum class Form {
  affine,    // of the inputs
  mirrored,  // (z, -z), z affine
  split,     // (a, b) with a - b = gain z, z affine
  half,      // the a or b of a CReLU before they are joined
};

struct Value {
  Form form = Form::affine;
  UnitAxis along = UnitAxis::unknown;
  double gain = 1;
};

class Tracing {
 public:
  Tracing(const Network& network, const Structure& structure,
          const std::function<bool(const std::string&)>& is_drawn)
      : network_(network), structure_(structure), is_drawn_(is_drawn) {
    for (const Layer& layer : structure.layers) {
      layers_[layer.node] = &layer;
      biased_.insert(layer.output);
    }
    for (const Composite& composite : structure.composites) {
      if (composite.role == CompositeRole::gate || composite.role == CompositeRole::weight) continue;
      composites_[composite.output] = &composite;
      for (const size_t node : composite.nodes) {
        if (node != composite.output) inner_.insert(node);
      }
    }
    for (const MirroredRectifier& pair : structure.mirrored_rectifiers) {
      pairs_[pair.concatenation] = &pair;
      paired_.insert(pair.positive);
      paired_.insert(pair.negative);
    }
  }

  Linearity trace() {
    constexpr size_t kBatchAndUnits = 2;
    for (const Input& input : network_.inputs()) {
      const bool flat = input.shape.size() == kBatchAndUnits;
      values_[input.name] = {Form::affine, flat ? UnitAxis::only : UnitAxis::channels};
    }
    for (size_t i = 0; i < network_.nodes().size(); ++i) {
      if (!structure_.depends_on_input[i] || inner_.contains(i)) continue;
      const Value value = after(i);
      for (const std::string& output : network_.nodes()[i].outputs) values_[output] = value;
    }
    for (const std::string& output : network_.outputs()) {
      const auto value = values_.find(output);
      const bool halved =
          value != values_.end() && (value->second.form == Form::split || value->second.form == Form::half);
      if (halved) obstacle(static_cast<size_t>(network_.producer(output)), kEnding);
    }
    return std::move(result_);
  }

 private:
  // The node's inputs that depend on the network's.
  std::vector<Value> sources(const Node& node) const {
    std::vector<Value> found;
    const auto composite = composites_.find(static_cast<size_t>(&node - network_.nodes().data()));
    for (const std::string& input :
         composite != composites_.end() ? composite->second->inputs : node.inputs) {
      const auto value = values_.find(input);
      if (value != values_.end()) found.push_back(value->second);
    }
    return found;
  }

  Value obstacle(size_t node, const char* reason) {
    auto& obstacles = result_.obstacles;
    auto place = std::find_if(obstacles.begin(), obstacles.end(),
                              [&](const Linearity::Obstacle& o) { return o.reason == reason; });
    if (place == obstacles.end()) place = obstacles.insert(place, Linearity::Obstacle{reason, {}});
    const Node& at = network_.nodes()[node];
    place->nodes.push_back(at.title());
    return affine(sources(at).front());
  }

  OperatorRole role_at(size_t i) const {
    const auto composite = composites_.find(i);
    if (composite == composites_.end()) return operator_of(network_.nodes()[i]).role;
    switch (composite->second->role) {
      case CompositeRole::nonlinearity:
        return OperatorRole::nonlinearity;
      case CompositeRole::normalization:
        return OperatorRole::normalization;
      default:
        return OperatorRole::attention;
    }
  }

  static Value affine(const Value& value) { return {Form::affine, value.along}; }

  Value after(size_t i) {
    const Node& node = network_.nodes()[i];
    if (const auto pair = pairs_.find(i); pair != pairs_.end()) return after_pair(i, *pair->second);
    if (paired_.contains(i)) return {Form::half, sources(node).front().along};
    for (const Value& source : sources(node)) {
      if (source.form == Form::half) return obstacle(i, kMixed);
    }
    if (const auto layer = layers_.find(i); layer != layers_.end()) return after_layer(*layer->second);
    switch (role_at(i)) {
      case OperatorRole::linear:
        return obstacle(i, kMultiplied);
      case OperatorRole::nonlinearity:
        return after_nonlinearity(i);
      case OperatorRole::attention:
        return obstacle(i, kCurved);
      case OperatorRole::normalization:
        obstacle(i, kNormalized);
        return sources(node).front();
      case OperatorRole::sum:
        return after_sum(i);
      case OperatorRole::arithmetic:
        return after_arithmetic(i);
      case OperatorRole::pooling:
        return after_pooling(i);
      case OperatorRole::movement:
        return after_movement(i);
      case OperatorRole::shape:
        return {};
    }
    return {};
  }

  Value after_layer(const Layer& layer) {
    const Node& node = network_.nodes()[layer.node];
    const Value read = sources(node).front();
    if (layer.kind == LayerKind::recurrent) return obstacle(layer.node, kCurved);
    const bool grouped = layer.kind == LayerKind::convolution && node.integer("group", 1) != 1;
    const bool drawn = is_drawn_(layer.weight);
    const UnitAxis made = units_after(network_, layer, read.along);
    Mirror mirror;
    if (read.form == Form::split) {
      const bool along_units = read.along == made && made != UnitAxis::unknown;
      if (!drawn || grouped || !along_units) {
        obstacle(layer.node, !drawn ? kFixed : grouped ? kGrouped : kMixed);
        return {Form::affine, made};
      }
      mirror.inputs = true;
      mirror.input_gain = read.gain;
    }
    if (drawn && !grouped && enters_plain_rectifier(layer)) {
      mirror.outputs = layer.fan_out % 2 == 0;
      if (!mirror.outputs) obstacle(layer.node, kOdd);
    }
    const auto [known, is_new] = result_.mirrors.emplace(layer.weight, mirror);
    const Mirror& kept = known->second;
    if (!is_new && (kept.inputs != mirror.inputs || kept.input_gain != mirror.input_gain))
      obstacle(layer.node, kShared);
    return {kept.outputs ? Form::mirrored : Form::affine, made};
  }

  bool enters_plain_rectifier(const Layer& layer) const {
    if (!layer.nonlinearity || paired_.contains(*layer.nonlinearity)) return false;
    const Node& node = network_.nodes()[*layer.nonlinearity];
    return mirror_gain(network_, structure_, *layer.nonlinearity) && !is_linear_prelu(network_, node);
  }

  Value after_pair(size_t i, const MirroredRectifier& pair) {
    const std::optional<double> gain = mirror_gain(network_, structure_, pair.positive);
    const std::optional<double> other = mirror_gain(network_, structure_, pair.negative);
    if (!gain || gain != other) return obstacle(i, kCurved);
    const Value rectified = values_.at(entering_at(network_, structure_, pair.positive));
    if (!joins_units(network_.nodes()[i], rectified.along)) return obstacle(i, kMixed);
    if (rectified.form == Form::split) return obstacle(i, kUnmirrored);
    return {Form::split, rectified.along, *gain};
  }

  Value after_nonlinearity(size_t i) {
    const Node& node = network_.nodes()[i];
    const Value entering = sources(node).front();
    if (is_linear_prelu(network_, node)) return entering;
    const std::optional<double> gain = mirror_gain(network_, structure_, i);
    if (!gain) return obstacle(i, kCurved);
    if (entering.form != Form::mirrored) return obstacle(i, kUnmirrored);
    return {Form::split, entering.along, *gain};
  }

  // Of affine values; halves stay halves when every part has them.
  Value combined(size_t i, const std::vector<Value>& parts) {
    const Value first = parts.front();
    const bool alike = std::all_of(parts.begin(), parts.end(), [&](const Value& part) {
      return part.form == first.form && part.along == first.along && part.gain == first.gain;
    });
    if (alike) return first;
    const bool halved =
        std::any_of(parts.begin(), parts.end(), [](const Value& part) { return part.form == Form::split; });
    return halved ? obstacle(i, kMixed) : affine(first);
  }

  Value after_sum(size_t i) {
    const Node& node = network_.nodes()[i];
    const Value sum = combined(i, sources(node));
    // A layer's bias is 0 or mirrored; anything else that is added is not.
    const bool shifted = sources(node).size() < node.inputs.size() && !biased_.contains(i);
    return shifted ? after_shift(sum) : sum;
  }

  Value after_arithmetic(size_t i) {
    const Node& node = network_.nodes()[i];
    const std::vector<Value> parts = sources(node);
    if (node.op == "Neg") return parts.front();
    if (node.op == "Sub") return parts.size() == 2 ? combined(i, parts) : after_shift(parts.front());
    if (node.op == "Max" || node.op == "Min") return obstacle(i, kMaximum);
    if (node.op != "Mul" && !(node.op == "Div" && values_.contains(node.inputs[0])))
      return obstacle(i, kCurved);
    if (parts.size() == 2) return obstacle(i, kMultiplied);
    const std::string& factor = node.inputs[values_.contains(node.inputs[0]) ? 1 : 0];
    const Parameter* parameter = network_.find_parameter(factor);
    return parameter && parameter->value.numel() == 1 ? parts.front() : without_halves(i, parts.front());
  }

  static Value after_shift(const Value& value) {
    return value.form == Form::mirrored ? affine(value) : value;
  }

  Value without_halves(size_t i, const Value& value) {
    return value.form == Form::split ? obstacle(i, kMixed) : affine(value);
  }

  Value after_pooling(size_t i) {
    const Node& node = network_.nodes()[i];
    static const std::set<std::string> kMaxima = {"GlobalMaxPool", "MaxPool", "ReduceMax", "ReduceMin",
                                                  "TopK"};
    static const std::set<std::string> kMeans = {
        "AveragePool", "GlobalAveragePool", "ReduceMean", "ReduceSum", "Resize", "Upsample"};
    if (kMaxima.contains(node.op)) return obstacle(i, kMaximum);
    if (!kMeans.contains(node.op)) return obstacle(i, kCurved);
    const Value value = sources(node).front();
    if (!node.op.starts_with("Reduce")) return value;
    if (reduces_batch(node)) return value;  // as centring has it
    if (value.along != UnitAxis::channels || !reduces_positions(node)) return without_units(i, value);
    return {value.form, node.integer("keepdims", 1) == 0 ? UnitAxis::only : UnitAxis::channels, value.gain};
  }

  // What follows no longer knows where units are.
  Value without_units(size_t i, const Value& value) {
    return {without_halves(i, value).form, UnitAxis::unknown};
  }

  Value after_movement(size_t i) {
    const Node& node = network_.nodes()[i];
    const std::vector<Value> parts = sources(node);
    const Value& value = parts.front();
    static const std::set<std::string> kElementwise = {"Identity", "Dropout", "Cast"};
    if (kElementwise.contains(node.op)) return value;
    if (node.op == "Pad" && value.along == UnitAxis::channels && pads_positions(network_, node)) return value;
    if (flattens(network_, node) && (value.along == UnitAxis::only || value.along == UnitAxis::channels)) {
      return {value.form, UnitAxis::only, value.gain};
    }
    if (flattens(network_, node)) return {without_halves(i, value).form, UnitAxis::only};
    if (node.op != "Concat") return without_units(i, value);
    if (joins_negated(node, value)) return {Form::mirrored, value.along};
    for (const Value& part : parts) {
      if (part.form == Form::split) return obstacle(i, kMixed);
    }
    return affine(value);
  }

  // (z, -z).
  bool joins_negated(const Node& node, const Value& first) const {
    if (node.inputs.size() != 2 || first.form == Form::split || !joins_units(node, first.along)) return false;
    const int64_t second = network_.producer(node.inputs[1]);
    if (second < 0) return false;
    const Node& negated = network_.nodes()[static_cast<size_t>(second)];
    return negated.op == "Neg" && negated.inputs[0] == node.inputs[0];
  }

  const Network& network_;
  const Structure& structure_;
  const std::function<bool(const std::string&)>& is_drawn_;
  std::unordered_map<size_t, const Layer*> layers_;
  std::unordered_map<size_t, const MirroredRectifier*> pairs_;
  std::unordered_map<size_t, const Composite*> composites_;  // by the node that leaves
  std::set<size_t> paired_, biased_, inner_;
  std::unordered_map<std::string, Value> values_;
  Linearity result_;
};

}  // namespace

Linearity linearity(const Network& network, const Structure& structure,
                    const std::function<bool(const std::string&)>& is_drawn) {
  return Tracing(network, structure, is_drawn).trace();
}

}  // namespace shatterproof
