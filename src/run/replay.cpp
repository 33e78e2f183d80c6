// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/nesting.h"
#include "core/text_file.h"
#include "shatterproof/core/error.h"
#include "shatterproof/dataset/npy.h"
#include "shatterproof/run/dump.h"

namespace shatterproof {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

json read_json(const fs::path& path) {
  constexpr size_t kLongest = size_t{64} << 20;
  if (!fs::exists(path))
    throw IoError(
        fmt::format("{}: cannot be opened: a dump has taps.json and context.json", printable(path.string())));
  const std::string text = text_of_file(path.string(), kLongest);
  require_shallow_json(text, printable(path.string()));
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    throw IoError(fmt::format("{}: not JSON: {}", path.string(), printable(error.what())));
  }
}

TapKind kind_of(const std::string& word, const fs::path& path) {
  for (const TapKind kind :
       {TapKind::input, TapKind::pre_activation, TapKind::activation, TapKind::concatenation,
        TapKind::residual_sum, TapKind::output, TapKind::other}) {
    if (to_string(kind) == word) return kind;
  }
  throw IoError(fmt::format("{}: unknown kind of tap '{}'", path.string(), printable(word)));
}

// A number that counts something; `otherwise` where the row has none.
int64_t count_of(const json& row, const char* key, int64_t otherwise, int64_t most) {
  const auto value = row.find(key);
  if (value == row.end()) return otherwise;
  const bool fits = value->is_number_integer() && *value >= 0 && *value <= most;
  if (!fits) reject(key, fmt::format("must be a whole number from 0 to {}", most), value->dump());
  return value->get<int64_t>();
}

// A tap of a dump and where its arrays lie.
struct Recorded {
  Tap tap;
  std::string forward, gradient;
  std::vector<std::string> inputs;
};

Recorded recorded_tap(const json& row, size_t order, const fs::path& path) {
  Recorded recorded;
  Tap& tap = recorded.tap;
  tap.name = row.at("name").get<std::string>();
  tap.kind = kind_of(row.at("kind").get<std::string>(), path);
  tap.order = order;
  tap.node = order;
  tap.op = row.value("op", "");
  constexpr int64_t kMost = 1 << 24;
  tap.depth = static_cast<int>(count_of(row, "depth", 0, kMost));
  tap.layer = static_cast<int>(count_of(row, "layer", 0, kMost));
  tap.layer_state = row.value("state", false);
  tap.skip = static_cast<size_t>(count_of(row, "skip", 0, kMost));
  tap.branch = static_cast<size_t>(count_of(row, "branch", 1, kMost));
  tap.bypassed = row.value("bypassed", false);
  tap.channels = row.value("channels", false);
  tap.negated_half = row.value("mirrored", false);
  recorded.forward = row.value("forward", "");
  recorded.gradient = row.value("gradient", "");
  recorded.inputs = row.value("inputs", std::vector<std::string>{});
  if (tap.kind == TapKind::residual_sum && recorded.inputs.size() <= std::max(tap.skip, tap.branch))
    reject("inputs", "a residual sum has files for its skip and its branch",
           fmt::format("{} files", recorded.inputs.size()));
  return recorded;
}

std::vector<Recorded> recorded_taps(const fs::path& folder) {
  const fs::path path = folder / "taps.json";
  const json rows = read_json(path);
  if (!rows.is_array() || rows.empty())
    throw IoError(fmt::format("{}: must be an array of taps", path.string()));
  std::vector<Recorded> taps;
  try {
    for (const json& row : rows) taps.push_back(recorded_tap(row, taps.size(), path));
  } catch (const json::exception& error) {
    throw IoError(
        fmt::format("{}: tap {}: {}", printable(path.string()), taps.size(), printable(error.what())));
  } catch (const std::invalid_argument& error) {
    throw IoError(fmt::format("{}: tap {}: {}", printable(path.string()), taps.size(), error.what()));
  }
  return taps;
}

RunContext recorded_context(const fs::path& folder) {
  const fs::path path = folder / "context.json";
  const json row = read_json(path);
  RunContext context;
  try {
    constexpr int64_t kMost = int64_t{1} << 40;
    row.at("examples");
    context.examples = count_of(row, "examples", 0, kMost);
    context.along_path = row.value("along_path", row.value("ordered", false));
    context.functional = row.value("functional", "");
    context.batch_norm = row.value("batch_norm", "");
    context.input_numbers = count_of(row, "input_numbers", 0, kMost);
  } catch (const std::exception& error) {
    throw IoError(fmt::format("{}: {}", printable(path.string()), printable(error.what())));
  }
  return context;
}

