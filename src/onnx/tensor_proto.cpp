// SPDX-License-Identifier: Apache-2.0
#include "onnx/tensor_proto.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

#include "onnx/external_data.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX stores raw data in little-endian order");

// One ONNX element type: how it lies in a file (`stored`, bit for bit) and how it lives here (`kept`).
// Unsigned types that LibTorch lacks are read through the signed type of the same width and repaired.
struct ElementType {
  int32_t number;
  at::ScalarType stored;
  at::ScalarType kept;
};

constexpr ElementType kElementTypes[] = {
    {onnx::TensorProto::FLOAT, at::kFloat, at::kFloat},
    {onnx::TensorProto::UINT8, at::kByte, at::kByte},
    {onnx::TensorProto::INT8, at::kChar, at::kChar},
    {onnx::TensorProto::UINT16, at::kShort, at::kInt},
    {onnx::TensorProto::INT16, at::kShort, at::kShort},
    {onnx::TensorProto::INT32, at::kInt, at::kInt},
    {onnx::TensorProto::INT64, at::kLong, at::kLong},
    {onnx::TensorProto::BOOL, at::kByte, at::kBool},
    {onnx::TensorProto::FLOAT16, at::kHalf, at::kFloat},
    {onnx::TensorProto::DOUBLE, at::kDouble, at::kFloat},
    {onnx::TensorProto::UINT32, at::kInt, at::kLong},
    {onnx::TensorProto::UINT64, at::kLong, at::kLong},
    {onnx::TensorProto::BFLOAT16, at::kBFloat16, at::kFloat},
};

const ElementType& element_type(int32_t number, const std::string& owner) {
  for (const ElementType& row : kElementTypes) {
    if (row.number == number) return row;
  }
  const std::string name =
      onnx::TensorProto::DataType_IsValid(number)
          ? onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(number))
          : fmt::format("type number {}", number);
  reject(owner, "elements must be float, float16, bfloat16, double, an integer type or bool", name);
}

template <typename Stored, typename Field>
at::Tensor from_field(const Field& field, at::ScalarType dtype) {
  at::Tensor tensor = at::empty({field.size()}, dtype);
  std::transform(field.begin(), field.end(), static_cast<Stored*>(tensor.data_ptr()),
                 [](auto number) { return static_cast<Stored>(number); });
  return tensor;
}

int field_size(const onnx::TensorProto& proto) {
  switch (proto.data_type()) {
    case onnx::TensorProto::FLOAT:
      return proto.float_data_size();
    case onnx::TensorProto::DOUBLE:
      return proto.double_data_size();
    case onnx::TensorProto::INT64:
      return proto.int64_data_size();
    case onnx::TensorProto::UINT32:
    case onnx::TensorProto::UINT64:
      return proto.uint64_data_size();
    default:
      return proto.int32_data_size();
  }
}

// The typed field of `proto` as the bits a raw field would have.
at::Tensor from_typed_field(const onnx::TensorProto& proto, at::ScalarType stored) {
  switch (proto.data_type()) {
    case onnx::TensorProto::FLOAT:
      return from_field<float>(proto.float_data(), stored);
    case onnx::TensorProto::DOUBLE:
      return from_field<double>(proto.double_data(), stored);
    case onnx::TensorProto::INT64:
      return from_field<int64_t>(proto.int64_data(), stored);
    case onnx::TensorProto::UINT64:
      return from_field<int64_t>(proto.uint64_data(), stored);
    case onnx::TensorProto::UINT32:
      return from_field<int32_t>(proto.uint64_data(), stored);
    case onnx::TensorProto::INT32:
      return from_field<int32_t>(proto.int32_data(), stored);
    case onnx::TensorProto::INT8:
      return from_field<int8_t>(proto.int32_data(), stored);
    case onnx::TensorProto::UINT8:
      return from_field<uint8_t>(proto.int32_data(), stored);
    case onnx::TensorProto::BOOL:
      return at::ne(from_field<int32_t>(proto.int32_data(), at::kInt), 0).to(stored);
    default:  // 16-bit types: the low half of each number
      return from_field<uint16_t>(proto.int32_data(), stored);
  }
}

at::Tensor from_bytes(const std::string& bytes, int64_t count, at::ScalarType stored) {
  at::Tensor tensor = at::empty({count}, stored);
  std::copy(bytes.begin(), bytes.end(), static_cast<char*>(tensor.data_ptr()));
  return tensor;
}

