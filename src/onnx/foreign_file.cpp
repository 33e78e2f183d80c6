// SPDX-License-Identifier: Apache-2.0
#include "onnx/foreign_file.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string_view>
#include <vector>

#include "onnx/zip_names.h"

namespace shatterproof {
namespace {

using namespace std::string_view_literals;
namespace fs = std::filesystem;

// Two lines each, joined so that they can be pasted: of Python by "; ", of a shell by " && ". x is one batch.
constexpr std::string_view kExport =
    "torch.onnx.export(model, (x,), \"m.onnx\", training=torch.onnx.TrainingMode.PRESERVE, "
    "do_constant_folding=False)";
constexpr std::string_view kLoadWeights = "model.load_state_dict(torch.load(\"FILE\", map_location=\"cpu\"))";
constexpr std::string_view kLoadSafetensors = "model.load_state_dict(safetensors.torch.load_file(\"FILE\"))";
constexpr std::string_view kLoadScript = "model = torch.jit.load(\"FILE\", map_location=\"cpu\")";
constexpr std::string_view kLoadFolder = "model = transformers.AutoModel.from_pretrained(\"FILE\")";
constexpr std::string_view kFromExported =
    "model = torch.export.load(\"FILE\"); torch.onnx.export(model, (), \"m.onnx\", dynamo=True, "
    "optimize=False)";
constexpr std::string_view kFromKeras =
    "model = keras.models.load_model(\"FILE\"); tf2onnx.convert.from_keras(model, output_path=\"m.onnx\")";

std::string first_bytes(const fs::path& path) {
  constexpr size_t kEnough = 4096;
  std::string bytes(kEnough, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(std::max<std::streamsize>(0, file.gcount())));
  return bytes;
}

std::string told(std::string_view kind, std::string_view recipe) {
  return fmt::format("is {}, not an ONNX file; two lines make one: {}", kind, recipe);
}

std::string told_of_tensorflow(std::string_view kind, std::string_view options) {
  return told(kind, fmt::format("pip install tf2onnx && python -m tf2onnx.convert {}", options));
}

// Weights of a module whose class Python has.
std::string told_of_weights(std::string_view kind, std::string_view load) {
  return fmt::format(
      "is {}, not an ONNX file; in Python, where `model` is of the class that made it: {}; then "
      "shatterproof.check(model, x), or {}",
      kind, load, kExport);
}

std::string told_of_module(std::string_view kind, std::string_view load) {
  return fmt::format("is {}, not an ONNX file; in Python: {}; then shatterproof.check(model, x), or {}", kind,
                     load, kExport);
}

std::string told_of_script() {
  return fmt::format(
      "is a TorchScript archive, not an ONNX file; two lines make one: {}; {} (from PyTorch 2.9 on with "
      "dynamo=False)",
      kLoadScript, "torch.onnx.export(model, (x,), \"m.onnx\")");
}

// A safetensors file begins with the length of its JSON header.
bool is_safetensors(std::string_view bytes) {
  constexpr size_t kLength = 8;
  return bytes.size() > kLength + 1 && bytes[kLength] == '{' &&
         (bytes.substr(kLength).find("\"dtype\""sv) != std::string_view::npos ||
          bytes.substr(kLength).find("\"__metadata__\""sv) != std::string_view::npos);
}

bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '>';
  });
}

// A GraphDef of TensorFlow is a list of nodes (field 1), each with a name (1) and an operator (2).
bool is_graph_of_tensorflow(std::string_view bytes) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  constexpr uint32_t kFirstText = 1 << 3 | 2, kSecondText = 2 << 3 | 2;
  uint32_t length = 0;
  std::string name, op;
  return stream.ReadTag() == kFirstText && stream.ReadVarint32(&length) && stream.ReadTag() == kFirstText &&
         stream.ReadVarint32(&length) && length < bytes.size() &&
         stream.ReadString(&name, static_cast<int>(length)) && stream.ReadTag() == kSecondText &&
         stream.ReadVarint32(&length) && length < bytes.size() &&
         stream.ReadString(&op, static_cast<int>(length)) && is_identifier(op);
}

// A SavedModel: its version (field 1, a number), then its graphs (2), with the tags they are served under.
bool is_saved_model(std::string_view bytes) {
  return bytes.starts_with("\x08\x01\x12"sv) && bytes.find("serve"sv) != std::string_view::npos;
}

std::string archive_kind(const fs::path& path, const std::string& extension) {
  const ZipNames archive = zip_names(path);
  const std::vector<std::string>& names = archive.names;
  const auto has = [&](std::string_view end) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return name == end || name.ends_with("/" + std::string(end));
    });
  };
  const auto holds = [&](std::string_view part) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name.find(part) != std::string::npos; });
  };
  if (has("constants.pkl") || holds("/code/__torch__")) return told_of_script();
  if (holds("serialized_exported_program") || holds("/models/model.json"))
    return told("a program that torch.export saved", kFromExported);
  const bool of_torch = has("data.pkl") || extension == ".pt" || extension == ".pth";
  if (of_torch && !archive.whole)
    return "is a PyTorch checkpoint that is cut off or damaged, and not an ONNX file; copy it again";
  if (has("data.pkl"))
    return told_of_weights("a PyTorch checkpoint, weights without the graph", kLoadWeights);
  if (has("model.weights.h5") || extension == ".keras") return told("a Keras model", kFromKeras);
  const bool arrays = !names.empty() && std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return name.ends_with(".npy");
  });
  if (arrays) return "is a NumPy archive, not an ONNX file; save one array as .npy and give it to --inputs";
  return "is a zip archive, not an ONNX file; unpack it and name what is in it";
}

