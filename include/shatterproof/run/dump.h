// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "shatterproof/network/network.h"
#include "shatterproof/run/tap.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// Writes what passes every tap of a run of one mini-batch into a folder: docs/taps_format.md is its
/// contract.
///
/// Memory: nothing is kept but names. Disk: the batch at every tap, twice.
class TapDump : public Observer {
 public:
  /// Makes the folder. Throws IoError when it cannot be made or is not empty.
  explicit TapDump(const std::filesystem::path& folder);
  ~TapDump() override;

  void begin(const RunContext& context) override;
  bool wants_forward(const Tap&) const override { return true; }
  bool wants_backward(const Tap&) const override { return true; }
  void observe(const ForwardTap& tap) override;
  void observe(const BackwardTap& tap) override;

  /// Writes weights/, context.json and last taps.json, without which a folder is no dump.
  /// `statistics_inputs`: see Batch; whose statistics the run held, if others than those of the batch that
  /// was run. Throws IoError.
  void close(const Network& network, const std::vector<at::Tensor>& statistics_inputs = {});

 private:
  struct Rows;
  std::filesystem::path folder_;
  std::unique_ptr<Rows> rows_;
};

/// A dump as a source: every run shows to observers what was recorded, every tap forward in order, every
/// gradient in reverse order. Throws IoError when the folder is no dump, a run also when its arrays do not
/// fit together.
std::unique_ptr<TapSource> dump_source(const std::filesystem::path& folder);

}  // namespace shatterproof
