// SPDX-License-Identifier: Apache-2.0
// What a refusal tells: the kind of file, the node, and what to do.
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof {
namespace {

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

TEST(Refusal, OtherKindsOfFilesSayWhatTheyAreAndWhatToDo) {
  const TemporaryFolder folder;
  struct Case {
    const char* name;
    std::string bytes;
    const char* kind;
    const char* recipe;
  };
  const std::string rest(200, 'x');
  for (const Case& c :
       {Case{"a.pt", "PK\x03\x04" + rest + "archive/data.pkl", "PyTorch checkpoint", "load_state_dict"},
        Case{"b.pt", "PK\x03\x04" + rest + "archive/code/__torch__/net.py", "TorchScript", "torch.jit.load"},
        Case{"c.pth", "\x80\x02}q" + rest, "pickle", "torch.onnx.export"},
        Case{"d.h5", "\x89HDF\r\n\x1a\n" + rest, "HDF5", "tf2onnx"},
        Case{"e.safetensors", "@" + std::string(7, '\0') + "{\"w\":{\"dtype\":\"F32\"" + rest, "safetensors",
             "torch.onnx.export"},
        Case{"f.pb", "\xff" + rest, "TensorFlow graph", "tf2onnx"},
        Case{"g.tflite", std::string("\x1c\0\0\0TFL3", 8) + rest, "TensorFlow Lite", "--tflite"}}) {
    write_bytes(folder.path() / c.name, c.bytes);
    const std::string said = refusal(folder.path() / c.name);
    expect_one_line(said);
    EXPECT_NE(said.find(c.kind), std::string::npos) << said;
    EXPECT_NE(said.find(c.recipe), std::string::npos) << said;
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
}  // namespace shatterproof
