// SPDX-License-Identifier: Apache-2.0
#include "onnx/attribute_proto.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

using Proto = onnx::AttributeProto;

// Files older than IR version 2 leave the type out; what is present then tells it.
Proto::AttributeType type_of(const Proto& proto) {
  if (proto.type() != Proto::UNDEFINED) return proto.type();
  if (proto.has_f()) return Proto::FLOAT;
  if (proto.has_i()) return Proto::INT;
  if (proto.has_s()) return Proto::STRING;
  if (proto.has_t()) return Proto::TENSOR;
  if (proto.floats_size() > 0) return Proto::FLOATS;
  if (proto.strings_size() > 0) return Proto::STRINGS;
  return Proto::INTS;
}

struct ToProto {
  Proto& proto;

  void operator()(int64_t value) const {
    proto.set_type(Proto::INT);
    proto.set_i(value);
  }
  void operator()(double value) const {
    proto.set_type(Proto::FLOAT);
    proto.set_f(static_cast<float>(value));
  }
  void operator()(const std::string& value) const {
    proto.set_type(Proto::STRING);
    proto.set_s(value);
  }
  void operator()(const std::vector<int64_t>& values) const {
    proto.set_type(Proto::INTS);
    for (const int64_t value : values) proto.add_ints(value);
  }
  void operator()(const std::vector<double>& values) const {
    proto.set_type(Proto::FLOATS);
    for (const double value : values) proto.add_floats(static_cast<float>(value));
  }
  void operator()(const std::vector<std::string>& values) const {
    proto.set_type(Proto::STRINGS);
    for (const std::string& value : values) proto.add_strings(value);
  }
  void operator()(const at::Tensor& value) const {
    proto.set_type(Proto::TENSOR);
    *proto.mutable_t() = tensor_proto("", value);
  }
};

}  // namespace

Attribute attribute_of(const Proto& proto, TensorReader& tensors, const std::string& owner) {
  const std::string what = fmt::format("{}, attribute '{}'", owner, printable(proto.name()));
  if (!proto.ref_attr_name().empty())
    reject(what, "must be a value", "a reference to a function's attribute");
  switch (type_of(proto)) {
    case Proto::FLOAT:
      return static_cast<double>(proto.f());
    case Proto::INT:
      return proto.i();
    case Proto::STRING:
      return proto.s();
    case Proto::TENSOR:
      return tensors.read(proto.t());
    case Proto::FLOATS:
      return std::vector<double>(proto.floats().begin(), proto.floats().end());
    case Proto::INTS:
      return std::vector<int64_t>(proto.ints().begin(), proto.ints().end());
    case Proto::STRINGS:
      return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
    default:
      reject(what, "must be numbers, text or a dense tensor", Proto::AttributeType_Name(proto.type()));
  }
}

onnx::AttributeProto attribute_proto(const std::string& name, const Attribute& attribute) {
  Proto proto;
  proto.set_name(name);
  std::visit(ToProto{proto}, attribute);
  return proto;
}

}  // namespace shatterproof
