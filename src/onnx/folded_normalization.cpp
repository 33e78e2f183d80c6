// SPDX-License-Identifier: Apache-2.0
#include "onnx/folded_normalization.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "network/graph_edit.h"
#include "onnx/trainable.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

struct LinearMap {
  const Node* node;
  std::string weight, bias;

  bool is_convolution() const { return node->op != "Gemm"; }
};

std::vector<LinearMap> linear_maps_of(const GraphDraft& draft) {
  std::vector<LinearMap> found;
  for (const Node& node : draft.nodes) {
    if (node.op != "Conv" && node.op != "ConvTranspose" && node.op != "Gemm") continue;
    if (!draft.constants.contains(node.inputs[1])) continue;
    found.push_back({&node, node.inputs[1], node.inputs.size() > 2 ? node.inputs[2] : ""});
  }
  return found;
}

int64_t units_of(const Node& node, const at::Tensor& weight) {
  if (node.op == "ConvTranspose") return weight.size(1) * node.integer("group", 1);
  return weight.size(node.op == "Gemm" && node.integer("transB", 0) == 0 ? 1 : 0);
}

// What optimizers that fold call the result.
bool says_fused(const std::string& name) {
  for (const char* mark : {"_fused_bn", "ConvBnFusion", "fused_batchnorm", "bn_folded", "BatchNorm_Fused"}) {
    if (name.find(mark) != std::string::npos) return true;
  }
  return false;
}

// The exporter of PyTorch 2 gives the map the name of what batch norm gave out, one of several values.
bool gives_what_a_norm_gave(const LinearMap& map) {
  const std::string& output = map.node->outputs[0];
  return output == "getitem" || output.starts_with("getitem_") ||
         output.find("batch_norm") != std::string::npos;
}

bool is_owned(const std::string& name) {
  return !is_generated_name(name) && (name.ends_with("weight") || name.ends_with("bias"));
}

// Whether some weight of the file bears the name of a module that owns it.
bool has_module_names(const GraphDraft& draft) {
  return std::any_of(draft.constant_order.begin(), draft.constant_order.end(), is_owned);
}

bool is_stored(const GraphDraft& draft, const std::string& name) {
  return draft.constants.contains(name) && !draft.literals.contains(name);
}

// Size of a bias beside its filter, and how much filters differ in size: medians over channels, the relative
// standard deviation.
struct Statistics {
  double bias = 0;
  double spread = 0;
};

std::optional<Statistics> statistics_of(const GraphDraft& draft, const LinearMap& convolution) {
  constexpr int64_t kFewest = 8;  // channels that say something about their spread
  if (!is_stored(draft, convolution.weight) || !is_stored(draft, convolution.bias)) return {};
  const at::Tensor weight = draft.constants.at(convolution.weight).to(at::kDouble);
  const at::Tensor bias = draft.constants.at(convolution.bias).to(at::kDouble);
  if (convolution.node->op != "Conv" || weight.dim() < 3 || bias.numel() != weight.size(0) ||
      bias.numel() < kFewest)
    return {};
  const at::Tensor norms = weight.flatten(1).norm(2, 1).clamp_min(1e-30);
  return Statistics{at::median(bias.abs() / norms).item<double>(),
                    (norms.std() / norms.mean()).item<double>()};
}

bool numbers_look_folded(const GraphDraft& draft, const std::vector<LinearMap>& maps) {
  // Between a default draw or what training makes of it (biases a few hundredths of their filters, filters
  // within a tenth or two of each other) and folded norms (biases near half of their filters, filters apart
  // by half).
  constexpr double kBias = 0.2, kSpread = 0.25;
  constexpr size_t kFewest = 3;
  std::vector<double> biases, spreads;
  for (const LinearMap& map : maps) {
    if (!map.is_convolution()) continue;
    if (map.bias.empty()) return false;
    const auto statistics = statistics_of(draft, map);
    if (!statistics) continue;
    biases.push_back(statistics->bias);
    spreads.push_back(statistics->spread);
  }
  if (biases.size() < kFewest) return false;
  const auto median = [](std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  };
  return median(biases) > kBias && median(spreads) > kSpread;
}

bool has_normalization(const GraphDraft& draft) {
  return std::any_of(draft.nodes.begin(), draft.nodes.end(),
                     [](const Node& node) { return operator_of(node).role == OperatorRole::normalization; });
}

}  // namespace

FoldedNormalization folded_normalization(const GraphDraft& draft, const std::string& producer) {
  const std::vector<LinearMap> maps = linear_maps_of(draft);
  const auto where = [&](auto&& test) {
    FoldedNormalization folded;
    for (const LinearMap& each : maps) {
      if (test(each)) folded.nodes.push_back(each.node->name);
    }
    folded.found = !folded.nodes.empty();
    return folded;
  };
  const auto by_numbers = [&] {
    return FoldedNormalization{!has_normalization(draft) && numbers_look_folded(draft, maps), {}};
  };
  const FoldedNormalization fused =
      where([](const LinearMap& each) { return says_fused(each.weight) || says_fused(each.bias); });
  if (fused.found) return fused;
  const bool pytorch = producer.starts_with("pytorch");
  if (pytorch) {
    const FoldedNormalization given = where(gives_what_a_norm_gave);
    if (given.found) return given;
  }
  if (!pytorch && !has_module_names(draft)) return by_numbers();
  // Older than 1.2 it numbered everything.
  const auto is_numbered = [](const LinearMap& each) {
    return each.is_convolution() && each.weight.find("::") == std::string::npos;
  };
  if (!has_module_names(draft) && std::any_of(maps.begin(), maps.end(), is_numbered)) return by_numbers();
  return where([&](const LinearMap& each) {
    return each.is_convolution() && is_stored(draft, each.weight) && is_stored(draft, each.bias) &&
           is_generated_name(each.weight) && is_generated_name(each.bias);
  });
}

Network with_norms_put_back(const Network& network, const std::vector<std::string>& nodes) {
  const std::set<std::string> folded(nodes.begin(), nodes.end());
  GraphEdit edit(network);
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    Node map = network.nodes()[i];
    if (!folded.contains(map.name)) continue;
    Node norm = edit.batch_norm(map.outputs[0], units_of(map, network.find_parameter(map.inputs[1])->value));
    edit.redirect_readers(i, norm.outputs[0]);
    edit.insert_after(i, std::move(norm));
    const Parameter* bias = map.inputs.size() > 2 ? network.find_parameter(map.inputs[2]) : nullptr;
    if (!bias || bias->value.count_nonzero().item<int64_t>() > 0) continue;
    map.inputs.resize(2);
    edit.replace(i, std::move(map));
  }
  return edit.result();
}

}  // namespace shatterproof
