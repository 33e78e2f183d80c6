// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/catalog.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/core/threads.h"
#include "shatterproof/dataset/npy.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::catalog_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::vector<Input> kScalar = {{"x", {-1, 1}, at::kFloat}};
const std::vector<Input> kVector = {{"x", {-1, 5}, at::kFloat}};

Batch load(const std::string& source, const std::vector<Input>& inputs, uint64_t seed = 1) {
  DatasetRequest request;
  request.source = source;
  return load_batch(request, inputs, seed);
}

TEST(Datasets, AreFullyDescribedAndRefuseAnEmptySourceInOneLine) {
  for (const DatasetRecord& record : datasets()) {
    EXPECT_EQ(find_dataset(record.name)->name, record.name);
    EXPECT_THAT(record.syntax, HasSubstr(record.name));
    EXPECT_FALSE(record.sentence.empty());
    const bool has_defaults = record.name == "gaussian" || record.name == "path" ||
                              record.name == "procedural" || record.name == "teacher";
    if (has_defaults) continue;
    for (const char* rest : {"", ":"}) {
      EXPECT_THAT([&] { load(record.name + rest, kScalar); },
                  ThrowsMessage<std::invalid_argument>(HasSubstr("is written")))
          << record.name;
    }
  }
}

TEST(Datasets, UnknownOnesAreRefusedWithTheKnownOnes) {
  EXPECT_THAT([] { load("cifar:x", kScalar); },
              ThrowsMessage<std::invalid_argument>(
                  AllOf(HasSubstr("unknown data set 'cifar'"), HasSubstr("did you mean 'cifar10'?"))));
  EXPECT_THROW(load("", kScalar), std::invalid_argument);
  EXPECT_THROW(load("gaussian", {}), std::invalid_argument);
}

TEST(Datasets, AnArchiveOfArraysSaysHowItIsRead) {
  EXPECT_THAT([] { load("batch.npz", kScalar); },
              ThrowsMessage<std::invalid_argument>(
                  HasSubstr("python3 -m zipfile -e batch.npz batch, then npy:batch")));
}

TEST(Grid, IsEvenlySpacedAndOrdered) {
  const Batch batch = load("grid:-2:2:256", kScalar);
  EXPECT_TRUE(batch.along_path);
  const at::Tensor x = batch.inputs.at(0).flatten();
  EXPECT_EQ(x.numel(), 256);
  EXPECT_EQ(x[0].item<float>(), -2);
  EXPECT_EQ(x[255].item<float>(), 2);
  EXPECT_NEAR((x.diff() - 4.0 / 255).abs().max().item<double>(), 0, 3e-7);  // float32 near 2
  EXPECT_TRUE(at::equal(x, load("grid:-2:2:256", kScalar, 2).inputs[0].flatten()));
}

TEST(Grid, MalformedOnesAreRefused) {
  for (const char* source :
       {"grid:1", "grid:1:2", "grid:2:1:5", "grid:1:1:5", "grid:0:1:1", "grid:0:1:x", "grid:0:1:5:6",
        "grid:nan:1:5", "grid:0:inf:5", "grid:0:1:100000000", "grid:::"}) {
    EXPECT_THROW(load(source, kScalar), std::invalid_argument) << source;
  }
  EXPECT_THROW(load("grid:0:1:5", kVector), std::invalid_argument);
}

TEST(Gaussian, HasTheShapeOfEveryInputAndChangesWithTheSeed) {
  const std::vector<Input> inputs = {{"a", {-1, 3, 2}, at::kFloat}, {"b", {-1}, at::kDouble}};
  const Batch batch = load("gaussian:64", inputs);
  EXPECT_FALSE(batch.along_path);
  EXPECT_EQ(batch.inputs.at(0).sizes(), at::IntArrayRef({64, 3, 2}));
  EXPECT_EQ(batch.inputs.at(1).sizes(), at::IntArrayRef({64}));
  EXPECT_EQ(batch.inputs.at(1).scalar_type(), at::kDouble);
  EXPECT_TRUE(at::equal(batch.inputs[0], load("gaussian:64", inputs).inputs[0]));
  EXPECT_FALSE(at::equal(batch.inputs[0], load("gaussian:64", inputs, 2).inputs[0]));
  // More examples begin with the fewer.
  EXPECT_TRUE(at::equal(batch.inputs[0], load("gaussian:65", inputs).inputs[0].slice(0, 0, 64)));
}

