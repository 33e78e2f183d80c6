// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"

namespace shatterproof {
namespace {

constexpr int64_t kMostShards = 1'000'000;

using Variable = std::function<const char*(const char*)>;

std::optional<int64_t> number_of(const Variable& variable, const std::string& name) {
  const char* text = variable(name.c_str());
  if (text == nullptr) return {};
  const std::optional<int64_t> number = parse_whole_number(text);
  if (!number || *number < 0) reject(name, "must be a whole number from 0", "'" + printable(text) + "'");
  return number;
}

int64_t required(const Variable& variable, const std::string& name, const std::string& beside) {
  const std::optional<int64_t> number = number_of(variable, name);
  if (!number) reject(name, "must be set where " + beside + " is", "nothing");
  return *number;
}

Shard within(int64_t index, int64_t count, const std::string& said_by) {
  if (count < 1 || count > kMostShards || index >= count)
    reject(said_by, "must be one of as many as there are", fmt::format("{} of {}", index, count));
  return {index + 1, count, said_by};
}

// An array is a range where its tasks are as many as lie between the first and the last.
std::optional<Shard> array_task(const Variable& variable) {
  const std::string id = "SLURM_ARRAY_TASK_ID";
  const std::optional<int64_t> task = number_of(variable, id);
  if (!task) return {};
  const int64_t count = required(variable, "SLURM_ARRAY_TASK_COUNT", id);
  const int64_t first = number_of(variable, "SLURM_ARRAY_TASK_MIN").value_or(0);
  const int64_t step = std::max<int64_t>(1, number_of(variable, "SLURM_ARRAY_TASK_STEP").value_or(1));
  if (*task < first || (*task - first) % step != 0 || (*task - first) / step >= count)
    reject(id, "the array must be a range, as --array=1-16", fmt::format("task {} of {}", *task, count));
  if (const std::optional<int64_t> last = number_of(variable, "SLURM_ARRAY_TASK_MAX");
      last && (*last - first) / step + 1 != count)
    reject(id, "the array must be a range, as --array=1-16",
           fmt::format("{} tasks from {} to {}", count, first, *last));
  return within((*task - first) / step, count, id);
}

std::optional<Shard> rank(const Variable& variable) {
  for (const char* launcher : {"OMPI_COMM_WORLD_", "PMI_"}) {
    const std::string name = std::string(launcher) + "RANK";
    if (const std::optional<int64_t> index = number_of(variable, name))
      return within(*index, required(variable, std::string(launcher) + "SIZE", name), name);
  }
  return {};
}

}  // namespace

std::string Shard::text() const {
  return fmt::format("{}/{}", index, count);
}

Shard parse_shard(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<int64_t> index = parse_whole_number(text.substr(0, slash));
  const std::optional<int64_t> count =
      slash == std::string_view::npos ? std::nullopt : parse_whole_number(text.substr(slash + 1));
  if (!index || !count || *count < 1 || *count > kMostShards || *index < 1 || *index > *count)
    reject("--shard", "must be I/N with I from 1 to N, as 3/16", "'" + printable(text) + "'");
  return {*index, *count, ""};
}

std::optional<Shard> shard_of_environment(const Variable& variable) {
  const std::optional<Shard> task = array_task(variable), one = rank(variable);
  if (!task) return one;
  if (!one) return task;
  return within((task->index - 1) * one->count + one->index - 1, task->count * one->count,
                task->said_by + ", " + one->said_by);
}

std::vector<size_t> dealt(std::span<const double> costs, const Shard& shard) {
  std::vector<size_t> order(costs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return costs[a] > costs[b]; });
  std::vector<size_t> own;
  for (size_t i = static_cast<size_t>(shard.index - 1); i < order.size();
       i += static_cast<size_t>(shard.count))
    own.push_back(order[i]);
  return own;
}

}  // namespace shatterproof
