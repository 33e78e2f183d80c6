// SPDX-License-Identifier: Apache-2.0
// What a refusal tells: the kind of file, the node, and what to do.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::refusal_test {
namespace {

using namespace std::string_literals;

std::string refusal(const std::filesystem::path& path) {
  try {
    import_onnx(path);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

void expect_one_line(const std::string& said) {
  EXPECT_FALSE(said.empty());
  EXPECT_EQ(said.find('\n'), std::string::npos) << said;
}

std::string little_endian(uint64_t number, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(number >> (8 * i));
  return bytes;
}

// An archive of empty entries, with what comes before its directory.
std::string zip_of(const std::vector<std::string>& names) {
  std::string bytes, directory;
  for (const std::string& name : names) {
    const std::string lengths = little_endian(name.size(), 2) + little_endian(0, 2);
    directory += "PK\x01\x02" + std::string(24, '\0') + lengths + std::string(10, '\0') +
                 little_endian(bytes.size(), 4) + name;
    bytes += "PK\x03\x04" + std::string(22, '\0') + lengths + name;
  }
  const std::string count = little_endian(names.size(), 2);
  return bytes + directory + "PK\x05\x06" + std::string(4, '\0') + count + count +
         little_endian(directory.size(), 4) + little_endian(bytes.size(), 4) + std::string(2, '\0');
}

struct ForeignFile {
  const char* name;
  std::string bytes;
  const char* kind;
  const char* recipe;
};

const std::string kRest(200, 'x');
const std::string kHeader = "@\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\""s + kRest;

std::vector<ForeignFile> foreign_files() {
  return {
      {"a.pt", zip_of({"archive/data.pkl", "archive/data/0", "archive/version"}),
       "a PyTorch checkpoint, weights", "load_state_dict(torch.load("},
      {"a.bin", zip_of({"a/data.pkl", "a/data/0"}), "a PyTorch checkpoint, weights",
       "shatterproof.check(model, x)"},
      {"b.pt", zip_of({"net/data.pkl", "net/code/__torch__/net.py", "net/constants.pkl"}),
       "a TorchScript archive", "torch.jit.load("},
      {"program.pt2", zip_of({"p/models/model.json", "p/version"}), "torch.export saved",
       "torch.export.load("},
      {"cut.pt", zip_of({"archive/data.pkl", "archive/data/0"}).substr(0, 60),
       "a PyTorch checkpoint that is cut off", "copy it again"},
      {"cut.pth", "PK\x03\x04" + kRest, "a PyTorch checkpoint that is cut off", "copy it again"},
      {"c.pth", "\x80\x02}q" + kRest, "a Python pickle", "torch.onnx.export"},
      {"old.pth", "\x80\x02\x8a\nl\xfc\x9c" + kRest, "a PyTorch checkpoint of before 1.6", "torch.load("},
      {"named.pt", kRest, "named like a PyTorch checkpoint", "torch.load("},
      {"net.keras", zip_of({"metadata.json", "config.json", "model.weights.h5"}), "a Keras model",
       "from_keras"},
      {"net.zip", zip_of({"metadata.json", "config.json", "model.weights.h5"}), "a Keras model",
       "from_keras"},
      {"d.h5", "\x89HDF\r\n\x1a\n" + kRest, "an HDF5 file", "keras.models.load_model("},
      {"named.h5", kRest, "named like a Keras model", "from_keras"},
      {"e.safetensors", kHeader, "a safetensors file", "safetensors.torch.load_file("},
      {"e.bin", kHeader, "a safetensors file", "shatterproof.check(model, x)"},
      {"graph.pb", "\x0a\x10\x0a\x01x\x12\x0bPlaceholder" + kRest, "a TensorFlow graph", "--graphdef "},
      {"graph.bin", "\x0a\x10\x0a\x01x\x12\x0bPlaceholder" + kRest, "a TensorFlow graph", "--graphdef "},
      {"saved_model.pb", "\x08\x01\x12\x20\x0a\x07\x22\x05serve" + kRest, "a TensorFlow SavedModel",
       "--saved-model "},
      {"f.pb", "\xff" + kRest, "named like a TensorFlow graph", "tf2onnx"},
      {"g.tflite", "\x1c\0\0\0TFL3"s + kRest, "a TensorFlow Lite model", "--tflite "},
      {"named.tflite", kRest, "named like a TensorFlow Lite model", "--tflite "},
      {"h.gguf", "GGUF\x03" + kRest, "a GGUF file", "gguf_file="},
      {"x.npz", zip_of({"a.npy", "b.npy"}), "a NumPy archive", "--inputs"},
      {"x.npy", "\x93NUMPY\x01" + kRest, "a NumPy array", "--inputs"},
      {"x.zip", zip_of({"readme.txt"}), "a zip archive", "unpack it"},
  };
}

TEST(Refusal, OtherKindsOfFilesSayWhatTheyAreAndWhatToDo) {
  const TemporaryFolder folder;
  for (const ForeignFile& file : foreign_files()) {
    const std::filesystem::path path = folder.path() / file.name;
    write_bytes(path, file.bytes);
    const std::string said = refusal(path);
    expect_one_line(said);
    EXPECT_NE(said.find(file.kind), std::string::npos) << said;
    EXPECT_NE(said.find(file.recipe), std::string::npos) << said;
    EXPECT_EQ(said.find("FILE"), std::string::npos) << "the line has the file's own name: " << said;
  }
}

TEST(Refusal, ANameThatIsAPlaceholderStandsAsItIs) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "FILES");
  const std::filesystem::path path = folder.path() / "FILES" / "FOLDER.gguf";
  write_bytes(path, "GGUF\x03" + kRest);
  EXPECT_NE(refusal(path).find("from_pretrained(\"" + path.parent_path().string() + "\", gguf_file=\"" +
                               path.string() + "\")"),
            std::string::npos)
      << refusal(path);
}

TEST(Refusal, TheKindIsToldBeforeTheSize) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "large.pt";
  write_bytes(path, zip_of({"archive/data.pkl"}));
  std::filesystem::resize_file(path, uintmax_t{3} << 30);  // a hole: nothing is written
  EXPECT_NE(refusal(path).find("a PyTorch checkpoint"), std::string::npos) << refusal(path);
}

