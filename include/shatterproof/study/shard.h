// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof {

/// One of `count` equal shares of a sweep's units, counted from 1.
struct Shard {
  int64_t index = 1;
  int64_t count = 1;
  std::string said_by;  ///< the variables of the environment that say so; empty: somebody did

  bool is_whole() const { return count == 1; }
  std::string text() const;  ///< "3/16"
};

/// Reads "3/16". Throws std::invalid_argument "--shard: rule; got x".
Shard parse_shard(std::string_view text);

/// What the environment says: the tasks of a Slurm array (SLURM_ARRAY_TASK_ID, _COUNT, _MIN, _STEP, which
/// must make a range), the ranks of an MPI launcher (OMPI_COMM_WORLD_RANK and _SIZE, else PMI_RANK and
/// PMI_SIZE), or ranks within each task of an array. Empty where it says nothing.
///
/// `variable` is std::getenv or what stands for it. Throws std::invalid_argument naming a variable that is no
/// number, is missing beside another, or out of range.
std::optional<Shard> shard_of_environment(const std::function<const char*(const char*)>& variable);

/// The positions in `costs` that are the shard's, in their order: the longest first, dealt round, so that
/// shards differ by at most the longest unit. Every position is in one shard.
std::vector<size_t> dealt(std::span<const double> costs, const Shard& shard);

}  // namespace shatterproof
