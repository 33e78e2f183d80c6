// SPDX-License-Identifier: Apache-2.0
#include "onnx/evaluation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <new>

#include "network/walk.h"
#include "onnx/work_budget.h"
#include "shatterproof/core/error.h"
#include "shatterproof/network/operator_traits.h"

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

int64_t bytes_of(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<int64_t>(tensor.nbytes()) : 0;
}

// What it takes to put a number into its place among all, in numbers copied.
constexpr double kSorting = 32;

bool sorts(const Node& node) {
  return node.op == "TopK" || node.op == "Unique" || node.op == "NonMaxSuppression";
}

}  // namespace

int64_t half_of_memory() {
  return static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<int64_t>(sysconf(_SC_PAGESIZE)) / 2;
}

std::vector<at::Tensor> evaluate_node(const Node& node, std::span<const at::Tensor> inputs,
                                      int64_t byte_limit) {
  constexpr double kWidest = 8;  // bytes per number
  const double numbers = output_bound({node, inputs}), bytes = kWidest * numbers;
  if (!(bytes <= static_cast<double>(byte_limit)))
    reject(title(node), fmt::format("its output must fit into {} bytes", byte_limit),
           "inputs " + shapes(inputs));
  charge_work(sorts(node) ? kSorting * numbers : numbers);
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
  int64_t held = 0;
  const auto note = [&](const std::string& value, const at::Tensor& tensor) {
    held += bytes_of(tensor);
    if (shapes && tensor.defined()) (*shapes)[value] = tensor.sizes().vec();
  };
  double brought = 0;
  for (const at::Tensor& input : inputs) brought += static_cast<double>(input.numel());
  for (const auto& [name, constant] : draft.constants) brought += static_cast<double>(constant.numel());
  allow_work(brought);
  for (size_t i = 0; i < inputs.size(); ++i) {
    walk.set(draft.inputs[i].name, inputs[i]);
    note(draft.inputs[i].name, inputs[i]);
  }
  const auto rule = [&](size_t index, const std::vector<at::Tensor>& read) {
    const std::vector<std::string>& names = draft.nodes[index].outputs;
    std::vector<at::Tensor> results = evaluate_node(draft.nodes[index], read, byte_limit - held);
    for (size_t i = 0; i < names.size() && i < results.size(); ++i) {
      if (!names[i].empty()) note(names[i], results[i]);
    }
    return results;
  };
  for (size_t i = 0; i < draft.nodes.size(); ++i)
    walk.visit(i, rule, [&](const at::Tensor& tensor) { held -= bytes_of(tensor); });
  std::vector<at::Tensor> outputs;
  for (const std::string& value : draft.outputs) outputs.push_back(walk.at(value));
  return outputs;
}

}  // namespace shatterproof
