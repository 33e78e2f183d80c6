// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "shatterproof/network/layer.h"
#include "shatterproof/network/operator.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {

/// A node with its values looked up.
struct Step {
  Node node;  // its own copy: casts and constants follow the run's floating type
  const Operator* row = nullptr;
  std::vector<int> inputs;     // slots, -1 for an optional input left out
  std::vector<int> outputs;    // slots, -1 for an output nobody reads
  std::vector<int> last_uses;  // slots that nothing later reads
  std::vector<size_t> taps;
  size_t tapped_output = 0;  // what its taps see
  int pre_activation = -1;   // slot of what enters the composite that it ends; its taps see that alone
  int64_t batch_axis = 0;    // of that output
  bool depends_on_input = false;
  bool is_embedding = false;  // makes numbers of token ids: derivatives start here
};

/// Everything about a network's execution that does not change from batch to batch.
struct Execution::Plan {
  Plan(const Network& network, const RunOptions& options);

  RunOptions options;
  at::Device device;
  std::vector<Input> inputs;
  std::vector<int> input_slots;
  std::vector<std::vector<size_t>> input_taps;  // per input, of the input itself
  std::vector<Step> steps;
  std::vector<int> output_slots;
  std::vector<std::string> output_names;
  std::vector<at::Tensor> slots;  // parameters filled in, the rest empty between runs
  std::vector<Tap> taps;
  std::vector<MomentsOverBatch> statistics;  // per step, under `detached`
  bool holds_statistics = false;
  Coverage coverage;
  std::vector<std::string> trainable;  // parameters, in the network's order
  const Dropout* dropout = nullptr;    // while a training step runs

  at::Tensor& value_of(const std::string& parameter) {
    return slots[static_cast<size_t>(slot_numbers_.at(parameter))];
  }

 private:
  int slot_of(const std::string& value);
  void load_parameters(const Network& network);
  void add_steps(const Network& network, const Structure& structure);
  void find_outputs(const Network& network);
  void find_tapped_outputs(const Network& network);
  void find_last_uses();
  void place_taps(const Network& network, const Structure& structure);
  void place_layer_taps(const Structure& structure, std::vector<Tap>& placed) const;
  std::vector<bool> bypassed_nodes(const Network& network, const Structure& structure) const;
  void cover(const Network& network, const Structure& structure);

  std::unordered_map<std::string, int> slot_numbers_;
};

}  // namespace shatterproof
