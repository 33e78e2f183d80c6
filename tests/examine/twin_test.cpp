// SPDX-License-Identifier: Apache-2.0
// An activation or a norm as one node and as some exporter writes it out: in files, with the file's weights
// and with drawn ones, findings are equal and so are readings.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "shatterproof/examine/check.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/onnx/export.h"
#include "shatterproof/onnx/import.h"
#include "tests/network/pattern_samples.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::twin_test {
namespace {

using S = const std::string&;
using Write = std::function<std::string(Written& w, S x)>;
constexpr int64_t kUnits = 12;

struct Twins {
  std::string what;
  Write written_out, one_node;
};

std::vector<Twins> activations() {
  // Those whose operator is younger than the table of samples says, with what they are attributes of.
  const std::map<std::string, double> swishes = {{"silu", 1}, {"mul", 1.702}};
  std::vector<Twins> twins;
  for (const PatternSample& sample : activation_samples()) {
    std::string op = sample.op;
    std::map<std::string, Attribute> attributes = sample.attributes;
    if (op.empty() && sample.pattern.ends_with("swish") && swishes.contains(sample.form)) op = "Swish";
    if (op.empty() && sample.pattern == "quick_gelu") op = "Swish";
    if (op == "Swish") attributes = {{"alpha", swishes.at(sample.form)}};
    if (op.empty()) continue;
    twins.push_back({sample.pattern + ", " + sample.form, sample.write,
                     [op, attributes](Written& w, S x) { return w.node(op, {x}, attributes); }});
  }
  return twins;
}

// Of the samples of norms those that have one node, written with it.
std::vector<Twins> norms() {
  const auto gain = [](Written& w) { return w.trainable({kUnits}); };
  const std::map<std::string, Write> nodes = {
      {"layer_norm, shared centre",
       [=](Written& w, S x) {
         return w.node("LayerNormalization", {x, gain(w), gain(w)}, {{"axis", int64_t{-1}}});
       }},
      {"layer_norm, mean of squares",
       [=](Written& w, S x) {
         return w.node("LayerNormalization", {x, gain(w)}, {{"axis", int64_t{-1}}});
       }},
      {"rms_norm, reciprocal",
       [=](Written& w, S x) {
         return w.node("RMSNormalization", {x, gain(w)}, {{"axis", int64_t{-1}}, {"epsilon", 1e-5}});
       }},
      {"l2_norm, clip", [](Written& w, S x) { return w.node("LpNormalization", {x}); }},
      {"local_response_norm, a window of channels",
       [](Written& w, S x) {
         return w.node("LRN", {x}, {{"size", int64_t{5}}, {"alpha", 1e-4}, {"beta", .75}});
       }},
  };
  std::vector<Twins> twins;
  for (const PatternSample& sample : normalization_samples()) {
    const auto node = nodes.find(sample.pattern + ", " + sample.form);
    if (node == nodes.end()) continue;
    const auto rectified = [](const Write& norm) {
      return [norm](Written& w, S x) { return w.node("Relu", {norm(w, x)}); };
    };
    twins.push_back({node->first, rectified(sample.write), rectified(node->second)});
  }
  EXPECT_EQ(twins.size(), nodes.size());
  return twins;
}

Network stacked(const Write& activation) {
  constexpr int kLayers = 6;
  Written w;
  std::string x = w.builder.input("x", {kUnits});
  for (int i = 1; i <= kLayers; ++i) {
    const std::string name = "layer_" + std::to_string(i);
    x = activation(w, w.builder.linear(x, {.name = name, .fan_in = kUnits, .fan_out = kUnits, .bias = true}));
  }
  w.builder.output(w.builder.linear(x, {.name = "readout", .fan_in = kUnits, .fan_out = 4, .bias = true}));
  return w.builder.build();
}

Checked checked_file(const Network& network, const std::string& scheme) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "twin.onnx";
  // Weights of the file's own are those that another scheme drew before it was written.
  export_onnx(initialize(network, scheme.empty() ? "pytorch" : scheme, 1).network, path);
  CheckOptions options;
  options.examples.count = 32;
  options.dtype = at::kDouble;
  options.standing = Provenance::State::fresh;
  options.rehearses = false;
  return check(subject_of_network(import_onnx(path).network), options);
}

std::vector<std::string> findings(const Checked& checked) {
  std::vector<std::string> lines;
  for (const Finding& finding : checked.diagnosis.findings)
    lines.push_back(finding.id + " " + std::string(to_string(finding.severity)));
  return lines;
}

// The largest difference beside the size of what differs.
double difference(const Reading& a, const Reading& b) {
  if (a.is_defined() != b.is_defined() || a.values.size() != b.values.size()) return INFINITY;
  double largest = 0;
  for (size_t i = 0; i < a.values.size(); ++i) {
    const double one = a.values[i], other = b.values[i];
    if (one == other || (std::isnan(one) && std::isnan(other))) continue;
    largest = std::max(largest, std::abs(one - other) / std::max(1., std::abs(one)));
  }
  return largest;
}

void expect_alike(const Twins& twins) {
  // Constants of the operators are written in single precision.
  constexpr double kSinglePrecisionConstants = 1e-6;
  for (const char* scheme : {"", "he"}) {
    SCOPED_TRACE(twins.what + (*scheme ? ", drawn" : ", as in the file"));
    const Checked written_out = checked_file(stacked(twins.written_out), scheme);
    const Checked one_node = checked_file(stacked(twins.one_node), scheme);
    EXPECT_EQ(written_out.layers, one_node.layers);
    EXPECT_EQ(written_out.parameters, one_node.parameters);
    EXPECT_EQ(findings(written_out), findings(one_node));
    ASSERT_EQ(written_out.readings.size(), one_node.readings.size());
    for (size_t i = 0; i < one_node.readings.size(); ++i) {
      const Reading &a = written_out.readings[i], &b = one_node.readings[i];
      EXPECT_EQ(a.name, b.name);
      EXPECT_LE(difference(a, b), kSinglePrecisionConstants)
          << a.name << " at '" << a.tap << "', '" << b.tap << "'";
    }
  }
}

TEST(Twins, OfActivationsGetTheSameReadingsAndFindings) {
  const std::vector<Twins> all = activations();
  EXPECT_GE(all.size(), 30U);
  for (const Twins& twins : all) expect_alike(twins);
}

TEST(Twins, OfNormsGetTheSameReadingsAndFindings) {
  for (const Twins& twins : norms()) expect_alike(twins);
}

}  // namespace
}  // namespace shatterproof::twin_test
