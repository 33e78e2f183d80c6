// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/checkpoint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <string_view>

#include "core/folder_lock.h"
#include "core/nesting.h"
#include "dataset/file.h"
#include "results/json.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"

namespace shatterproof {
namespace {

constexpr std::string_view kFormat = "shatterproof checkpoint 3\n";
constexpr size_t kChecksumDigits = 8;

struct StoredType {
  const char* name;
  at::ScalarType type;
};
constexpr StoredType kStoredTypes[] = {
    {"float32", at::kFloat}, {"float64", at::kDouble}, {"int64", at::kLong}};

const char* name_of(at::ScalarType type) {
  for (const StoredType& row : kStoredTypes) {
    if (row.type == type) return row.name;
  }
  reject("checkpoint", "tensors must be float32, float64 or int64", c10::toString(type));
}

std::string_view bytes_of(const at::Tensor& tensor) {
  return {static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()};
}

uint32_t checksum(uint32_t so_far, std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(so_far, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

using Group = std::map<std::string, at::Tensor> TrainingState::*;
struct NamedGroup {
  const char* name;
  Group tensors;
};
constexpr NamedGroup kGroups[] = {{"parameters", &TrainingState::parameters},
                                  {"optimizer", &TrainingState::optimizer}};

Json header_of(const TrainingState& state) {
  Json header = {
      {"network", state.network},   {"settings", state.settings}, {"measurements", state.measurements},
      {"step", state.step},         {"redraws", state.redraws},   {"loss_sum", state.loss_sum},
      {"correct", state.correct},   {"examples", state.examples}, {"seconds", state.seconds},
      {"schedule", state.schedule}, {"stopped", state.stopped},   {"epochs", Json::array()},
      {"readings", Json::array()}};
  for (const EpochRecord& epoch : state.epochs) header["epochs"].push_back(to_json(epoch));
  for (const Reading& reading : state.readings) header["readings"].push_back(to_json(reading));
  for (const NamedGroup& group : kGroups) {
    header[group.name] = Json::array();
    for (const auto& [name, tensor] : state.*group.tensors) {
      header[group.name].push_back(
          {{"name", name}, {"type", name_of(tensor.scalar_type())}, {"shape", tensor.sizes().vec()}});
    }
  }
  return header;
}

// Takes tensors one after the other from what follows the header.
class TensorReader {
 public:
  TensorReader(std::string_view bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  at::Tensor next(const Json& entry) {
    const auto sizes = entry.at("shape").get<std::vector<int64_t>>();
    const at::ScalarType type = type_of(entry.at("type").get<std::string>());
    auto bytes = static_cast<double>(c10::elementSize(type));
    for (const int64_t size : sizes) bytes *= static_cast<double>(size);
    const bool is_shape = std::all_of(sizes.begin(), sizes.end(), [](int64_t size) { return size >= 0; });
    if (!is_shape) refuse_file(path_, "is no checkpoint: a tensor has a negative size");
    if (bytes > static_cast<double>(bytes_.size())) {
      refuse_file(path_, "is no whole checkpoint: it ends within its tensors");
    }
    at::Tensor tensor = at::empty(sizes, type);
    bytes_.copy(static_cast<char*>(tensor.data_ptr()), tensor.nbytes());
    bytes_.remove_prefix(tensor.nbytes());
    return tensor;
  }

  void require_end() const {
    if (!bytes_.empty()) refuse_file(path_, "is no whole checkpoint: more follows its tensors");
  }

 private:
  at::ScalarType type_of(const std::string& name) const {
    for (const StoredType& row : kStoredTypes) {
      if (row.name == name) return row.type;
    }
    refuse_file(path_, "is no checkpoint: a tensor is of an unknown type");
  }

  std::string_view bytes_;
  const std::string& path_;
};

int64_t count_of(const Json& header, const char* key) {
  constexpr int64_t kMost = int64_t{1} << 48;  // products with sizes of batches stay far from overflow
  const Json& value = header.at(key);
  if (!value.is_number_integer() || value < 0 || value > kMost)
    reject(key, fmt::format("must be a whole number from 0 to {}", kMost), value.dump());
  return value.get<int64_t>();
}

TrainingState state_of(const Json& header, TensorReader tensors) {
  TrainingState state;
  state.network = header.at("network").get<std::string>();
  state.settings = header.at("settings").get<std::string>();
  state.measurements = header.at("measurements").get<std::string>();
  state.step = count_of(header, "step");
  state.redraws = count_of(header, "redraws");
  state.loss_sum = header.at("loss_sum").get<double>();
  state.correct = count_of(header, "correct");
  state.examples = count_of(header, "examples");
  state.seconds = header.at("seconds").get<double>();
  state.stopped = header.at("stopped").get<std::string>();
  state.schedule = header.at("schedule").get<std::vector<double>>();
  for (const Json& epoch : header.at("epochs")) state.epochs.push_back(epoch_from_json(epoch));
  for (const Json& reading : header.at("readings")) state.readings.push_back(reading_from_json(reading));
  for (const NamedGroup& group : kGroups) {
    for (const Json& entry : header.at(group.name))
      (state.*group.tensors)[entry.at("name").get<std::string>()] = tensors.next(entry);
  }
  tensors.require_end();
  return state;
}

std::string read_whole(const std::string& path) {
  InputFile file(path);
  std::string text(static_cast<size_t>(file.size()), '\0');
  file.read(text.data(), file.size());
  return text;
}

// What lies between format line and checksum.
std::string_view content_of(std::string_view text, const std::string& path) {
  if (!text.starts_with(kFormat)) refuse_file(path, "is no checkpoint of this version");
  if (text.size() < kFormat.size() + kChecksumDigits)
    refuse_file(path, "is no whole checkpoint: it ends early");
  const std::string_view signed_part = text.substr(0, text.size() - kChecksumDigits);
  if (fmt::format("{:08x}", checksum(0, signed_part)) != text.substr(signed_part.size())) {
    refuse_file(path, "is no whole checkpoint: it was cut short or altered, its checksum differs");
  }
  return signed_part.substr(kFormat.size());
}

constexpr std::string_view kStem = "step_", kEnding = ".checkpoint";

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const TrainingState& state) {
  OutputFile file(path);
  uint32_t sum = 0;
  const auto write = [&](std::string_view bytes) {
    file.stream().write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.check();
    sum = checksum(sum, bytes);
  };
  write(kFormat);
  write(header_of(state).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  for (const NamedGroup& group : kGroups) {
    for (const auto& [name, tensor] : state.*group.tensors)
      write(bytes_of(tensor.detach().to(at::kCPU).contiguous()));
  }
  file.stream() << fmt::format("{:08x}", sum);
  file.sync();
  file.close();
}

TrainingState read_checkpoint(const std::filesystem::path& path) {
  const std::string name = path.string();
  const std::string text = read_whole(name);
  const std::string_view content = content_of(text, name);
  const size_t end = content.find('\n');
  require_shallow_json(content.substr(0, end), printable(name));
  const Json header = Json::parse(content.substr(0, end), nullptr, false);
  if (end == std::string_view::npos || header.is_discarded())
    refuse_file(name, "is no checkpoint: no header");
  try {
    return state_of(header, TensorReader(content.substr(end + 1), name));
  } catch (const Json::exception& error) {
    refuse_file(name, std::string("is no checkpoint: ") + error.what());
  } catch (const std::invalid_argument& error) {
    refuse_file(name, std::string("is no checkpoint: ") + error.what());
  } catch (const c10::Error&) {
    refuse_file(name, "is no checkpoint: a tensor of an impossible shape");
  }
}

CheckpointFolder::CheckpointFolder(std::filesystem::path folder, int64_t kept)
    : folder_(std::move(folder)), kept_(kept) {
  if (kept < 1) reject("checkpoints", "at least 1 must be kept", std::to_string(kept));
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) refuse_file(folder_.string(), "cannot make the folder: " + error.message());
  lock_ = std::make_unique<FolderLock>(folder_);
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kStem) && name.ends_with(".partial")) std::filesystem::remove(entry.path(), error);
  }
}

CheckpointFolder::~CheckpointFolder() = default;

void CheckpointFolder::write(const TrainingState& state) {
  const std::filesystem::path file = folder_ / fmt::format("{}{:09}{}", kStem, state.step, kEnding);
  try {
    write_checkpoint(file, state);
  } catch (const IoError&) {
    // The disk may be full of what will be removed next. The newest one stays whatever happens.
    if (files().size() < 2) throw;
    remove_all_but(1);
    write_checkpoint(file, state);
  }
  remove_all_but(static_cast<size_t>(kept_));
}

void CheckpointFolder::remove_all_but(size_t newest) const {
  const std::vector<std::filesystem::path> all = files();
  std::error_code ignored;  // one too many harms nobody
  for (size_t i = 0; i + newest < all.size(); ++i) std::filesystem::remove(all[i], ignored);
}

std::optional<TrainingState> CheckpointFolder::last() const {
  const std::vector<std::filesystem::path> all = files();
  if (all.empty()) return {};
  return read_checkpoint(all.back());
}

std::vector<std::filesystem::path> CheckpointFolder::files() const {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kStem) && name.ends_with(kEnding)) found.push_back(entry.path());
  }
  if (error) refuse_file(folder_.string(), error.message());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace shatterproof
