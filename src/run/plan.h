// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "shatterproof/network/layer.h"
#include "shatterproof/network/operator.h"
#include "shatterproof/run/execution.h"
#include "shatterproof/run/taps.h"

namespace shatterproof {

/// A node with its values looked up.
struct Step {
  Node node;  // its own copy: casts and constants follow the run's floating type
  const Operator* row = nullptr;
  std::vector<int> inputs;     // slots, -1 for an optional input left out
  std::vector<int> outputs;    // slots, -1 for an output nobody reads
  std::vector<int> last_uses;  // slots that nothing later reads
  size_t tapped_output = 0;    // what its taps see
  int64_t batch_axis = 0;      // of that output
  int pre_activation = -1;     // slot of what enters the composite that it ends; its taps see that alone
  bool depends_on_input = false;
  bool is_embedding = false;  // makes numbers of token ids: derivatives start here
};

/// Where a network ends, and which taps lie on the way.
struct Ending {
  std::vector<int> output_slots;
  std::vector<std::string> output_names;
  std::vector<Tap> taps;
  std::vector<std::vector<size_t>> taps_of_step;   // indices of taps
  std::vector<std::vector<size_t>> taps_of_input;  // those of the input itself
};

/// Examples along axis 0 of a node's first input; 0 where the node does not carry all of them there.
int64_t examples_along(std::span<const at::Tensor> inputs, bool depends_on_input, int64_t examples);

struct Plan {
  Plan(const Network& network, const RunOptions& options);

  /// `probe`, `logit` and `loss` speak of what enters a final softmax.
  const Ending& ending(const Functional& functional) const {
    return wants_logits(functional) ? logits_ : outputs_;
  }

  at::ScalarType dtype;
  at::Device device;
  std::vector<Input> inputs;
  std::vector<int> input_slots;
  std::vector<Step> steps;
  std::vector<at::Tensor> slots;  // parameters filled in, the rest empty
  CoverageRecord coverage;
  std::vector<std::string> trainable;  // parameters, in the network's order

  size_t slot_number(const std::string& parameter) const {
    return static_cast<size_t>(slot_numbers_.at(parameter));
  }

 private:
  int slot_of(const std::string& value);
  void load_parameters(const Network& network);
  void add_steps(const Network& network, const Structure& structure);
  Ending ending_of(const Network& network, const Structure& structure, const TapPlacement& placement);
  void find_tapped_outputs(const Network& network);
  void find_last_uses();
  void cover(const Structure& structure);

  Ending outputs_, logits_;
  std::unordered_map<std::string, int> slot_numbers_;
};

}  // namespace shatterproof
