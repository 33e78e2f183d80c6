// SPDX-License-Identifier: Apache-2.0
#include "train/fingerprint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

uint64_t hash_bytes(const at::Tensor& tensor) {
  const at::Tensor values = tensor.contiguous();
  return hash_name({static_cast<const char*>(values.data_ptr()), values.nbytes()});
}

}  // namespace

std::string fingerprint(const Network& network) {
  std::string text;
  for (const Node& node : network.nodes())
    text += fmt::format("{}({})->{};", node.op, fmt::join(node.inputs, ","), fmt::join(node.outputs, ","));
  for (const Parameter& parameter : network.parameters())
    text += fmt::format("{}[{}];", parameter.name, fmt::join(parameter.value.sizes(), ","));
  return fmt::format("a network of {} nodes and {} parameters, {:016x}", network.nodes().size(),
                     network.parameter_count(), hash_name(text));
}

std::string fingerprint(const Batch& examples) {
  return fmt::format("{} examples, {:016x}", examples.examples(),
                     hash_bytes(examples.labels) ^ hash_bytes(examples.inputs.front().narrow(0, 0, 1)));
}

}  // namespace shatterproof