// Files are named inside the folder and nowhere else.
fs::path path_within(const fs::path& folder, const std::string& file) {
  if (fs::path(file).filename().string() != file || file == "..") {
    throw IoError(fmt::format("{}: taps.json must name files of the folder, not '{}'", folder.string(),
                              printable(file)));
  }
  return folder / file;
}

at::Tensor load(const fs::path& folder, const std::string& file, int64_t examples) {
  const std::string path = path_within(folder, file).string();
  at::Tensor tensor = read_npy(path);
  if (tensor.dim() == 0 || tensor.size(0) != examples) {
    throw IoError(fmt::format("{}: must have {} examples along axis 0", path, examples));
  }
  return tensor.is_floating_point() && tensor.scalar_type() != at::kDouble ? tensor.to(at::kFloat) : tensor;
}

// Like `load`, for what may be a parameter of its node.
at::Tensor load_input(const fs::path& folder, const std::string& file, int64_t examples, size_t position) {
  return position == 0 ? load(folder, file, examples)
                       : read_npy((folder / fs::path(file).filename()).string());
}

// That a file is missing is said before anything is measured.
void check_files(const fs::path& folder, const std::vector<Recorded>& taps) {
  for (const Recorded& recorded : taps) {
    std::vector<std::string> files = recorded.inputs;
    files.push_back(recorded.forward);
    files.push_back(recorded.gradient);
    for (const std::string& file : files) {
      if (file.empty()) continue;
      const fs::path path = path_within(folder, file);
      if (!fs::exists(path))
        throw IoError(fmt::format("{}: is missing, and taps.json names it", printable(path.string())));
    }
  }
}

class DumpSource : public TapSource {
 public:
  explicit DumpSource(const fs::path& folder)
      : folder_(folder), recorded_(recorded_taps(folder)), context_(recorded_context(folder)) {
    check_files(folder, recorded_);
  }

  std::vector<Tap> taps(const RunOptions&) override {
    std::vector<Tap> taps;
    for (const Recorded& recorded : recorded_) taps.push_back(recorded.tap);
    return taps;
  }

  void run(const Batch& batch, std::span<Observer* const> observers, const RunOptions& options) override {
    observe_forward(batch, observers, options);
    for (auto recorded = recorded_.rbegin(); recorded != recorded_.rend(); ++recorded) {
      if (recorded->gradient.empty()) continue;
      for (Observer* observer : observers) {
        if (!observer->wants_backward(recorded->tap)) continue;
        observer->observe(
            BackwardTap{recorded->tap, load(folder_, recorded->gradient, context_.examples), 0});
      }
    }
  }

  void observe_forward(const Batch&, std::span<Observer* const> observers, const RunOptions&) override {
    for (Observer* observer : observers) observer->begin(context_);
    for (const Recorded& recorded : recorded_) {
      if (recorded.forward.empty()) continue;
      std::vector<Observer*> wanting;
      for (Observer* observer : observers) {
        if (observer->wants_forward(recorded.tap)) wanting.push_back(observer);
      }
      if (wanting.empty()) continue;
      const at::Tensor output = load(folder_, recorded.forward, context_.examples);
      std::vector<at::Tensor> inputs;
      for (const std::string& file : recorded.inputs) {
        inputs.push_back(load_input(folder_, file, context_.examples, inputs.size()));
      }
      if (inputs.empty()) inputs.push_back(output);
      for (Observer* observer : wanting) observer->observe(ForwardTap{recorded.tap, inputs, output, 0});
    }
  }

  std::optional<RunContext> recorded() const override { return context_; }

  std::string obstacle(const RunOptions& options) const override {
    if (options.functional.kind != Functional::Kind::probe || context_.functional == "probe") return "";
    return fmt::format("needs the functional probe, the dump was made with {}", context_.functional);
  }

  CoverageRecord coverage() const override {
    CoverageRecord coverage;
    coverage.nodes = coverage.measured = static_cast<int64_t>(recorded_.size());
    return coverage;
  }

 private:
  fs::path folder_;
  std::vector<Recorded> recorded_;
  RunContext context_;
};

}  // namespace

std::unique_ptr<TapSource> dump_source(const fs::path& folder) {
  return std::make_unique<DumpSource>(folder);
}

}  // namespace shatterproof
