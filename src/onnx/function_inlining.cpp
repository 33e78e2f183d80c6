// SPDX-License-Identifier: Apache-2.0
#include "onnx/function_inlining.h"

#include <fmt/format.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "onnx/model_file.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

using onnx::FunctionProto;
using onnx::NodeProto;

// Calls of calls multiply: of nodes, of the names and constants that they carry, and of nothing at all.
constexpr int kMostNodes = 1 << 17, kMostCalls = 1 << 17;
constexpr size_t kMostBytes = size_t{256} << 20, kDeepestCall = 256;

std::string title(const FunctionProto& function) {
  return fmt::format("function '{}'", printable(function.name()));
}

// Values of attributes where a call gives none: field 11, which onnx 1.12 keeps without knowing it.
std::vector<onnx::AttributeProto> defaults_of(const FunctionProto& function) {
  constexpr int kDefaults = 11;
  std::vector<onnx::AttributeProto> defaults;
  const google::protobuf::Reflection& reflection = *function.GetReflection();
  if (const auto* field = function.GetDescriptor()->FindFieldByNumber(kDefaults)) {
    for (int i = 0; i < reflection.FieldSize(function, field); ++i)
      defaults.emplace_back().CopyFrom(reflection.GetRepeatedMessage(function, field, i));
  }
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(function);
  for (int i = 0; i < unknown.field_count(); ++i) {
    const google::protobuf::UnknownField& field = unknown.field(i);
    if (field.number() != kDefaults || field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED)
      continue;
    if (!defaults.emplace_back().ParseFromString(field.length_delimited()))
      reject(title(function), "its attributes must be readable", "damaged ones");
  }
  return defaults;
}

class Inliner {
 public:
  explicit Inliner(const onnx::ModelProto& model) {
    const int64_t opset = operator_set_of(model);
    for (const FunctionProto& function : model.functions()) {
      if (!functions_.emplace(std::pair(function.domain(), function.name()), &function).second)
        reject(title(function), "each function may be defined once", "a second definition");
      for (const auto& entry : function.opset_import()) {
        if (is_onnx_domain(entry.domain()) && entry.version() != opset)
          reject(title(function), fmt::format("must be of the model's operator set, {}", opset),
                 std::to_string(entry.version()));
      }
    }
    for (const auto& input : model.graph().input()) taken_.insert(input.name());
    for (const auto& tensor : model.graph().initializer()) taken_.insert(tensor.name());
    for (const NodeProto& node : model.graph().node())
      taken_.insert(node.output().begin(), node.output().end());
    for (const NodeProto& node : model.graph().node()) add(node);
  }

  NodeProtos nodes;

 private:
  using Names = std::unordered_map<std::string, std::string>;

  void add(const NodeProto& node) {
    const auto found = functions_.find(std::pair(node.domain(), node.op_type()));
    if (found != functions_.end()) return call(node, *found->second);
    if (nodes.size() >= kMostNodes)
      reject("model", fmt::format("functions must make at most {} nodes", kMostNodes), "more");
    *nodes.Add() = node;
  }

