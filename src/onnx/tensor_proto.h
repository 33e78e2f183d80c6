// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <string>

namespace shatterproof {

/// The dtype in which values of an ONNX element type live here: every floating type as float32, unsigned ones
/// as the next wider signed one LibTorch has. Throws std::invalid_argument naming `owner` on strings, complex
/// numbers, 8-bit floats and unknown numbers.
at::ScalarType dtype_of(int32_t element_type, const std::string& owner);
/// The ONNX element type that `dtype` is written as.
int32_t element_type_of(at::ScalarType dtype, const std::string& owner);

/// Reads the tensors of one model file and keeps count of what they take together.
class TensorReader {
 public:
  TensorReader(const std::filesystem::path& model, int64_t byte_limit);

  /// The numbers of `proto`, wherever it keeps them. Sizes are checked before anything is allocated. Throws
  /// std::invalid_argument on shapes and lengths that do not agree, IoError on external data that cannot be
  /// read.
  at::Tensor read(const onnx::TensorProto& proto);

  /// Tensors of 64-bit and of 16-bit floats so far.
  int64_t doubles() const { return doubles_; }
  int64_t halves() const { return halves_; }
  int64_t bytes() const { return bytes_; }

 private:
  int64_t checked_count(const onnx::TensorProto& proto, int64_t width, const std::string& owner);

  std::filesystem::path folder_;
  int64_t byte_limit_;
  int64_t bytes_ = 0;
  int64_t doubles_ = 0;
  int64_t halves_ = 0;
};

/// `tensor` (CPU, any dtype of element_type_of) as an initializer of that name.
onnx::TensorProto tensor_proto(const std::string& name, const at::Tensor& tensor);

}  // namespace shatterproof
