// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace shatterproof::cli {

/// A folder with one small good file of every kind, and bad ones made from them:
///
///   model.onnx    5 inputs, 3 outputs      images.onnx   3 x 32 x 32 in, 10 out
///   five.npy      8 examples of 5 numbers  labelled/     the same with labels
///   cifar.bin     4 records                digits        2 MNIST images with labels
///   nan.onnx      model.onnx with a NaN    folded.onnx   a convolution with a bias and no norm
///
/// Made once per test program.
const std::filesystem::path& samples();

}  // namespace shatterproof::cli
