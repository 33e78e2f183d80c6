// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "study/trial.h"

namespace shatterproof {

/// Finished trials, a file for each, so that a study which was interrupted or killed goes on from there.
///
/// A file belongs to what its trial is made of: the case's key, the seed, and the program that computes. It
/// says so itself, and one that says otherwise, or is no whole results file, is not used.
class TrialStore {
 public:
  /// `computed_by` tells programs apart that may compute otherwise: see `source_hash`. An empty folder keeps
  /// nothing.
  TrialStore(std::filesystem::path folder, std::string computed_by);

  std::optional<StudyTrial> find(const StudyCase& study_case, uint64_t seed) const;
  /// Keeps the trial, under a temporary name until it is whole, and returns what `find` gives from now on.
  /// Throws IoError when it cannot be written.
  StudyTrial keep(const StudyCase& study_case, uint64_t seed, StudyTrial trial) const;
  /// Keeps why the trial could not be made; what `keep` keeps later takes its place.
  void keep_failure(const StudyCase& study_case, uint64_t seed, const std::string& reason) const;
  /// Why; empty when no failure is kept.
  std::optional<std::string> failure(const StudyCase& study_case, uint64_t seed) const;
  /// Whether there is a file of the trial's name, which is all that a glance at many can tell.
  bool has_file(const StudyCase& study_case, uint64_t seed) const;
  /// The names of the files of all its trials, by seed, and of a trial's failure.
  std::vector<std::string> names_of(const StudyCase& study_case) const;
  static std::string failed(const std::string& name);
  /// Removes what is kept of the case; the folder, too, when nothing else is in it.
  void forget(const StudyCase& study_case) const;

 private:
  std::filesystem::path file_of(const StudyCase& study_case, uint64_t seed) const;
  std::optional<StudyTrial> read(const StudyCase& study_case, uint64_t seed,
                                 const std::filesystem::path& file) const;
  void write(const StudyCase& study_case, uint64_t seed, const StudyTrial& trial,
             const std::filesystem::path& file) const;

  std::filesystem::path folder_;
  std::string computed_by_;
};

}  // namespace shatterproof
