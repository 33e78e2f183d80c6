// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "conformance_model.h"
#include "shatterproof/network/operator.h"

namespace shatterproof::conformance_test {
namespace {

namespace fs = std::filesystem;

// Those of the official runner.
constexpr double kRelative = 1e-3;
constexpr double kAbsolute = 1e-7;

fs::path tests_folder() {
  const char* given = std::getenv("SHATTERPROOF_ONNX_TESTS");
  return given && *given ? given : "/usr/share/libonnx-testdata/data";
}

/// Batch statistics where a node trains, stored ones elsewhere.
BatchStatistics semantics_of(const ConformanceModel& model) {
  const bool trains = std::any_of(model.nodes.begin(), model.nodes.end(), [](const Node& node) {
    return node.op == "BatchNormalization" && node.integer("training_mode", 0) != 0;
  });
  return trains ? BatchStatistics::attached : BatchStatistics::stored;
}

std::map<std::string, at::Tensor> values_of(const ConformanceModel& model,
                                            std::map<std::string, at::Tensor> values) {
  const BatchStatistics batch_norm = semantics_of(model);
  for (const Node& node : model.nodes) {
    std::vector<at::Tensor> inputs;
    for (const std::string& input : node.inputs)
      inputs.push_back(input.empty() ? at::Tensor() : values.at(input));
    const std::vector<at::Tensor> outputs = evaluate({node, inputs, batch_norm});
    for (size_t i = 0; i < outputs.size(); ++i) values[node.outputs[i]] = outputs[i];
  }
  return values;
}

/// Why the two differ; empty when they do not.
std::string difference(const at::Tensor& got, const at::Tensor& expected) {
  if (!got.defined()) return "no output";
  if (got.scalar_type() != expected.scalar_type()) {
    return fmt::format("type {} and not {}", c10::toString(got.scalar_type()),
                       c10::toString(expected.scalar_type()));
  }
  if (got.sizes() != expected.sizes()) {
    return fmt::format("shape {} and not {}", fmt::join(got.sizes(), "x"), fmt::join(expected.sizes(), "x"));
  }
  const at::Tensor a = got.to(at::kDouble), b = expected.to(at::kDouble);
  if (at::allclose(a, b, kRelative, kAbsolute, /*equal_nan=*/true)) return "";
  return fmt::format("differs by up to {}", (a - b).abs().max().item<double>());
}

/// Runs the test's data sets. Empty when it passes, else why not; throws NotInScope.
std::string failure_of(const fs::path& test) {
  const ConformanceModel model = read_conformance_model(test / "model.onnx");
  int sets = 0;
  for (fs::path set = test / "test_data_set_0"; fs::exists(set); ++sets) {
    std::map<std::string, at::Tensor> values = model.initializers;
    for (size_t i = 0; i < model.inputs.size(); ++i) {
      values[model.inputs[i].name] =
          read_conformance_tensor(set / fmt::format("input_{}.pb", i), model.inputs[i]);
    }
    try {
      values = values_of(model, std::move(values));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    for (size_t i = 0; i < model.outputs.size(); ++i) {
      const ConformanceValue& output = model.outputs[i];
      const at::Tensor expected = read_conformance_tensor(set / fmt::format("output_{}.pb", i), output);
      const std::string found = difference(values[output.name], expected);
      if (!found.empty()) return fmt::format("{}: {}", output.name, found);
    }
    set = test / fmt::format("test_data_set_{}", sets + 1);
  }
  return sets == 0 ? "has no data" : "";
}

std::set<std::string> listed_passes() {
  std::ifstream file(SHATTERPROOF_CONFORMANCE_PASSES);
  std::set<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') names.insert(line);
  }
  return names;
}

struct Outcome {
  std::set<std::string> passed;
  std::map<std::string, std::string> failed, skipped;  // with the reason
};

Outcome outcome_of(const fs::path& folder) {
  Outcome outcome;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().filename() != "model.onnx") continue;
    const fs::path test = entry.path().parent_path();
    const std::string name = fs::relative(test, folder).string();
    try {
      const std::string failure = failure_of(test);
      if (failure.empty()) {
        outcome.passed.insert(name);
      } else {
        outcome.failed[name] = failure;
      }
    } catch (const NotInScope& scope) {
      outcome.skipped[name] = scope.reason;
    }
  }
  return outcome;
}

TEST(Conformance, EveryListedOfficialTestPasses) {
  const fs::path folder = tests_folder();
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is missing: install libonnx-testdata";
  const std::set<std::string> listed = listed_passes();
  ASSERT_FALSE(listed.empty());
  const Outcome outcome = outcome_of(folder);
  std::map<std::string, int> reasons;
  for (const auto& [name, reason] : outcome.skipped) ++reasons[reason];
  for (const auto& [reason, count] : reasons) fmt::print("skipped {}: {}\n", count, reason);
  for (const auto& [name, reason] : outcome.failed) fmt::print("failed {}: {}\n", name, reason);
  for (const std::string& name : outcome.passed) {
    if (!listed.contains(name)) fmt::print("passes but is not listed: {}\n", name);
  }
  fmt::print("{} passed, {} failed, {} skipped\n", outcome.passed.size(), outcome.failed.size(),
             outcome.skipped.size());
  // A suite of another year has other names; one that has few of these is no suite.
  size_t found = 0;
  for (const std::string& name : listed) {
    const auto skipped = outcome.skipped.find(name);
    const bool newer =
        skipped != outcome.skipped.end() && skipped->second.starts_with("operator sets beyond");
    const bool known = outcome.passed.contains(name) || outcome.failed.contains(name) ||
                       (skipped != outcome.skipped.end() && !newer);
    if (!known) fmt::print("not in this suite: {}\n", name);
    found += known ? 1 : 0;
    EXPECT_TRUE(!known || outcome.passed.contains(name))
        << name << ": " << (outcome.failed.contains(name) ? outcome.failed.at(name) : "not in scope");
  }
  EXPECT_GT(2 * found, listed.size())
      << found << " of " << listed.size() << " listed tests are in " << folder;
}

}  // namespace
}  // namespace shatterproof::conformance_test
