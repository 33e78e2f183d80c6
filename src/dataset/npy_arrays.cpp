// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "dataset/file.h"
#include "shatterproof/core/error.h"
#include "shatterproof/dataset/npy.h"

namespace shatterproof {
namespace {

using FileOfName = std::map<std::string, std::string>;
constexpr const char* kLabels = "labels";

bool has_input(const std::vector<Input>& inputs, const std::string& name) {
  for (const Input& input : inputs) {
    if (input.name == name) return true;
  }
  return false;
}

FileOfName files_in_folder(const std::string& folder, const std::vector<Input>& inputs) {
  FileOfName files;
  const auto file = [&](const std::string& name) { return folder + "/" + name + ".npy"; };
  for (const Input& input : inputs) files[input.name] = file(input.name);
  if (!has_input(inputs, kLabels) && std::filesystem::exists(file(kLabels))) files[kLabels] = file(kLabels);
  return files;
}

FileOfName files_in_list(const std::string& list) {
  FileOfName files;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const std::string entry = list.substr(begin, end - begin);
    const size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == entry.size()) {
      reject("npy", "several arrays are given as input=file.npy,input=file.npy", entry);
    }
    if (!files.emplace(entry.substr(0, equals), entry.substr(equals + 1)).second) {
      reject("npy", "each input may be given once", entry);
    }
    begin = end + 1;
  }
  return files;
}

at::Tensor labels_from(const at::Tensor& array, const std::string& path) {
  if (array.is_floating_point() || array.dim() != 1) {
    refuse_file(path, "labels must be one axis of integers");
  }
  return array.to(at::kLong);
}

}  // namespace

NpyArrays read_npy_arrays(const std::string& source, const std::vector<Input>& inputs) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(source, ignored);
  if (!folder && source.find('=') == std::string::npos) {
    if (inputs.size() != 1) {
      reject("npy",
             fmt::format("the network has {} inputs: give a folder or input=file.npy,...", inputs.size()),
             source);
    }
    return {{read_npy(source)}, {}};
  }
  FileOfName files = folder ? files_in_folder(source, inputs) : files_in_list(source);
  NpyArrays arrays;
  for (const Input& input : inputs) {
    const auto file = files.find(input.name);
    if (file == files.end()) {
      reject("npy", fmt::format("every input needs an array; '{}' has none", printable(input.name)), source);
    }
    arrays.inputs.push_back(read_npy(file->second));
    files.erase(file);
  }
  if (const auto file = files.find(kLabels); file != files.end()) {
    arrays.labels = labels_from(read_npy(file->second), file->second);
    files.erase(file);
  }
  if (!files.empty()) {
    std::vector<std::string> known;
    for (const Input& input : inputs) known.push_back(input.name);
    reject_unknown("npy", "input", files.begin()->first, known);
  }
  return arrays;
}

}  // namespace shatterproof
