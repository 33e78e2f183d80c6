// SPDX-License-Identifier: Apache-2.0
#include "experiment/interpreter.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "run/mini_batch.h"
#include "run/plan.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/run/taps.h"

namespace shatterproof {
namespace {

bool takes_batch_statistics(const Node& node) {
  if (node.op == "BatchNormalization") return true;
  if (node.op != "ReduceMean") return false;
  const std::vector<int64_t> axes = node.integers("axes");
  return std::find(axes.begin(), axes.end(), 0) != axes.end();
}

}  // namespace

Interpreter::Interpreter(const Network& network, const Batch& batch, const RunOptions& options)
    : network_(network),
      structure_(shatterproof::structure(network)),
      examples_(batch.examples()),
      dtype_(options.dtype),
      device_(options.device),
      batch_norm_(options.batch_norm),
      outputs_(output_values(network, true)) {
  for (const Parameter& parameter : network.parameters())
    parameters_[parameter.name] = converted(parameter.value).detach();
}

at::Tensor Interpreter::converted(const at::Tensor& tensor) const {
  const at::Device device(device_);
  return tensor.is_floating_point() ? tensor.to(device, dtype_) : tensor.to(device);
}

std::vector<at::Tensor> Interpreter::evaluate(const Node& node, bool depends_on_input,
                                              const std::vector<at::Tensor>& inputs) const {
  throw_if_interrupted();
  OperatorCall call{node, inputs, batch_norm_};
  call.floating = dtype_;
  call.examples = examples_along(inputs, depends_on_input, examples_);
  return shatterproof::evaluate(call);
}

std::string foreign_statistics(const Network& network, const Batch& batch, const RunOptions& options) {
  const int64_t examples = batch.examples();
  const bool in_pieces = mini_batch_size(network.inputs(), options, examples) < examples;
  if (options.batch_norm != BatchStatistics::detached || (batch.statistics_inputs.empty() && !in_pieces))
    return "";
  const std::vector<Node>& nodes = network.nodes();
  if (std::none_of(nodes.begin(), nodes.end(), takes_batch_statistics)) return "";
  return "detached statistics are those of other examples: run all examples at once, or attached, or stored";
}

}  // namespace shatterproof
