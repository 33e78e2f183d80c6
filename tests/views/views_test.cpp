// SPDX-License-Identifier: Apache-2.0
// What a network is made of, whoever wrote the file: what is read in the exports of tests/views/export.py,
// which ran before, is what was counted in the modules.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "shatterproof/network/layer.h"
#include "shatterproof/network/operator.h"
#include "shatterproof/onnx/import.h"

namespace shatterproof::views_test {
namespace {

using Numbers = std::map<std::string, int64_t>;

Numbers written_down(const std::filesystem::path& path) {
  std::ifstream file(path);
  Numbers numbers;
  std::string name;
  for (int64_t number = 0; file >> name >> number;) numbers[name] = number;
  return numbers;
}

// Single nodes and composites of the role that depend on the input.
int64_t count(const Network& network, const Structure& view, OperatorRole single, CompositeRole composite,
              const std::string& op = "") {
  std::vector<bool> taken(network.nodes().size());
  int64_t found = 0;
  for (const Composite& each : view.composites) {
    if (each.role == CompositeRole::gate || each.role == CompositeRole::weight) continue;
    for (const size_t node : each.nodes) taken[node] = true;
    if (each.role == composite && view.depends_on_input[each.output] && (op.empty() || each.op == op))
      ++found;
  }
  for (size_t i = 0; i < taken.size(); ++i) {
    const Node& node = network.nodes()[i];
    if (!taken[i] && view.depends_on_input[i] && operator_of(node).role == single &&
        (op.empty() || node.op == op))
      ++found;
  }
  return found;
}

Numbers seen(const Network& network) {
  const Structure view = structure(network);
  return {
      {"layers", view.layers.size()},
      {"nonlinearities", view.nonlinearities.size()},
      {"norms", count(network, view, OperatorRole::normalization, CompositeRole::normalization)},
      {"sums", view.residual_sums.size()},
      {"attentions", count(network, view, OperatorRole::attention, CompositeRole::attention, "Attention")},
      {"parameters", network.parameter_count()}};
}

std::vector<std::filesystem::path> exported() {
  std::vector<std::filesystem::path> found;
  const char* folder = std::getenv("SHATTERPROOF_VIEWS");
  if (!folder || !std::filesystem::exists(folder)) return found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".onnx") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(View, OfWhatPytorchExportsIsWhatWasCountedInTheModule) {
  const std::vector<std::filesystem::path> files = exported();
  if (files.empty()) GTEST_SKIP() << "PyTorch has exported nothing to SHATTERPROOF_VIEWS";
  for (const std::filesystem::path& path : files) {
    SCOPED_TRACE(path.stem().string());
    const Numbers expected = written_down(std::filesystem::path(path).replace_extension(".view"));
    EXPECT_FALSE(expected.empty());
    try {
      EXPECT_EQ(seen(import_onnx(path).network), expected);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

}  // namespace
}  // namespace shatterproof::views_test
