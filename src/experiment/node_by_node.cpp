// SPDX-License-Identifier: Apache-2.0
#include "experiment/node_by_node.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "shatterproof/core/interrupt.h"

namespace shatterproof {
namespace {

// What enters a final softmax, else the value itself.
std::string without_softmax(const Network& network, const std::string& output) {
  const int64_t from = network.producer(output);
  if (from < 0) return output;
  const Node& last = network.nodes()[static_cast<size_t>(from)];
  return last.op == "Softmax" || last.op == "LogSoftmax" ? last.inputs[0] : output;
}

bool takes_batch_statistics(const Node& node) {
  if (node.op == "BatchNormalization") return true;
  if (node.op != "ReduceMean") return false;
  const std::vector<int64_t> axes = node.integers("axes");
  return std::find(axes.begin(), axes.end(), 0) != axes.end();
}

}  // namespace

NodeByNode::NodeByNode(const Network& network, const Batch& batch, const RunOptions& options)
    : network_(network),
      structure_(shatterproof::structure(network)),
      examples_(batch.examples()),
      dtype_(options.dtype),
      device_(options.device),
      batch_norm_(options.batch_norm) {
  for (const std::string& output : network.outputs()) outputs_.push_back(without_softmax(network, output));
  find_last_uses();
}

void NodeByNode::find_last_uses() {
  const std::vector<Node>& nodes = network_.nodes();
  last_uses_.resize(nodes.size());
  std::set<std::string> kept(outputs_.begin(), outputs_.end());
  for (size_t i = nodes.size(); i-- > 0;) {
    for (const std::vector<std::string>* values : {&nodes[i].inputs, &nodes[i].outputs}) {
      for (const std::string& value : *values) {
        if (kept.insert(value).second) last_uses_[i].push_back(value);
      }
    }
  }
}

at::Tensor NodeByNode::converted(const at::Tensor& tensor) const {
  const at::Device device(device_);
  return tensor.is_floating_point() ? tensor.to(device, dtype_) : tensor.to(device);
}

std::vector<at::Tensor> NodeByNode::evaluate(const Node& node, bool depends_on_input,
                                             const std::vector<at::Tensor>& inputs) const {
  throw_if_interrupted();
  OperatorCall call{node, inputs, batch_norm_};
  call.floating = dtype_;
  const bool has_examples = depends_on_input && !inputs.empty() && inputs[0].defined() &&
                            inputs[0].dim() > 0 && inputs[0].size(0) == examples_;
  if (has_examples) call.examples = examples_;
  return shatterproof::evaluate(call);
}

std::vector<Batch> mini_batches(const Batch& batch, const RunOptions& options) {
  const int64_t size = options.mini_batch > 0 ? options.mini_batch : batch.examples();
  std::vector<Batch> parts;
  for (int64_t first = 0; first < batch.examples(); first += size)
    parts.push_back(batch.slice(first, std::min(size, batch.examples() - first)));
  return parts;
}

std::string foreign_statistics(const Network& network, const Batch& batch, const RunOptions& options) {
  const bool in_pieces = options.mini_batch > 0 && options.mini_batch < batch.examples();
  if (options.batch_norm != BatchStatistics::detached || (batch.statistics_inputs.empty() && !in_pieces)) return "";
  const std::vector<Node>& nodes = network.nodes();
  if (std::none_of(nodes.begin(), nodes.end(), takes_batch_statistics)) return "";
  return "held statistics are those of other examples: run all examples at once, or through, or running";
}

}  // namespace shatterproof