TEST(Refusal, FoldersOfModelsSayWhatTheyAre) {
  const TemporaryFolder folder;
  for (const auto& [name, file, kind] :
       {std::array{"saved", "saved_model.pb", "a TensorFlow SavedModel"},
        std::array{"face", "model.safetensors", "a folder of Hugging Face's transformers"}}) {
    std::filesystem::create_directories(folder.path() / name);
    write_bytes(folder.path() / name / file, "x");
    write_bytes(folder.path() / name / "config.json", "{}");
    EXPECT_NE(refusal(folder.path() / name).find(kind), std::string::npos) << refusal(folder.path() / name);
  }
}

// Directories that lie: sizes and places beyond the file, none at all, names that steer a terminal.
TEST(Refusal, ForgedArchivesAreRefusedInOneLine) {
  const TemporaryFolder folder;
  const std::string good = zip_of({"archive/data.pkl", "archive/\x1b[31m\ndata/0"});
  for (size_t end = 0; end <= good.size(); ++end) {
    const std::filesystem::path path = folder.path() / "cut.pt";
    write_bytes(path, good.substr(0, end));
    expect_one_line(refusal(path));
  }
  for (size_t at = good.size() - 22; at < good.size(); ++at) {
    std::string forged = good;
    forged[at] = '\xff';
    write_bytes(folder.path() / "forged.pt", forged);
    expect_one_line(refusal(folder.path() / "forged.pt"));
  }
}

TEST(Refusal, AShapeThatTheDataDecidesNamesItsNode) {
  ModelWriter model;
  model.input("x", {2, 2}, onnx::TensorProto::BOOL).output("y").node("NonZero", {"x"}, {"y"}, "places");
  const TemporaryFolder folder;
  const std::string said = refusal(model.write(folder.path() / "model.onnx"));
  expect_one_line(said);
  EXPECT_NE(said.find("'places' (NonZero): shapes of outputs must not depend on the data"), std::string::npos)
      << said;
}

TEST(Refusal, AnUnknownOperatorNamesItsNodeSetAndWhatIsNear) {
  ModelWriter model = small_model(15);
  model.graph().mutable_output(0)->set_name("z2");
  model.node("ReLU", {"y"}, {"z2"}, "last");
  const TemporaryFolder folder;
  const std::string said = refusal(model.write(folder.path() / "model.onnx"));
  for (const char* part : {"'last'", "'ReLU'", "operator set 15", "Relu"})
    EXPECT_NE(said.find(part), std::string::npos) << said;
  constexpr size_t kOneLine = 200;
  EXPECT_LT(said.size(), kOneLine) << said;
}

}  // namespace
}  // namespace shatterproof::refusal_test
