// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/results/remedy.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// A source and its examples after a change. What was changed in place is put back when this goes.
class Altered {
 public:
  virtual ~Altered() = default;
  virtual TapSource& source() = 0;
  virtual const Batch& batch() const = 0;
};

/// Makes the change that a remedy speaks of in what is examined; nothing where it cannot be made.
using Altering = std::function<std::unique_ptr<Altered>(const Remedy&)>;

/// The network after the change that a remedy speaks of, see remedy/apply.h; nothing where it cannot be made.
std::unique_ptr<Altered> altered(const Network& network, const Batch& batch, const Remedy& remedy,
                                 uint64_t seed, const RunOptions& run);

/// The same of a source whose graph has the numbers of its parameters and that runs with others, or
/// rewritten, when told to. The source must outlive it.
std::unique_ptr<Altered> altered(TapSource& source, const Batch& batch, const Remedy& remedy, uint64_t seed);

}  // namespace shatterproof