TEST(Gaussian, IsStandardNormal) {
  const at::Tensor x = load("gaussian:4000", kVector).inputs[0].to(at::kDouble);
  constexpr double kSigmas = 4, kNumbers = 20000;
  EXPECT_NEAR(x.mean().item<double>(), 0, kSigmas / std::sqrt(kNumbers));
  EXPECT_NEAR(x.square().mean().item<double>(), 1, kSigmas * std::sqrt(2 / kNumbers));
}

TEST(Gaussian, IdsAreUniformOverTheVocabulary) {
  DatasetRequest request;
  request.source = "gaussian:1000";
  request.vocabulary = 7;
  const std::vector<Input> ids = {{"ids", {-1, 10}, at::kLong}};
  const at::Tensor counts = load_batch(request, ids, 1).inputs[0].flatten().bincount();
  ASSERT_EQ(counts.numel(), 7);
  constexpr double kFourSigmas = 4 * 35;  // of a binomial of 10,000 with p = 1/7
  EXPECT_LE((counts - 10000.0 / 7).abs().max().item<double>(), kFourSigmas);
  request.vocabulary = 0;
  EXPECT_THAT([&] { load_batch(request, ids, 1); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("vocabulary")));
}

TEST(Gaussian, WhatCannotBeDrawnIsRefused) {
  for (const char* source :
       {"gaussian:0", "gaussian:-1", "gaussian:x", "gaussian:1.5", "gaussian:99999999999"}) {
    EXPECT_THROW(load(source, kVector), std::invalid_argument) << source;
  }
  EXPECT_THROW(load("gaussian", {{"x", {-1, 3, -1}, at::kFloat}}), std::invalid_argument);
  EXPECT_THROW(load("gaussian", {{"x", {}, at::kFloat}}), std::invalid_argument);
  EXPECT_THROW(load("gaussian:16777216", {{"x", {-1, int64_t{1} << 40}, at::kFloat}}), std::invalid_argument);
}

TEST(Gaussian, AnAskedForCountOverridesTheWrittenOneADefaultDoesNot) {
  DatasetRequest request;
  const auto examples = [&](const std::string& source, const ExampleRange& range) {
    request.source = source;
    request.range = range;
    return load_batch(request, kVector, 1).examples();
  };
  EXPECT_EQ(examples("gaussian", {}), 256);
  EXPECT_EQ(examples("gaussian:64", {}), 64);
  EXPECT_EQ(examples("gaussian:64", {0, 32}), 32);
  EXPECT_EQ(examples("gaussian", {0, 32}), 32);
  EXPECT_EQ(examples("gaussian:64", {0, 32, true}), 64);
  EXPECT_EQ(examples("gaussian", {0, 32, true}), 32);
}

TEST(Path, IsTheStraightLineBetweenTheFirstTwoExamples) {
  const Batch base = load("gaussian", kVector, 3);
  const Batch path = load("path:5", kVector, 3);
  EXPECT_TRUE(path.along_path);
  EXPECT_FALSE(path.labels.defined());
  ASSERT_EQ(path.statistics_inputs.size(), 1U);
  EXPECT_TRUE(at::equal(path.statistics_inputs[0], base.inputs[0]));
  const at::Tensor &x = path.inputs.at(0), a = base.inputs[0][0], b = base.inputs[0][1];
  EXPECT_EQ(x.sizes(), at::IntArrayRef({5, 5}));
  EXPECT_TRUE(at::equal(x[0], a));
  EXPECT_TRUE(at::equal(x[4], b));
  EXPECT_TRUE(at::allclose(x[1], .75 * a + .25 * b, 1e-6));
  EXPECT_EQ(load("path", kVector).examples(), 256);
}

TEST(Path, TakesItsExamplesFromAnyOtherSource) {
  const TemporaryFolder folder;
  const at::Tensor array = at::rand({3, 5});
  write_npy(folder.file("x.npy"), array);
  for (const char* prefix : {"path:9:", "path:9:npy:"}) {
    const Batch path = load(prefix + folder.file("x.npy"), kVector);
    EXPECT_EQ(path.examples(), 9);
    EXPECT_TRUE(at::equal(path.statistics_inputs.at(0), array));
    EXPECT_TRUE(at::equal(path.inputs.at(0)[8], array[1]));
  }
}

