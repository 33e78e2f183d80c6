// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// The array of a NumPy file: versions 1 to 3, little endian, C or Fortran order, float16/32/64, signed
/// integers, uint8 or bool. The header is checked against the size of the file before memory is asked for.
/// Throws IoError with path and cause.
at::Tensor read_npy(const std::string& path);

/// Writes version 1, C order, under a temporary name, and renames. bfloat16 becomes float32.
/// Throws IoError with path and cause, std::invalid_argument on a dtype NumPy lacks.
void write_npy(const std::string& path, const at::Tensor& tensor);

/// The arrays for a network's inputs, axis 0 the examples.
///
/// `source` is one file; or a folder with `<input>.npy` for every input; or "input=file.npy,input=file.npy".
/// With several, `labels` (unless it is an input's name) is an integer array of labels.
struct NpyArrays {
  std::vector<at::Tensor> inputs;  ///< in the order of the network's inputs, as stored
  at::Tensor labels;               ///< int64 [examples], or undefined
};
NpyArrays read_npy_arrays(const std::string& source, const std::vector<Input>& inputs);

}  // namespace shatterproof
