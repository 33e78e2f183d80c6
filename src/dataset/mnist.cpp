// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/mnist.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "dataset/file.h"
#include "dataset/idx.h"
#include "dataset/range.h"

namespace shatterproof {
namespace {

constexpr int64_t kDigits = 10;

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

// The file of that name, gzipped or not.
std::optional<std::string> either(const std::string& name) {
  constexpr std::string_view kGzipped = ".gz";
  const std::string plain = name.ends_with(kGzipped) ? name.substr(0, name.size() - kGzipped.size()) : name;
  for (const std::string& file : {name, plain, plain + std::string(kGzipped)}) {
    if (is_file(file)) return file;
  }
  return {};
}

std::string images_at(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return path;
  for (const char* name : {"/train-images-idx3-ubyte", "/t10k-images-idx3-ubyte"}) {
    if (const auto file = either(path + name)) return *file;
  }
  refuse_file(path, "has no train-images-idx3-ubyte and no t10k-images-idx3-ubyte, gzipped or not");
}

std::optional<std::string> labels_beside(const std::string& images) {
  constexpr std::string_view kImages = "images-idx3", kLabels = "labels-idx1";
  const size_t at = images.rfind(kImages);
  if (at == std::string::npos) return {};
  return either(std::string(images).replace(at, kImages.size(), kLabels));
}

at::Tensor read_labels(const std::string& path, const ExampleRange& range, int64_t images) {
  IdxFile file(path, 1);
  if (file.sizes()[0] != images) {
    refuse_file(path, fmt::format("has {} labels for {} images", file.sizes()[0], images));
  }
  const at::Tensor labels = file.read(range).to(at::kLong);
  const at::Tensor wrong = labels.ge(kDigits).nonzero();
  if (wrong.size(0) > 0) {
    const int64_t entry = wrong[0].item<int64_t>();
    refuse_file(path, fmt::format("label {} of example {} is not below {}", labels[entry].item<int64_t>(),
                                  range.first + entry, kDigits));
  }
  return labels;
}

}  // namespace

Images read_mnist(const std::string& path, const ExampleRange& range) {
  const std::string images = images_at(path);
  IdxFile file(images, 3);
  const std::vector<int64_t>& sizes = file.sizes();
  const ExampleRange wanted = resolved_range("mnist", range, sizes[0]);
  Images read = {file.read(wanted).unsqueeze(1), {}};
  if (const auto labels = labels_beside(images)) read.labels = read_labels(*labels, wanted, sizes[0]);
  return read;
}

}  // namespace shatterproof
