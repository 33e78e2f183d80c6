// SPDX-License-Identifier: Apache-2.0
#include "experiment/state_reads.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "experiment/jacobian.h"

namespace shatterproof {
namespace {

// Whether a gradient is there at each element of the sequence, for one direction: [steps].
std::vector<bool> is_read(const std::vector<at::Tensor>& gradients, bool batch_first,
                          const Recurrence& recurrence) {
  // [steps, directions, batch, units], or [batch, steps, directions, units].
  const at::Tensor all = gradients[0].select(batch_first ? 2 : 1, recurrence.direction);
  const at::Tensor per_step = all.abs().amax(batch_first ? at::IntArrayRef{0, 2} : at::IntArrayRef{1, 2});
  std::vector<bool> read;
  for (int64_t t = 0; t < per_step.size(0); ++t) read.push_back(per_step[t].item<double>() != 0);
  const size_t last = recurrence.is_reverse ? 0 : read.size() - 1;
  for (size_t i = 1; i < gradients.size(); ++i) {
    const at::Tensor state = gradients[i].select(batch_first ? 1 : 0, recurrence.direction);
    if (state.abs().max().item<double>() != 0) read[last] = true;
  }
  return read;
}

}  // namespace

void StateReads::add(const GraphRun& run, uint64_t seed) {
  if (directions_.front().is_unrolled()) {
    reads_.front() = reads_of_products(directions_.front().nodes);
    return;
  }
  const size_t index = directions_.front().nodes[0];
  std::vector<at::Tensor> outputs, factors;
  for (const at::Tensor& output : run.outputs()) {
    if (!output.requires_grad()) continue;
    const std::string name = fmt::format("state_reads.{}", outputs.size());
    factors.push_back(gaussian_rows(name, seed, 1, output.numel()).to(output.options()).view(output.sizes()));
    outputs.push_back(output);
  }
  if (outputs.empty()) return;
  const std::vector<at::Tensor> found = gradients(outputs, factors, run.at(index).outputs);
  for (size_t d = 0; d < directions_.size(); ++d) {
    const std::vector<bool> read = is_read(found, run.at(index).is_batch_first, directions_[d]);
    reads_[d].resize(read.size());
    for (size_t t = 0; t < read.size(); ++t) reads_[d][t] = reads_[d][t] || read[t];
  }
}

// A step is read where an output is reached from its product on a way that leaves the next product out.
std::vector<bool> StateReads::reads_of_products(const std::vector<size_t>& products) const {
  std::unordered_map<std::string, std::vector<size_t>> consumers;
  for (size_t i = products.front(); i < network_.nodes().size(); ++i) {
    for (const std::string& value : network_.nodes()[i].inputs) consumers[value].push_back(i);
  }
  const std::set<std::string> outputs(network_.outputs().begin(), network_.outputs().end());
  const auto is_output_reached = [&](size_t from, size_t avoided) {
    std::set<size_t> front = {from}, seen = {avoided};
    while (!front.empty()) {
      const size_t at = *front.begin();
      front.erase(front.begin());
      if (!seen.insert(at).second) continue;
      for (const std::string& value : network_.nodes()[at].outputs) {
        if (outputs.contains(value)) return true;
        const auto next = consumers.find(value);
        if (next != consumers.end()) front.insert(next->second.begin(), next->second.end());
      }
    }
    return false;
  };
  std::vector<bool> read;
  for (size_t t = 0; t < products.size(); ++t)
    read.push_back(
        is_output_reached(products[t], t + 1 < products.size() ? products[t + 1] : network_.nodes().size()));
  return read;
}

std::optional<int64_t> StateReads::span() const {
  const size_t steps = reads_.front().size();
  std::vector<std::optional<int64_t>> nearest(steps);
  for (size_t d = 0; d < directions_.size(); ++d) {
    std::optional<int64_t> distance;  // to the next step read, walking from the last step to the first
    for (size_t k = 0; k < steps; ++k) {
      const size_t t = directions_[d].is_reverse ? k : steps - 1 - k;
      if (distance) ++*distance;
      if (reads_[d][t]) distance = 0;
      if (distance && (!nearest[t] || *distance < *nearest[t])) nearest[t] = distance;
    }
  }
  if (steps == 0 || std::find(nearest.begin(), nearest.end(), std::nullopt) != nearest.end()) return {};
  return **std::max_element(nearest.begin(), nearest.end());
}

}  // namespace shatterproof
