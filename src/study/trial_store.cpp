// SPDX-License-Identifier: Apache-2.0
#include "study/trial_store.h"

#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"
#include "shatterproof/results/reader.h"
#include "shatterproof/results/writer.h"

namespace shatterproof {

namespace fs = std::filesystem;

TrialStore::TrialStore(fs::path folder, std::string computed_by)
    : folder_(std::move(folder)), computed_by_(std::move(computed_by)) {}

fs::path TrialStore::file_of(const StudyCase& study_case, uint64_t seed) const {
  const std::string made_of = fmt::format("{}\n{}seed = {}", computed_by_, study_case.key(), seed);
  return folder_ / fmt::format("{:016x}.jsonl", hash_name(made_of));
}

std::optional<StudyTrial> TrialStore::find(const StudyCase& study_case, uint64_t seed) const {
  if (folder_.empty()) return {};
  const fs::path file = file_of(study_case, seed);
  std::error_code missing;
  if (!fs::exists(file, missing)) return {};
  try {
    Results kept = read_results(file.string());
    const ContextRecord& context = kept.context;
    if (context.version != computed_by_ || context.note != study_case.key() || context.seed != seed)
      return {};
    if (kept.coverage.size() != 1) return {};
    return StudyTrial{std::move(kept.readings), std::move(kept.coverage.front())};
  } catch (const IoError&) {
    return {};
  }
}

StudyTrial TrialStore::keep(const StudyCase& study_case, uint64_t seed, StudyTrial trial) const {
  if (folder_.empty()) return trial;
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error)
    throw IoError(
        fmt::format("{}: cannot make the folder: {}", printable(folder_.string()), error.message()));
  ResultsWriter writer(file_of(study_case, seed).string());
  writer.write(ContextRecord{.version = computed_by_, .seed = seed, .note = study_case.key()});
  for (const Reading& reading : trial.readings) writer.write(reading);
  writer.write(trial.coverage);
  writer.close();
  // A results file rounds matrices: a run that is not interrupted shall see what one that goes on will see.
  return find(study_case, seed).value_or(std::move(trial));
}

void TrialStore::forget(const StudyCase& study_case) const {
  if (folder_.empty()) return;
  std::error_code ignored;  // what stays behind harms nobody
  for (int64_t seed = 1; seed <= trial_count(study_case); ++seed)
    fs::remove(file_of(study_case, static_cast<uint64_t>(seed)), ignored);
  fs::remove(folder_, ignored);
}

}  // namespace shatterproof
