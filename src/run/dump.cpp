// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/dump.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"
#include "shatterproof/dataset/npy.h"

namespace shatterproof {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string file_safe(const std::string& name) {
  std::string safe;
  for (const char c : name) {
    const bool kept = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
    safe += kept ? c : '_';
  }
  return safe;
}

std::string stem(const Tap& tap) {
  constexpr size_t kLongestName = 100;
  return fmt::format("{:04}_{}", tap.order, file_safe(tap.name).substr(0, kLongestName));
}

json to_json(const Tap& tap) {
  return {{"name", tap.name},
          {"kind", to_string(tap.kind)},
          {"op", tap.op},
          {"depth", tap.depth},
          {"layer", tap.layer},
          {"state", tap.layer_state},
          {"skip", tap.skip},
          {"branch", tap.branch},
          {"channels", tap.channels},
          {"mirrored", tap.negated_half},
          {"bypassed", tap.bypassed}};
}

void write_json(const fs::path& path, const json& value) {
  OutputFile file(path);
  file.stream() << value.dump(1, ' ', false, json::error_handler_t::replace) << '\n';
  file.close();
}

}  // namespace

struct TapDump::Rows {
  json taps = json::array();
  json context;
};

TapDump::TapDump(const fs::path& folder) : folder_(folder), rows_(std::make_unique<Rows>()) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw IoError(fmt::format("{}: cannot make the folder: {}", folder.string(), error.message()));
  if (!fs::is_empty(folder, error) || error) {
    throw IoError(fmt::format("{}: a dump needs an empty folder", folder.string()));
  }
}

TapDump::~TapDump() = default;

void TapDump::begin(const RunContext& context) {
  rows_->context = {{"schema", 1},
                    {"examples", context.examples},
                    {"along_path", context.along_path},
                    {"functional", context.functional},
                    {"batch_norm", context.batch_norm},
                    {"input_numbers", context.input_numbers}};
}

void TapDump::observe(const ForwardTap& tap) {
  if (tap.first_example != 0) reject("dump", "the batch must run in one piece", "several mini-batches");
  json row = to_json(tap.tap);
  const auto save = [&](const std::string& suffix, const at::Tensor& tensor) {
    const std::string file = fmt::format("{}.{}.npy", stem(tap.tap), suffix);
    write_npy((folder_ / file).string(), tensor.detach().cpu());
    return file;
  };
  row["forward"] = save("forward", tap.output);
  if (tap.tap.kind == TapKind::activation || tap.tap.kind == TapKind::residual_sum) {
    row["inputs"] = json::array();
    for (size_t k = 0; k < tap.inputs.size(); ++k) {
      if (tap.inputs[k].defined()) row["inputs"].push_back(save(fmt::format("input{}", k), tap.inputs[k]));
    }
  }
  rows_->taps.push_back(std::move(row));
}

void TapDump::observe(const BackwardTap& tap) {
  const std::string file = stem(tap.tap) + ".gradient.npy";
  write_npy((folder_ / file).string(), tap.gradient.contiguous().cpu());
  for (json& row : rows_->taps) {
    if (row["name"] == tap.tap.name && row["kind"] == to_string(tap.tap.kind)) row["gradient"] = file;
  }
}

void TapDump::close(const Network& network, const std::vector<at::Tensor>& statistics_inputs) {
  const fs::path weights = folder_ / "weights";
  std::error_code error;
  fs::create_directories(weights, error);
  if (error) throw IoError(fmt::format("{}: cannot make the folder: {}", weights.string(), error.message()));
  for (const Parameter& parameter : network.parameters()) {
    write_npy((weights / (file_safe(parameter.name) + ".npy")).string(), parameter.value);
  }
  for (size_t i = 0; i < statistics_inputs.size(); ++i) {
    const std::string file = fmt::format("statistics.input{}.npy", i);
    write_npy((folder_ / file).string(), statistics_inputs[i].detach().cpu());
    rows_->context["statistics_inputs"].push_back(file);
  }
  write_json(folder_ / "context.json", rows_->context);
  write_json(folder_ / "taps.json", rows_->taps);
}

}  // namespace shatterproof
