// SPDX-License-Identifier: Apache-2.0
#include "onnx/evaluation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <new>

#include "network/walk.h"
#include "shatterproof/core/error.h"
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

int64_t bytes_of(const Values& values) {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : values)
    bytes += tensor.defined() ? static_cast<int64_t>(tensor.nbytes()) : 0;
  return bytes;
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

std::vector<at::Tensor> evaluate(const GraphDraft& draft, const std::vector<at::Tensor>& inputs,
                                 int64_t byte_limit, Shapes* shapes) {
  Walk<at::Tensor> walk(draft.nodes, draft.outputs, draft.constants);
  const auto note_shape = [&](const std::string& value, const at::Tensor& tensor) {
    if (shapes && !value.empty() && tensor.defined()) (*shapes)[value] = tensor.sizes().vec();
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    walk.set(draft.inputs[i].name, inputs[i]);
    note_shape(draft.inputs[i].name, inputs[i]);
  }
  walk.run([&](size_t index, const std::vector<at::Tensor>& read) {
    const Node& node = draft.nodes[index];
    std::vector<at::Tensor> results = evaluate_node(node, read, byte_limit - bytes_of(walk.values()));
    for (size_t i = 0; i < node.outputs.size() && i < results.size(); ++i)
      note_shape(node.outputs[i], results[i]);
    return results;
  });
  std::vector<at::Tensor> outputs;
  for (const std::string& value : draft.outputs) outputs.push_back(walk.at(value));
  return outputs;
}

}  // namespace shatterproof