TEST(Path, WithoutALineIsRefused) {
  for (const char* source : {"path:1", "path:0", "path:x", "path:5:gaussian:1", "path:5:grid:0:1:5",
                             "path:5:path:5", "path:5:nothing", "path:99999999"}) {
    EXPECT_THROW(load(source, source == std::string("path:5:grid:0:1:5") ? kScalar : kVector),
                 std::invalid_argument)
        << source;
  }
  DatasetRequest ids;
  ids.source = "path:5";
  ids.vocabulary = 7;
  EXPECT_THAT(
      [&] {
        load_batch(ids, {{"ids", {-1, 10}, at::kLong}}, 1);
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("floating-point inputs")));
}

TEST(Npy, FilesAreFittedPreprocessedAndCut) {
  const TemporaryFolder folder;
  const at::Tensor array = at::arange(40).to(at::kByte).view({8, 5});
  write_npy(folder.file("x.npy"), array);
  DatasetRequest request;
  request.source = folder.file("x.npy");
  request.range = {2, 3};
  request.preprocessing = {10, {1}, {2}};
  const Batch batch = load_batch(request, kVector, 1);
  EXPECT_EQ(batch.inputs[0].scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(batch.inputs[0], (array.slice(0, 2, 5).to(at::kFloat) / 10 - 1) / 2));
  EXPECT_THAT(batch.description, HasSubstr("x.npy, 3 examples"));
  EXPECT_THROW(load(folder.file("x.npy"), kScalar), std::invalid_argument);
}

TEST(Npy, ArraysThatDisagreeAreRefused) {
  const TemporaryFolder folder;
  const std::vector<Input> two = {{"a", {-1, 2}, at::kFloat}, {"b", {-1}, at::kLong}};
  write_npy(folder.file("a.npy"), at::rand({4, 2}));
  write_npy(folder.file("b.npy"), at::arange(3));
  EXPECT_THAT([&] { load("npy:" + folder.path().string(), two); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("as many examples")));
  write_npy(folder.file("b.npy"), at::arange(4));
  write_npy(folder.file("labels.npy"), at::arange(3));
  EXPECT_THAT([&] { load("npy:" + folder.path().string(), two); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("one label per example")));
  write_npy(folder.file("labels.npy"), at::arange(4));
  EXPECT_EQ(load("npy:" + folder.path().string(), two).labels.numel(), 4);
  write_npy(folder.file("b.npy"), at::rand({4}));
  EXPECT_THROW(load("npy:" + folder.path().string(), two), std::invalid_argument) << "floats for ids";
  write_npy(folder.file("scalar.npy"), at::rand({}));
  EXPECT_THROW(load(folder.file("scalar.npy"), kScalar), std::invalid_argument);
  write_npy(folder.file("empty.npy"), at::rand({0, 1}));
  EXPECT_THROW(load(folder.file("empty.npy"), kScalar), std::invalid_argument);
}

TEST(Generated, SourcesTakeNoPreprocessing) {
  for (const char* source : {"gaussian:4", "grid:0:1:4"}) {
    DatasetRequest request;
    request.source = source;
    request.preprocessing.scale = 255;
    EXPECT_THROW(load_batch(request, kScalar, 1), std::invalid_argument) << source;
    request.preprocessing.scale = 1;
    request.range.first = 1;
    EXPECT_THROW(load_batch(request, kScalar, 1), std::invalid_argument) << source;
  }
}

TEST(Batch, SliceSharesMemoryAndKeepsWhatIsSaidOfTheBatch) {
  Batch batch = load("path:6", kVector);
  batch.labels = at::arange(6);
  const Batch part = batch.slice(2, 3);
  EXPECT_EQ(part.examples(), 3);
  EXPECT_TRUE(at::equal(part.labels, at::arange(2, 5)));
  EXPECT_TRUE(part.along_path);
  EXPECT_EQ(part.inputs[0].data_ptr<float>(), batch.inputs[0].data_ptr<float>() + 10);
  EXPECT_EQ(part.statistics_inputs.size(), 1U);
  EXPECT_EQ(Batch().examples(), 0);
}

}  // namespace
}  // namespace shatterproof::catalog_test
