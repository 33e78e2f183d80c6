// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/npy.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace shatterproof::npy_test {
namespace {

// A version 1 file with this header text and these bytes after it.
std::string npy(const std::string& header, const std::string& numbers, char version = 1) {
  std::string file = std::string("\x93NUMPY") + version + '\0';
  const size_t length = header.size();
  file += static_cast<char>(length & 0xff);
  file += static_cast<char>(length >> 8);
  if (version > 1) file += std::string(2, '\0');
  return file + header + numbers;
}

std::string header(const std::string& descr, const std::string& order, const std::string& shape) {
  return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}\n", descr, order, shape);
}

TEST(Npy, WhatIsWrittenIsRead) {
  const TemporaryFolder folder;
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf, at::kLong, at::kInt, at::kShort,
                                    at::kChar, at::kByte, at::kBool}) {
    for (const std::vector<int64_t>& shape :
         std::vector<std::vector<int64_t>>{{}, {5}, {0}, {2, 3}, {2, 1, 4, 3}}) {
      const at::Tensor array = (at::rand(shape) * 9).to(type);
      write_npy(folder.file("a.npy"), array);
      const at::Tensor read = read_npy(folder.file("a.npy"));
      EXPECT_EQ(read.scalar_type(), type);
      EXPECT_TRUE(at::equal(read, array)) << c10::toString(type);
    }
  }
}

TEST(Npy, TheHeaderIsNumPysOwn) {
  const TemporaryFolder folder;
  write_npy(folder.file("a.npy"), at::tensor({1, 2, 3}, at::kFloat));
  const std::string bytes = bytes_of_file(folder.file("a.npy"));
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(bytes.substr(10, 59), "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }  ");
  EXPECT_EQ(bytes.size(), 128U + 12);  // numbers begin at a multiple of 64
  EXPECT_EQ(bytes[127], '\n');
}

TEST(Npy, StridedTensorsAreWrittenInOrderAndLeaveNoPartialFile) {
  const TemporaryFolder folder;
  const at::Tensor array = at::arange(6).view({2, 3}).t();
  write_npy(folder.file("a.npy"), array);
  EXPECT_TRUE(at::equal(read_npy(folder.file("a.npy")), array));
  EXPECT_FALSE(std::filesystem::exists(folder.file("a.npy.partial")));
  expect_refusal([&] { write_npy(folder.file("no/a.npy"), array); }, folder.file("no/a.npy"),
                 "cannot be written");
  EXPECT_THROW(write_npy(folder.file("a.npy"), array.to(at::kComplexFloat)), std::invalid_argument);
}

TEST(Npy, FortranOrderIsUnderstood) {
  const TemporaryFolder folder;
  const std::string path =
      folder.write("f.npy", npy(header("|u1", "True", "(2, 3)"), std::string("\0\3\1\4\2\5", 6)));
  EXPECT_TRUE(at::equal(read_npy(path), at::arange(6).view({2, 3}).to(at::kByte)));
}

TEST(Npy, VersionsTwoAndThreeAndOtherSpacingAreUnderstood) {
  const TemporaryFolder folder;
  const std::string text = "{\"shape\":(2,),'fortran_order':False , 'descr':'|i1'}";
  for (const char version : {1, 2, 3}) {
    const at::Tensor array = read_npy(folder.write("a.npy", npy(text, "\x01\xff", version)));
    EXPECT_TRUE(at::equal(array, at::tensor({1, -1}, at::kChar)));
  }
}

TEST(Npy, ABooleanByteThatIsNeitherIsTrue) {
  const TemporaryFolder folder;
  const at::Tensor array =
      read_npy(folder.write("b.npy", npy(header("|b1", "False", "(3,)"), std::string("\0\1\xff", 3))));
  EXPECT_TRUE(at::equal(array, at::tensor({0, 1, 1}).to(at::kBool)));
}

TEST(Npy, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  write_npy(folder.file("a.npy"), at::ones({3, 2}));
  const std::string bytes = bytes_of_file(folder.file("a.npy"));
  for (size_t length = 0; length < bytes.size(); ++length) {
    const std::string path = folder.write("cut.npy", bytes.substr(0, length));
    expect_refusal([&] { read_npy(path); }, path, "");
  }
  const std::string longer = folder.write("longer.npy", bytes + "x");
  expect_refusal([&] { read_npy(longer); }, longer, "takes 24 bytes, but 25 follow");
}

TEST(Npy, EveryDamagedHeaderByteIsRefusedOrReadAsWhatItSays) {
  const TemporaryFolder folder;
  write_npy(folder.file("a.npy"), at::ones({3, 2}));
  const std::string bytes = bytes_of_file(folder.file("a.npy"));
  for (size_t i = 0; i < 128; ++i) {
    for (const char damage : {'\0', '\xff', '9', '(', '\''}) {
      std::string damaged = bytes;
      damaged[i] = damage;
      const std::string path = folder.write("damaged.npy", damaged);
      try {
        EXPECT_LE(read_npy(path).nbytes(), 24U) << "byte " << i;
      } catch (const IoError& error) {
        EXPECT_THAT(error.what(), ::testing::StartsWith(path + ": "));
      }
    }
  }
}

