// SPDX-License-Identifier: Apache-2.0
#include "onnx/foreign_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string_view>

namespace shatterproof {
namespace {

using namespace std::string_view_literals;

// Two lines each that make an ONNX file; in one line here, as errors are.
constexpr std::string_view kFromPytorch =
    "model = MyNetwork(); model.load_state_dict(torch.load(FILE)) / torch.onnx.export(model.eval(), (x,), "
    "\"m.onnx\", training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)";
constexpr std::string_view kFromScript =
    "model = torch.jit.load(FILE) / torch.onnx.export(model, (x,), \"m.onnx\", dynamo=False)";
constexpr std::string_view kFromSafetensors =
    "model.load_state_dict(safetensors.torch.load_file(FILE)) / torch.onnx.export(model.eval(), (x,), "
    "\"m.onnx\", training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)";
constexpr std::string_view kFromKeras =
    "model = keras.models.load_model(FILE) / tf2onnx.convert.from_keras(model, output_path=\"m.onnx\")";
constexpr std::string_view kFromTensorflow =
    "pip install tf2onnx / python -m tf2onnx.convert --saved-model FOLDER --output m.onnx";
constexpr std::string_view kFromLite =
    "pip install tf2onnx / python -m tf2onnx.convert --tflite FILE --output m.onnx";

std::string first_bytes(const std::filesystem::path& path) {
  constexpr size_t kEnough = 4096;
  std::string bytes(kEnough, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(std::max<std::streamsize>(0, file.gcount())));
  return bytes;
}

// A safetensors file begins with the length of its JSON header.
bool is_safetensors(std::string_view bytes) {
  constexpr size_t kLength = 8;
  return bytes.size() > kLength + 1 && bytes[kLength] == '{' &&
         bytes.substr(kLength).find("\"dtype\""sv) != std::string_view::npos;
}

// Of a zip archive: a script has its code beside its weights.
bool holds_code(const std::filesystem::path& path) {
  constexpr size_t kWindow = size_t{1} << 20;
  std::ifstream file(path, std::ios::binary);
  std::string window(kWindow, '\0'), tail;
  while (file.read(window.data(), static_cast<std::streamsize>(window.size())) || file.gcount() > 0) {
    const std::string text = tail + window.substr(0, static_cast<size_t>(file.gcount()));
    if (text.find("/code/__torch__") != std::string::npos || text.find("constants.pkl") != std::string::npos)
      return true;
    tail = text.substr(text.size() - std::min<size_t>(text.size(), 32));
    if (file.eof()) break;
  }
  return false;
}

std::string told(std::string_view kind, std::string_view recipe) {
  return fmt::format("is {}, not an ONNX file; two lines make one: {}", kind, recipe);
}

}  // namespace

std::string foreign_kind(const std::filesystem::path& path) {
  const std::string bytes = first_bytes(path);
  const std::string_view start = bytes;
  const std::string extension = path.extension().string();
  if (start.starts_with("PK\x03\x04"sv)) {
    if (extension == ".keras") return told("a Keras model", kFromKeras);
    if (extension == ".npz") return "is a NumPy archive, not an ONNX file";
    return holds_code(path) ? told("a TorchScript archive", kFromScript)
                            : told("a PyTorch checkpoint, weights without the graph", kFromPytorch);
  }
  if (start.starts_with("\x89HDF\r\n\x1a\n"sv)) return told("an HDF5 file, as Keras writes", kFromKeras);
  if (start.size() > 8 && start.substr(4, 4) == "TFL3"sv) return told("a TensorFlow Lite model", kFromLite);
  if (start.starts_with("\x93NUMPY"sv)) return "is a NumPy array, not an ONNX file; it goes to --inputs";
  if (is_safetensors(start)) return told("a safetensors file, weights without the graph", kFromSafetensors);
  const bool pickle = start.size() > 2 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5;
  if (pickle) return told("a Python pickle, as older PyTorch writes", kFromPytorch);
  if (extension == ".pt" || extension == ".pth") return told("named like a PyTorch checkpoint", kFromPytorch);
  if (extension == ".pb") return told("a TensorFlow graph", kFromTensorflow);
  if (extension == ".h5" || extension == ".keras") return told("named like a Keras model", kFromKeras);
  if (extension == ".safetensors") return told("named like a safetensors file", kFromSafetensors);
  if (extension == ".tflite") return told("named like a TensorFlow Lite model", kFromLite);
  return {};
}

}  // namespace shatterproof
