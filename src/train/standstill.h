// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "shatterproof/network/network.h"
#include "shatterproof/run/tap.h"
#include "shatterproof/train/awakening.h"

namespace shatterproof {

/// Looks, over a forward pass with every node, for the first node that stands still: what enters differs
/// between examples, what it gives does not, or by rounding alone where it takes means or sums.
class StandstillSearch : public Observer {
 public:
  explicit StandstillSearch(const Network& network);

  bool wants_forward(const Tap& tap) const override { return !tap.op.empty(); }
  void observe(const ForwardTap& tap) override;
  using Observer::observe;

  const std::optional<SignalEnd>& first() const { return first_; }
  /// Whether some output of the network differs between examples by more than what rounding leaves behind
  /// such a node.
  bool outputs_differ() const { return outputs_differ_; }

 private:
  std::optional<DeathCause> cause_at(const Tap& tap, const at::Tensor& y) const;
  bool keeps_nothing(const Node& node, const at::Tensor& y) const;
  std::optional<double> entering_at(const Node& node) const;

  const Network& network_;
  std::map<std::string, double> spreads_;  // of values that differ between examples; an input's: not known
  std::optional<SignalEnd> first_;
  double entering_ = 0;  // largest spread of what enters the first
  bool outputs_differ_ = false;
};

}  // namespace shatterproof
