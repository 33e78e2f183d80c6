// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/cifar10.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "dataset/file.h"
#include "dataset/range.h"

namespace shatterproof {
namespace {

constexpr int64_t kCifarChannels = 3, kCifarSide = 32, kCifarClasses = 10;
constexpr int64_t kPixels = kCifarChannels * kCifarSide * kCifarSide;
constexpr int64_t kRecord = 1 + kPixels;

std::vector<std::string> files_named(const std::string& folder, std::string_view stem) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(stem) && name.ends_with(".bin")) files.push_back(entry.path().string());
  }
  if (error) refuse_file(folder, error.message());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> files_at(const std::string& path) {
  std::error_code ignored;
  const size_t comma = path.find(',');
  if (comma != std::string::npos && !std::filesystem::exists(path, ignored)) {
    std::vector<std::string> files = files_at(path.substr(0, comma));
    const std::vector<std::string> rest = files_at(path.substr(comma + 1));
    files.insert(files.end(), rest.begin(), rest.end());
    return files;
  }
  if (!std::filesystem::is_directory(path, ignored)) return {path};
  for (const std::string_view stem : {"data_batch", "test_batch"}) {
    std::vector<std::string> files = files_named(path, stem);
    if (!files.empty()) return files;
  }
  refuse_file(path, "has no data_batch*.bin and no test_batch*.bin");
}

int64_t records_in(const std::string& path) {
  const int64_t size = regular_file_size(path);
  if (size == 0 || size % kRecord != 0) {
    refuse_file(
        path, fmt::format("is not CIFAR-10: {} bytes are no whole number of {}-byte records", size, kRecord));
  }
  return size / kRecord;
}

void require_labels(const std::string& path, const at::Tensor& labels, int64_t first) {
  const at::Tensor wrong = labels.ge(kCifarClasses).nonzero();
  if (wrong.size(0) == 0) return;
  const int64_t record = wrong[0].item<int64_t>();
  refuse_file(path, fmt::format("is not CIFAR-10: record {} has label {}", first + record,
                                labels[record].item<int64_t>()));
}

}  // namespace

Images read_cifar10(const std::string& path, const ExampleRange& range) {
  const std::vector<std::string> files = files_at(path);
  int64_t available = 0;
  for (const std::string& file : files) available += records_in(file);
  const ExampleRange wanted = resolved_range("cifar10", range, available);

  at::Tensor records = at::empty({wanted.count, kRecord}, at::kByte);
  int64_t done = 0, begin = 0;
  for (const std::string& name : files) {
    const int64_t count = records_in(name);
    const int64_t from = std::clamp<int64_t>(wanted.first - begin, 0, count);
    const int64_t taken = std::min(count - from, wanted.count - done);
    begin += count;
    if (taken == 0) continue;
    InputFile file(name);
    file.seek(from * kRecord);
    const at::Tensor part = records.narrow(0, done, taken);
    file.read(part.data_ptr(), taken * kRecord);
    require_labels(name, part.select(1, 0), from);
    done += taken;
  }
  return {records.narrow(1, 1, kPixels).reshape({wanted.count, kCifarChannels, kCifarSide, kCifarSide}),
          records.select(1, 0).to(at::kLong)};
}

}  // namespace shatterproof
