// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/core/error.h"
#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::external_data_test {
namespace {

// The small model with its bias in a file of its own.
ModelWriter with_external_bias(const std::string& location, const std::string& offset,
                               const std::string& length) {
  ModelWriter model = small_model();
  onnx::TensorProto& bias = *model.graph().mutable_initializer(1);
  bias.clear_raw_data();
  bias.set_data_location(onnx::TensorProto::EXTERNAL);
  const auto say = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    auto* entry = bias.add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  };
  say("location", location);
  say("offset", offset);
  say("length", length);
  return model;
}

// A folder `inside` with weights.bin (16 unused bytes, then three floats) and a secret beside the folder.
class ExternalDataTest : public testing::Test {
 protected:
  ExternalDataTest() : inside(folder.path() / "inside") {
    std::filesystem::create_directories(inside / "deeper");
    const std::string weights = std::string(16, '\xff') + ramp("", {3}).raw_data();
    write_bytes(inside / "weights.bin", weights);
    write_bytes(inside / "deeper" / "weights.bin", weights);
    write_bytes(folder.path() / "secret.bin", weights);
  }

  std::string refusal(const std::string& location, const std::string& offset = "16",
                      const std::string& length = "12") {
    const auto path = with_external_bias(location, offset, length).write(inside / "model.onnx");
    try {
      import_onnx(path);
    } catch (const IoError& error) {
      return error.what();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder;
  std::filesystem::path inside;
};

TEST_F(ExternalDataTest, IsReadFromTheModelsFolderAndBelow) {
  for (const char* location : {"weights.bin", "deeper/weights.bin", "./weights.bin"}) {
    const auto path = with_external_bias(location, "16", "12").write(inside / "model.onnx");
    const ImportedModel model = import_onnx(path);
    EXPECT_TRUE(at::allclose(model.network.find_parameter("b")->value, at::tensor({-1.0F, -0.9F, -0.8F})));
  }
  EXPECT_EQ(refusal("weights.bin", "16", ""), "");
}

TEST_F(ExternalDataTest, OutsideTheFolderIsRefused) {
  std::filesystem::create_symlink("../secret.bin", inside / "link.bin");
  std::filesystem::create_directory_symlink("..", inside / "up");
  for (const std::string& location :
       {std::string("../secret.bin"), (folder.path() / "secret.bin").string(),
        std::string("deeper/../../secret.bin"), std::string("link.bin"), std::string("up/secret.bin"),
        std::string(""), std::string("weights.bin\0x", 13)}) {
    const std::string said = refusal(location);
    EXPECT_NE(said.find("must lie in the model's folder"), std::string::npos) << location << ": " << said;
    EXPECT_EQ(said.find('\n'), std::string::npos);
  }
}

TEST_F(ExternalDataTest, MissingOrShortFilesAreRefused) {
  EXPECT_NE(refusal("missing.bin").find("No such file"), std::string::npos);
  EXPECT_NE(refusal("deeper").find("not a regular file"), std::string::npos);
  EXPECT_NE(refusal("weights.bin", "20").find("12 bytes wanted from offset 20"), std::string::npos);
  EXPECT_NE(refusal("weights.bin", "9000").find("beyond"), std::string::npos);
  EXPECT_NE(refusal("weights.bin", "-16").find("offset"), std::string::npos);
  EXPECT_NE(refusal("weights.bin", "99999999999999999999").find("offset"), std::string::npos);
  EXPECT_NE(refusal("weights.bin", "16", "8").find("asks for 12 bytes"), std::string::npos);
  EXPECT_NE(refusal("weights.bin", "16", "many").find("length"), std::string::npos);
}

}  // namespace
}  // namespace shatterproof::external_data_test
