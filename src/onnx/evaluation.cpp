// SPDX-License-Identifier: Apache-2.0
#include "onnx/evaluation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <new>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

std::string shapes(std::span<const at::Tensor> tensors) {
  std::vector<std::string> texts;
  for (const at::Tensor& tensor : tensors)
    texts.push_back(tensor.defined() ? fmt::format("[{}]", fmt::join(tensor.sizes(), ", ")) : "nothing");
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

int64_t half_of_memory() {
  return static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<int64_t>(sysconf(_SC_PAGESIZE)) / 2;
}

std::vector<at::Tensor> evaluate_node(const Node& node, std::span<const at::Tensor> inputs,
                                      int64_t byte_limit) {
  constexpr double kWidest = 8;  // bytes per number
  const double bytes = kWidest * output_bound(node, inputs);
  if (!(bytes <= static_cast<double>(byte_limit)))
    reject(title(node), fmt::format("its output must fit into {} bytes", byte_limit),
           "inputs " + shapes(inputs));
  const at::NoGradGuard no_gradients;
  std::vector<at::Tensor> outputs;
  try {
    outputs = operator_of(node).run({node, inputs, BatchStatistics::stored});
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{}: {}", title(node), first_line(error.what())));
  } catch (const c10::Error& error) {
    reject(title(node), first_line(error.what_without_backtrace()), "inputs " + shapes(inputs));
  } catch (const std::bad_alloc&) {
    reject(title(node), "its output must fit into memory", "inputs " + shapes(inputs));
  } catch (const std::exception& error) {  // LibTorch refuses some shapes with a plain runtime_error
    reject(title(node), first_line(error.what()), "inputs " + shapes(inputs));
  }
  for (size_t i = outputs.size(); i < node.outputs.size(); ++i) {
    if (!node.outputs[i].empty())
      reject(title(node), fmt::format("has {} output(s) here", outputs.size()),
             fmt::format("'{}'", node.outputs[i]));
  }
  return outputs;
}

std::vector<at::Tensor> inputs_of(const Node& node, const Values& values, const Values& constants) {
  std::vector<at::Tensor> inputs;
  for (const std::string& value : node.inputs) {
    if (value.empty()) {
      inputs.emplace_back();
    } else if (const auto found = values.find(value); found != values.end()) {
      inputs.push_back(found->second);
    } else {
      inputs.push_back(constants.at(value));
    }
  }
  return inputs;
}

std::unordered_map<std::string, int64_t> read_counts(const GraphDraft& draft) {
  std::unordered_map<std::string, int64_t> readers;
  for (const Node& node : draft.nodes) {
    for (const std::string& value : node.inputs) ++readers[value];
  }
  for (const std::string& value : draft.outputs) ++readers[value];
  return readers;
}

int64_t release(const Node& node, std::unordered_map<std::string, int64_t>& readers, Values& values) {
  int64_t bytes = 0;
  for (const std::string& value : node.inputs) {
    if (--readers[value] > 0) continue;
    if (const auto found = values.find(value); found != values.end()) {
      bytes += static_cast<int64_t>(found->second.nbytes());
      values.erase(found);
    }
  }
  return bytes;
}

std::vector<at::Tensor> evaluate(const GraphDraft& draft, const std::vector<at::Tensor>& inputs,
                                 int64_t byte_limit, Shapes* shapes) {
  Values values;
  int64_t held = 0;
  const auto note_shape = [&](const std::string& value, const at::Tensor& tensor) {
    if (shapes) (*shapes)[value] = tensor.sizes().vec();
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    values.emplace(draft.inputs[i].name, inputs[i]);
    held += static_cast<int64_t>(inputs[i].nbytes());
    note_shape(draft.inputs[i].name, inputs[i]);
  }
  auto readers = read_counts(draft);
  for (const Node& node : draft.nodes) {
    throw_if_interrupted();
    const std::vector<at::Tensor> results =
        evaluate_node(node, inputs_of(node, values, draft.constants), byte_limit - held);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (readers[node.outputs[i]] == 0 || node.outputs[i].empty()) continue;
      values[node.outputs[i]] = results[i];
      held += static_cast<int64_t>(results[i].nbytes());
      note_shape(node.outputs[i], results[i]);
    }
    held -= release(node, readers, values);
  }
  std::vector<at::Tensor> outputs;
  for (const std::string& value : draft.outputs)
    outputs.push_back(values.contains(value) ? values.at(value) : draft.constants.at(value));
  return outputs;
}

}  // namespace shatterproof