at::Tensor kept_form(const at::Tensor& stored, const ElementType& type, const std::string& owner) {
  switch (type.number) {
    case onnx::TensorProto::BOOL:
      return at::ne(stored, 0);
    case onnx::TensorProto::UINT16:
      return at::bitwise_and(stored.to(at::kInt), at::scalar_tensor(0xffff, at::kInt));
    case onnx::TensorProto::UINT32:
      return at::bitwise_and(stored.to(at::kLong), at::scalar_tensor(int64_t{0xffffffff}, at::kLong));
    case onnx::TensorProto::UINT64:
      if (stored.numel() > 0 && stored.min().item<int64_t>() < 0)
        reject(owner, "unsigned 64-bit numbers must be below 2^63", "a larger one");
      return stored;
    default:
      return stored.to(type.kept);
  }
}

}  // namespace

at::ScalarType dtype_of(int32_t number, const std::string& owner) {
  return element_type(number, owner).kept;
}

int32_t element_type_of(at::ScalarType dtype, const std::string& owner) {
  for (const ElementType& row : kElementTypes) {
    if (row.kept == dtype && (row.stored == dtype || dtype == at::kBool)) return row.number;
  }
  if (dtype == at::kDouble) return onnx::TensorProto::DOUBLE;
  reject(owner, "its type must have a form in ONNX", at::toString(dtype));
}

TensorReader::TensorReader(const std::filesystem::path& model, int64_t byte_limit)
    : folder_(model.parent_path()), byte_limit_(byte_limit) {}

int64_t TensorReader::checked_count(const onnx::TensorProto& proto, int64_t width, const std::string& owner) {
  constexpr int kMostAxes = 64;
  if (proto.dims_size() > kMostAxes)
    reject(owner, "must have at most 64 axes", std::to_string(proto.dims_size()));
  const auto shape = [&] { return fmt::format("[{}]", fmt::join(proto.dims(), ", ")); };
  int64_t count = 1, bytes = 0;
  for (const int64_t size : proto.dims()) {
    if (size < 0) reject(owner, "sizes must not be negative", shape());
    if (__builtin_mul_overflow(count, size, &count))
      reject(owner, "must have fewer than 2^63 numbers", shape());
  }
  if (__builtin_mul_overflow(count, width, &bytes) || bytes > byte_limit_ - bytes_) {
    reject(owner, fmt::format("the parameters together must fit into {} bytes", byte_limit_), shape());
  }
  bytes_ += bytes;
  return count;
}

at::Tensor TensorReader::read(const onnx::TensorProto& proto) {
  const std::string owner = fmt::format("tensor '{}'", printable(proto.name()));
  if (proto.has_segment()) reject(owner, "must be stored whole", "a segment");
  const ElementType& type = element_type(proto.data_type(), owner);
  const auto width = static_cast<int64_t>(c10::elementSize(type.stored));
  const int64_t count =
      checked_count(proto, std::max(width, static_cast<int64_t>(c10::elementSize(type.kept))), owner);
  const int64_t bytes = count * width;
  at::Tensor stored;
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    stored = from_bytes(external_bytes(proto, folder_, bytes), count, type.stored);
  } else if (proto.has_raw_data()) {
    const auto found = static_cast<int64_t>(proto.raw_data().size());
    if (found != bytes)
      reject(owner, fmt::format("its shape asks for {} bytes", bytes), fmt::format("{} bytes", found));
    stored = from_bytes(proto.raw_data(), count, type.stored);
  } else {
    const int64_t found = field_size(proto);
    if (found != count)
      reject(owner, fmt::format("its shape asks for {} numbers", count), fmt::format("{} numbers", found));
    stored = from_typed_field(proto, type.stored);
  }
  if (type.stored == at::kDouble) ++doubles_;
  if (type.stored == at::kHalf || type.stored == at::kBFloat16) ++halves_;
  const std::vector<int64_t> shape(proto.dims().begin(), proto.dims().end());
  return kept_form(stored, type, owner).reshape(shape);
}

onnx::TensorProto tensor_proto(const std::string& name, const at::Tensor& tensor) {
  onnx::TensorProto proto;
  proto.set_name(name);
  proto.set_data_type(element_type_of(tensor.scalar_type(), fmt::format("parameter '{}'", printable(name))));
  for (const int64_t size : tensor.sizes()) proto.add_dims(size);
  const at::Tensor dense = tensor.contiguous();
  proto.set_raw_data(dense.data_ptr(), dense.nbytes());
  return proto;
}

}  // namespace shatterproof
