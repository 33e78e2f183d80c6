// SPDX-License-Identifier: Apache-2.0
#include "study/trial_store.h"

#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"
#include "shatterproof/results/reader.h"
#include "shatterproof/results/writer.h"

namespace shatterproof {

namespace fs = std::filesystem;

namespace {

std::string name_of(const std::string& computed_by, const std::string& key, uint64_t seed) {
  return fmt::format("{:016x}.jsonl", hash_name(fmt::format("{}\n{}seed = {}", computed_by, key, seed)));
}

}  // namespace

TrialStore::TrialStore(fs::path folder, std::string computed_by)
    : folder_(std::move(folder)), computed_by_(std::move(computed_by)) {}

std::vector<std::string> TrialStore::names_of(const StudyCase& study_case) const {
  const std::string key = study_case.key();
  std::vector<std::string> names;
  for (int64_t seed = 1; seed <= trial_count(study_case); ++seed)
    names.push_back(name_of(computed_by_, key, static_cast<uint64_t>(seed)));
  return names;
}

std::string TrialStore::failed(const std::string& name) {
  return name + ".failed";
}

fs::path TrialStore::file_of(const StudyCase& study_case, uint64_t seed) const {
  return folder_ / name_of(computed_by_, study_case.key(), seed);
}

bool TrialStore::has_file(const StudyCase& study_case, uint64_t seed) const {
  std::error_code missing;
  return !folder_.empty() && fs::exists(file_of(study_case, seed), missing);
}

std::optional<StudyTrial> TrialStore::read(const StudyCase& study_case, uint64_t seed,
                                           const fs::path& file) const {
  std::error_code missing;
  if (!fs::exists(file, missing)) return {};
  try {
    Results kept = read_results(file.string());
    const ContextRecord& context = kept.context;
    if (context.version != computed_by_ || context.note != study_case.key() || context.seed != seed)
      return {};
    if (kept.coverage.size() != 1) return {};
    return StudyTrial{std::move(kept.readings), std::move(kept.coverage.front()), std::move(kept.findings)};
  } catch (const IoError&) {
    return {};
  }
}

void TrialStore::write(const StudyCase& study_case, uint64_t seed, const StudyTrial& trial,
                       const fs::path& file) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error)
    throw IoError(
        fmt::format("{}: cannot make the folder: {}", printable(folder_.string()), error.message()));
  ResultsWriter writer(file.string());
  writer.write(ContextRecord{.version = computed_by_, .seed = seed, .note = study_case.key()});
  for (const Reading& reading : trial.readings) writer.write(reading);
  for (const Finding& finding : trial.findings) writer.write(finding);
  writer.write(trial.coverage);
  writer.close();
}

std::optional<StudyTrial> TrialStore::find(const StudyCase& study_case, uint64_t seed) const {
  if (folder_.empty()) return {};
  return read(study_case, seed, file_of(study_case, seed));
}

StudyTrial TrialStore::keep(const StudyCase& study_case, uint64_t seed, StudyTrial trial) const {
  if (folder_.empty()) return trial;
  const fs::path file = file_of(study_case, seed);
  write(study_case, seed, trial, file);
  std::error_code ignored;
  fs::remove(failed(file.string()), ignored);
  // A results file rounds matrices: a run that is not interrupted shall see what one that goes on will see.
  return read(study_case, seed, file).value_or(std::move(trial));
}

void TrialStore::keep_failure(const StudyCase& study_case, uint64_t seed, const std::string& reason) const {
  StudyTrial nothing;
  nothing.coverage.skipped.push_back({fmt::format("seed {}", seed), reason});
  write(study_case, seed, nothing, failed(file_of(study_case, seed).string()));
}

std::optional<std::string> TrialStore::failure(const StudyCase& study_case, uint64_t seed) const {
  if (folder_.empty()) return {};
  const std::optional<StudyTrial> nothing =
      read(study_case, seed, failed(file_of(study_case, seed).string()));
  if (!nothing || nothing->coverage.skipped.size() != 1) return {};
  return nothing->coverage.skipped.front().reason;
}

void TrialStore::forget(const StudyCase& study_case) const {
  if (folder_.empty()) return;
  std::error_code ignored;  // what stays behind harms nobody
  for (int64_t seed = 1; seed <= trial_count(study_case); ++seed)
    fs::remove(file_of(study_case, static_cast<uint64_t>(seed)), ignored);
  fs::remove(folder_, ignored);
}

}  // namespace shatterproof