// What the first bytes say for certain.
std::string kind_by_content(const fs::path& path, std::string_view bytes, const std::string& extension) {
  if (bytes.starts_with("PK\x03\x04"sv)) return archive_kind(path, extension);
  if (bytes.starts_with("\x89HDF\r\n\x1a\n"sv)) return told("an HDF5 file, as Keras writes", kFromKeras);
  if (bytes.size() > 8 && bytes.substr(4, 4) == "TFL3"sv)
    return told_of_tensorflow("a TensorFlow Lite model", "--tflite FILE --output m.onnx");
  if (bytes.starts_with("GGUF"sv))
    return told_of_module("a GGUF file, quantized weights of a language model without the graph",
                          "model = transformers.AutoModelForCausalLM.from_pretrained(\"FOLDER\", "
                          "gguf_file=\"FILE\")");
  if (bytes.starts_with("\x93NUMPY"sv)) return "is a NumPy array, not an ONNX file; it goes to --inputs";
  if (is_safetensors(bytes))
    return told_of_weights("a safetensors file, weights without the graph", kLoadSafetensors);
  constexpr std::string_view kFirstNumberOfTorch = "\x80\x02\x8a\nl\xfc\x9c"sv;
  if (bytes.starts_with(kFirstNumberOfTorch))
    return told_of_weights("a PyTorch checkpoint of before 1.6, weights without the graph", kLoadWeights);
  if (bytes.size() > 2 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5)
    return told_of_weights("a Python pickle, which may run code where it is read", kLoadWeights);
  if (is_saved_model(bytes))
    return told_of_tensorflow("a TensorFlow SavedModel", "--saved-model FOLDER --output m.onnx");
  if (is_graph_of_tensorflow(bytes))
    return told_of_tensorflow("a TensorFlow graph",
                              "--graphdef FILE --inputs x:0 --outputs y:0 --output m.onnx, x:0 "
                              "and y:0 its first and last tensors");
  return "";
}

std::string kind_by_name(const std::string& extension) {
  if (extension == ".pt" || extension == ".pth")
    return told_of_weights("named like a PyTorch checkpoint and damaged", kLoadWeights);
  if (extension == ".pb")
    return told_of_tensorflow("named like a TensorFlow graph", "--saved-model FOLDER --output m.onnx");
  if (extension == ".h5" || extension == ".hdf5" || extension == ".keras")
    return told("named like a Keras model and damaged", kFromKeras);
  if (extension == ".safetensors")
    return told_of_weights("named like a safetensors file and damaged", kLoadSafetensors);
  if (extension == ".tflite")
    return told_of_tensorflow("named like a TensorFlow Lite model and damaged",
                              "--tflite FILE --output m.onnx");
  if (extension == ".gguf") return "is named like a GGUF file and damaged, and not an ONNX file";
  return "";
}

std::string folder_kind(const fs::path& folder) {
  const auto has = [&](const char* name) {
    std::error_code error;
    return fs::exists(folder / name, error);
  };
  if (has("saved_model.pb"))
    return told_of_tensorflow("a TensorFlow SavedModel", "--saved-model FILE --output m.onnx");
  if (has("config.json") &&
      (has("model.safetensors") || has("model.safetensors.index.json") || has("pytorch_model.bin")))
    return told_of_module("a folder of Hugging Face's transformers", kLoadFolder);
  return "";
}

// In one pass: a name may hold the other word.
std::string filled(const std::string& text, const std::string& file, const std::string& folder) {
  constexpr std::string_view kFile = "FILE", kFolder = "FOLDER";
  std::string made;
  for (std::string_view rest = text; !rest.empty();) {
    const bool is_file = rest.starts_with(kFile), is_folder = rest.starts_with(kFolder);
    made += is_file ? file : is_folder ? folder : std::string(1, rest.front());
    rest.remove_prefix(is_file ? kFile.size() : is_folder ? kFolder.size() : 1);
  }
  return made;
}

// A path that needs no quotes in Python or a shell stands in the lines themselves.
std::string with_names(const std::string& text, const fs::path& path) {
  const std::string name = path.string(), folder = path.has_parent_path() ? path.parent_path().string() : ".";
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || "_-./"sv.find(c) != std::string_view::npos;
  });
  return plain ? filled(text, name, folder) : text;
}

std::string kind_of(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return folder_kind(path);
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string known = kind_by_content(path, first_bytes(path), extension);
  return known.empty() ? kind_by_name(extension) : known;
}

}  // namespace

std::string foreign_kind(const fs::path& path) {
  return with_names(kind_of(path), path);
}

}  // namespace shatterproof
