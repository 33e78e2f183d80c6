// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/dataset/images.h"
#include "shatterproof/dataset/preprocessing.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// Which examples a network is to run on.
struct DatasetRequest {
  /// A name of the catalog with what its syntax says ("gaussian:256", "cifar10:FILE"), or FILE.npy.
  std::string source = "gaussian:256";
  /// Examples [first, first + count) of a file; count 0 means all from `first` on, or what the source says.
  ExampleRange range;
  Preprocessing preprocessing;  ///< of what was read from a file
  Layout layout = Layout::automatic;
  int64_t vocabulary = 0;  ///< ids of generated integer inputs; 0: not known
};

/// All that is said of a data set: help, docs and errors read this record and nothing else.
struct DatasetRecord {
  std::string name, syntax, sentence;
  bool along_path = false;  ///< neighbours are neighbours in space
  bool labelled = false;    ///< may bring labels
  bool generated = false;   ///< made from the seed or from numbers, not read from a file
  /// `rest` is what follows "name:" in the source.
  Batch (*load)(const std::string& rest, const DatasetRequest& request, const std::vector<Input>& inputs,
                uint64_t seed);
};

/// Every data set. No other list of them exists.
std::span<const DatasetRecord> datasets();
/// The record named `name`, or nullptr.
const DatasetRecord* find_dataset(std::string_view name);

/// Examples for a network with these inputs; generated ones change with the seed. Throws IoError when a file
/// cannot be read, std::invalid_argument when the source is unknown, malformed or does not fit the inputs.
Batch load_batch(const DatasetRequest& request, const std::vector<Input>& inputs, uint64_t seed);

}  // namespace shatterproof