struct Malformed {
  std::string header, cause;
};

TEST(Npy, MalformedHeadersNameWhatWasExpected) {
  const TemporaryFolder folder;
  std::string ones;
  for (int i = 0; i < 40; ++i) ones += "1,";
  for (const Malformed& malformed : std::vector<Malformed>{
           {header(">f4", "False", "(1,)"), "dtype '>f4' is not read"},
           {header("|O", "False", "(1,)"), "dtype '|O' is not read"},
           {header("<U8", "False", "(1,)"), "dtype '<U8' is not read"},
           {"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", "a quoted word"},
           {header("<f4", "Maybe", "(1,)"), "True or False"},
           {header("<f4", "False", "(-1,)"), "whole numbers"},
           {header("<f4", "False", "(1.5,)"), "expected ')'"},
           {header("<f4", "False", "(x,)"), "whole numbers"},
           {header("<f4", "False", "(99999999999999999999,)"), "whole numbers"},
           {header("<f4", "False", "(1099511627776, 1099511627776)"), "larger than any file"},
           {header("<f4", "False", "(0, 9223372036854775807, 9223372036854775807)"), "larger than any file"},
           {header("<f4", "False", "(1099511627776,)"), "takes 4398046511104 bytes, but 4 follow"},
           {header("<f4", "False", "(1, 1"), "whole numbers"},
           {header("<f4", "False", "[1]"), "expected '('"},
           {"{'descr': '<f4', 'fortran_order': False, }", "descr, fortran_order and shape"},
           {"{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}", "once each"},
           {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 'x'}", "once each"},
           {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + 1", "after the closing brace"},
           {"{'descr: <f4", "a quoted word"},
           {"", "expected '{'"},
           {header("<f4", "False", "(" + ones + ")"), "at most 32 axes"},
       }) {
    const std::string path = folder.write("bad.npy", npy(malformed.header, "1234"));
    expect_refusal([&] { read_npy(path); }, path, malformed.cause);
  }
}

TEST(Npy, OtherFilesAreRefused) {
  const TemporaryFolder folder;
  expect_refusal([&] { read_npy(folder.path().string()); }, folder.path().string(), "is a folder");
  expect_refusal([&] { read_npy(folder.file("none.npy")); }, folder.file("none.npy"), "no such file");
  const std::string text = folder.write("text.npy", "1,2,3\n4,5,6\n7,8,9\n");
  expect_refusal([&] { read_npy(text); }, text, "is not a .npy file");
  const std::string future = folder.write("future.npy", npy(header("<f4", "False", "(1,)"), "1234", 4));
  expect_refusal([&] { read_npy(future); }, future, "version 4 is not read");
  const std::string device = "/dev/zero";
  expect_refusal([&] { read_npy(device); }, device, "is not a regular file");
  const std::string enormous =
      folder.write("enormous.npy", std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12) + "{}");
  expect_refusal([&] { read_npy(enormous); }, enormous, "a header of 4294967295 bytes is not read");
}

const std::vector<Input> kTwoInputs = {{"x", {-1, 3}, at::kFloat}, {"ids", {-1}, at::kLong}};

TEST(NpyArrays, AreTakenFromAFolderOrAList) {
  const TemporaryFolder folder;
  const at::Tensor x = at::rand({4, 3}), ids = at::arange(4), labels = at::arange(4).to(at::kByte);
  write_npy(folder.file("x.npy"), x);
  write_npy(folder.file("ids.npy"), ids);
  const NpyArrays without = read_npy_arrays(folder.path().string(), kTwoInputs);
  EXPECT_FALSE(without.labels.defined());
  write_npy(folder.file("labels.npy"), labels);
  const std::string list = fmt::format("ids={},labels={},x={}", folder.file("ids.npy"),
                                       folder.file("labels.npy"), folder.file("x.npy"));
  for (const std::string& source : {folder.path().string(), list}) {
    const NpyArrays arrays = read_npy_arrays(source, kTwoInputs);
    EXPECT_TRUE(at::equal(arrays.inputs.at(0), x));
    EXPECT_TRUE(at::equal(arrays.inputs.at(1), ids));
    EXPECT_TRUE(at::equal(arrays.labels, labels.to(at::kLong)));
  }
}

TEST(NpyArrays, WhatDoesNotNameEveryInputOnceIsRefused) {
  const TemporaryFolder folder;
  write_npy(folder.file("x.npy"), at::rand({4, 3}));
  const std::string x = folder.file("x.npy");
  for (const std::string& source : {x, "x=" + x, "x=" + x + ",x=" + x, "x=" + x + ",ids=", "x=" + x + "," + x,
                                    "x=" + x + ",ids=" + x + ",y=" + x}) {
    EXPECT_THROW(read_npy_arrays(source, kTwoInputs), std::invalid_argument) << source;
  }
  expect_refusal([&] { read_npy_arrays(folder.path().string(), kTwoInputs); }, folder.file("ids.npy"),
                 "no such file");
  expect_refusal([&] { read_npy_arrays("x=" + x + ",ids=" + x + ",labels=" + x, kTwoInputs); }, x,
                 "labels must be one axis of integers");
}

}  // namespace
}  // namespace shatterproof::npy_test
