// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/source.h"

#include <filesystem>

#include "shatterproof/core/error.h"

namespace shatterproof::cli {
namespace {

constexpr int64_t kCifarBatch = 10'000 * 3'073;  // records of a label and 32 x 32 x 3 bytes

DatasetSource cifar10() {
  const std::string folder = "cifar-10-batches-bin/";
  return {"cifar10",
          "https://www.cs.toronto.edu/~kriz/",
          {{{"cifar-10-binary.tar.gz", 170'052'171,
             "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
            {{folder + "data_batch_1.bin", kCifarBatch,
              "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
             {folder + "data_batch_2.bin", kCifarBatch,
              "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
             {folder + "data_batch_3.bin", kCifarBatch,
              "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
             {folder + "data_batch_4.bin", kCifarBatch,
              "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
             {folder + "data_batch_5.bin", kCifarBatch,
              "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
             {folder + "test_batch.bin", kCifarBatch,
              "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"}}}},
          "thin:depth=30",
          "test_batch.bin"};
}

DatasetSource mnist() {
  return {"mnist",
          "https://ossci-datasets.s3.amazonaws.com/mnist/",
          {{{"train-images-idx3-ubyte.gz", 9'912'422,
             "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
            {}},
           {{"train-labels-idx1-ubyte.gz", 28'881,
             "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
            {}},
           {{"t10k-images-idx3-ubyte.gz", 1'648'877,
             "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
            {}},
           {{"t10k-labels-idx1-ubyte.gz", 4'542,
             "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
            {}}},
          "feedforward:depth=4,width=200,input=784,output=10",
          "t10k-images-idx3-ubyte.gz"};
}

}  // namespace

std::span<const PublishedFile> Download::kept() const {
  if (members.empty()) return {&file, 1};
  return members;
}

std::span<const DatasetSource> dataset_sources() {
  static const std::vector<DatasetSource> table = {cifar10(), mnist()};
  return table;
}

const DatasetSource& dataset_source(std::string_view name) {
  std::vector<std::string> known;
  for (const DatasetSource& source : dataset_sources()) {
    if (source.name == name) return source;
    known.push_back(source.name);
  }
  reject_unknown("data fetch", "data set", name, known);
}

std::vector<std::string> training_words(const DatasetSource& source, const std::string& folder) {
  const std::string test = (std::filesystem::path(folder) / source.test).string();
  return {"train",  source.network,           "--data",       source.name + ":" + folder,
          "--test", source.name + ":" + test, "--standardize"};
}

}  // namespace shatterproof::cli
