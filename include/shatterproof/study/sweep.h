// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shatterproof/study/reproduction.h"

namespace shatterproof {

/// One seed of one case: what is run, kept and dealt out as one.
struct SweepUnit {
  int64_t number = 1;     ///< from 1, in the order of cases and seeds
  size_t case_index = 0;  ///< in Study::cases
  uint64_t seed = 1;
  double seconds =
      0;  ///< that it takes on one thread, roughly: from its operations, the same on every machine
};

/// How far a call of `Sweep::run` has come.
struct SweepProgress {
  int64_t units = 0;        ///< that it was given
  int64_t kept = 0;         ///< of these, what others or earlier calls have made
  int64_t made = 0;         ///< by this call
  int64_t failed = 0;       ///< in this call
  int64_t elsewhere = 0;    ///< units that other workers run, looked up every few seconds
  double seconds_left = 0;  ///< by the clock, from how long units took so far
  double seconds = 0;       ///< by the clock, since it began

  bool is_done() const { return kept + made == units; }
};

/// A unit that could not be run.
struct FailedUnit {
  int64_t number = 1;
  std::string case_name;
  uint64_t seed = 1;
  std::string reason;
};

/// How far a sweep has come, on all machines together.
struct SweepStatus {
  int64_t units = 0, done = 0, failed = 0;
  int64_t foreign = 0;                ///< files of another build or of other settings, which do not count
  int64_t workers = 0;                ///< that were heard of within the last minute
  int64_t running = 0;                ///< units that these run now
  std::vector<std::string> machines;  ///< that they run on, each once
  double seconds_left = 0;            ///< by the clock with these workers; with none, of work on one thread

  bool is_done() const { return done == units; }
};

struct SweepOptions {
  std::filesystem::path folder;       ///< which all that work on the sweep share
  std::string images = "procedural";  ///< see StudyCase::images
};

/// A study run by any number of processes, on any number of machines, that share nothing but a folder.
///
/// Each unit is a file of its own in `units/`, written beside its name and renamed: whoever runs a unit
/// writes the same bytes, whatever its number of threads. Its name and its first line say what it is made of:
/// the settings of its case, the seed, and the sources that the library was built from. A file that says
/// otherwise is not used. There are no locks. `workers/` says who was last heard of when.
class Sweep {
 public:
  /// A study's own name stands for its file's path. Throws std::invalid_argument when a case asks for what
  /// does not exist; see `reproduce`. Of a table [sweep] this is tried once for each value of an axis: what
  /// only a combination asks for fails as a unit.
  Sweep(Study study, SweepOptions options);
  ~Sweep();
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;

  const Study& study() const;
  const std::vector<SweepUnit>& units() const;
  /// The units of the list, by their positions in `units()`.
  std::vector<double> costs() const;

  /// Runs those units, by their positions in `units()`, of which nothing is kept, on up to `threads` threads,
  /// each unit on one. One that fails is kept as failed, with the reason in one line, and tried again by the
  /// next call; the others go on. `share` says in `workers/` what this call does: "3/16".
  ///
  /// `progress` is called before the first unit and after each, by one thread at a time. Throws IoError when
  /// the folder cannot be written, Interrupted on Ctrl-C: what is finished stays.
  SweepProgress run(const std::vector<size_t>& positions, int threads, const std::string& share,
                    const std::function<void(const SweepProgress&)>& progress = {});

  /// By the names of files alone: quick with tens of thousands of units.
  SweepStatus status() const;
  /// Why units failed, at most `most` of them, in their order.
  std::vector<FailedUnit> failures(size_t most) const;

  /// Reads every unit and judges the claims: the same whoever ran which unit, without date, command and
  /// threads. A case's failed seeds are in its coverage, with the reasons. Throws IoError that says how many
  /// when units are neither done nor failed.
  Reproduction merge(int threads) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shatterproof