  void call(const NodeProto& node, const FunctionProto& function) {
    if (std::find(active_.begin(), active_.end(), &function) != active_.end())
      reject(title(function), "functions must not call themselves", "a call within it");
    if (node.input_size() > function.input_size() || node.output_size() > function.output_size()) {
      reject(
          fmt::format("node '{}' ({})", printable(node.name()), printable(node.op_type())),
          fmt::format("takes {} inputs and gives {} outputs", function.input_size(), function.output_size()),
          fmt::format("{} and {}", node.input_size(), node.output_size()));
    }
    if (active_.size() >= kDeepestCall || ++calls_ > kMostCalls)
      reject("model",
             fmt::format("functions must be called at most {} times and {} deep", kMostCalls, kDeepestCall),
             "more");
    active_.push_back(&function);
    const std::string prefix = node.name().empty() ? node.op_type() : node.name();
    Names names;
    for (int i = 0; i < function.input_size(); ++i)
      names[function.input(i)] = i < node.input_size() ? node.input(i) : "";
    for (int i = 0; i < node.output_size(); ++i) {
      if (node.output(i).empty()) continue;
      const auto [name, is_new] = names.emplace(function.output(i), node.output(i));
      if (!is_new) copy_value(name->second, node.output(i));  // an input, or given out twice
    }
    const std::vector<onnx::AttributeProto> defaults = defaults_of(function);
    for (const NodeProto& inner : function.node()) {
      const NodeProto copy = renamed(inner, node, defaults, prefix, names);
      bytes_ += copy.ByteSizeLong();
      if (bytes_ > kMostBytes)
        reject("model", fmt::format("functions must make at most {} bytes of nodes", kMostBytes), "more");
      add(copy);
    }
    active_.pop_back();
  }

  void copy_value(const std::string& from, const std::string& to) {
    NodeProto identity;
    identity.set_op_type("Identity");
    identity.set_name(to);
    identity.add_input(from);
    identity.add_output(to);
    add(identity);
  }

  NodeProto renamed(const NodeProto& inner, const NodeProto& node,
                    const std::vector<onnx::AttributeProto>& defaults, const std::string& prefix,
                    Names& names) {
    const auto value = [&](const std::string& name) {
      if (name.empty()) return name;
      const auto [found, is_new] = names.emplace(name, "");
      if (is_new) found->second = fresh(fmt::format("{}/{}", prefix, name));
      return found->second;
    };
    NodeProto copy = inner;
    if (!inner.name().empty()) copy.set_name(fmt::format("{}/{}", prefix, inner.name()));
    for (std::string& name : *copy.mutable_input()) name = value(name);
    for (std::string& name : *copy.mutable_output()) name = value(name);
    copy.clear_attribute();
    for (const onnx::AttributeProto& attribute : inner.attribute()) {
      if (const auto* given = value_of(attribute, node, defaults)) {
        *copy.add_attribute() = *given;
        copy.mutable_attribute(copy.attribute_size() - 1)->set_name(attribute.name());
      }
    }
    return copy;
  }

  // What an attribute of the function's node stands for; none where the call and the function say nothing.
  static const onnx::AttributeProto* value_of(const onnx::AttributeProto& attribute, const NodeProto& node,
                                              const std::vector<onnx::AttributeProto>& defaults) {
    const std::string& wanted = attribute.ref_attr_name();
    if (wanted.empty()) return &attribute;
    const auto is_wanted = [&](const onnx::AttributeProto& each) { return each.name() == wanted; };
    const auto given = std::find_if(node.attribute().begin(), node.attribute().end(), is_wanted);
    if (given != node.attribute().end()) return &*given;
    const auto known = std::find_if(defaults.begin(), defaults.end(), is_wanted);
    return known == defaults.end() ? nullptr : &*known;
  }

  // Of calls by the thousand, all want the same name: where the last one ended, the next one begins.
  std::string fresh(const std::string& name) {
    if (taken_.insert(name).second) return name;
    constexpr size_t kMostMarks = 8;
    for (size_t& tried = tried_[name];;) {
      ++tried;
      std::string other =
          tried <= kMostMarks ? name + std::string(tried, '_') : fmt::format("{}_{}", name, tried);
      if (taken_.insert(other).second) return other;
    }
  }

  std::map<std::pair<std::string, std::string>, const FunctionProto*> functions_;
  std::vector<const FunctionProto*> active_;
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, size_t> tried_;  // how many names were made of one that was taken
  size_t bytes_ = 0;
  int calls_ = 0;
};

}  // namespace

NodeProtos inlined_nodes(const onnx::ModelProto& model) {
  return std::move(Inliner(model).nodes);
}

}  // namespace shatterproof
