// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/onnx/model_writing.h"
#include "tests/onnx/said_of_file.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::bad_file_test {
namespace {

TEST(BadFile, PathsThatAreNoModelsAreRefused) {
  const TemporaryFolder folder;
  const auto file = [&](const char* name, const std::string& bytes) {
    write_bytes(folder.path() / name, bytes);
    return folder.path() / name;
  };
  std::string zip(104, '\0');
  zip.replace(0, 4, "PK\x03\x04");
  for (const auto& path :
       {folder.path(), folder.path() / "missing.onnx", file("empty.onnx", ""),
        file("text.onnx", "not a model\n"), file("zip.onnx", zip),
        file("zeros.onnx", std::string(1000, '\0')), file("ones.onnx", std::string(1000, '\xff')),
        std::filesystem::path("/dev/null"), std::filesystem::path("")}) {
    expect_one_line(refusal(path));
    EXPECT_THROW(import_onnx(path), IoError) << path;
  }
}

TEST(BadFile, DeepNestingIsRefused) {
  // TypeProto.sequence_type.elem_type.sequence_type... : a message in a message, 201 times.
  std::string nested;
  for (int level = 0; level < 201; ++level) {
    std::string head(1, level % 2 == 0 ? '\x0a' : '\x22');
    size_t rest = nested.size();
    for (; rest > 0x7f; rest >>= 7) head.push_back(static_cast<char>((rest & 0x7f) | 0x80));
    head.push_back(static_cast<char>(rest));
    nested.insert(0, head);
  }
  ModelWriter model = small_model();
  onnx::TypeProto& deep = *model.graph().mutable_input(0)->mutable_type();
  deep.GetReflection()->MutableUnknownFields(&deep)->AddLengthDelimited(4, nested);
  const TemporaryFolder folder;
  expect_one_line(refusal(model.write(folder.path() / "deep.onnx")));
}

TEST(BadFile, TruncatedAnywhereIsRefused) {
  const TemporaryFolder folder;
  const std::string whole = small_model().proto.SerializeAsString();
  for (size_t length = 1; length < whole.size(); ++length) {
    write_bytes(folder.path() / "cut.onnx", whole.substr(0, length));
    expect_one_line(refusal(folder.path() / "cut.onnx"));
  }
}

TEST(BadFile, AnyByteMayBeWrongWithoutACrash) {
  const TemporaryFolder folder;
  const std::string whole = small_model().proto.SerializeAsString();
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int mask : {0x01, 0x08, 0x80, 0xff}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ mask);
      write_bytes(folder.path() / "damaged.onnx", damaged);
      const std::string said = refusal(folder.path() / "damaged.onnx");
      EXPECT_EQ(said.find_first_of("\n\r\x1b"), std::string::npos) << said;
    }
  }
}

}  // namespace
}  // namespace shatterproof::bad_file_test
