// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shatterproof/study/training.h"

namespace shatterproof {

/// What must come out of a case: a quantity of its readings beside what is expected of it.
struct StudyClaim {
  /// equals: |measured - expected| <= tolerance. at_least, at_most: on that side of expected, by the
  /// tolerance.
  enum class Relation { equals, at_least, at_most };
  /// changes: how many neighbouring values of a curve differ. excess_times_width: (reading - prediction)
  /// times the network's width, for what finite width adds. block_growth: of gradient_scale_coefficient, its
  /// value at `at` over the one at the next place of the curve, which is what lies between multiplies.
  enum class Quantity { value, changes, excess_times_width, block_growth };

  std::string reading;       ///< a measurement's name
  std::string tap;           ///< of a scalar: where it was read; empty: the only one of that name
  std::optional<double> at;  ///< of a curve: the position on its axis
  Quantity quantity = Quantity::value;
  Relation relation = Relation::equals;

  // One of four says what is expected.
  std::optional<double> expected;
  std::string prediction;  ///< the name of a theory
  std::string than;        ///< the name of another case: the same quantity there
  std::string diluted;     ///< another case: its block growth, as much as the skip's measured dilution leaves

  // How far off a measurement may be: 4 sqrt(se_measured^2 + se_expected^2) unless one of the three is set.
  // A reading that is averaged geometrically is then judged, like a factor, by its logarithm.
  std::optional<double> tolerance;           ///< absolute
  std::optional<double> relative_tolerance;  ///< as a part of |expected|
  std::optional<double> factor;              ///< at most so many times, or so many times less than, expected
  double standard_errors = 4;                ///< the factor above; for inequalities 0 unless set
  double least_relative_tolerance = 0;       ///< the usual tolerance is not below this part of |expected|
  std::optional<double> expected_standard_error;
  double expected_seeds = 0;  ///< networks behind `expected`: its standard error is that of as many of ours
  double digit = 0;        ///< unit of the last digit given of `expected`: uniform rounding adds digit^2 / 12
  std::string provenance;  ///< P printed in the paper, A authors' code, D derived, M measured independently,
                           ///< R reported by others
};

/// Where the gradients of a case come from: one of these.
struct DrawnNetwork {
  std::string family;  ///< with its options; weights are drawn with each seed
};
struct TrainedNetwork {
  std::string family;  ///< likewise; then trained
  StudyTraining training;
};
struct NoiseSeries {
  std::string color;  ///< white or brown: random numbers in place of gradients
};
struct IndependentGates {
  std::string family;  ///< with its options, in the theorems' world
};
using StudySource = std::variant<DrawnNetwork, TrainedNetwork, NoiseSeries, IndependentGates>;

/// The family of a network, drawn or trained; nullptr when there is no network.
const std::string* network_of(const StudySource& source);

/// One network, how it is drawn and run, and what must come out.
struct StudyCase {
  std::string name;
  /// What cases of one name in the file differ in: {"depth", 10}.
  std::map<std::string, double> at;
  std::map<std::string, std::string> choices;  ///< the same of words: {"norm", "batch"}
  std::vector<size_t> cell;  ///< of a case of a sweep, its place on each of Study::axes; else empty
  StudySource source;
  std::string initializer = "he";
  std::string inputs = "gaussian:256";  ///< or images[:COUNT]: a mini-batch of `images` for each seed
  std::string images = "procedural";    ///< where images come from: procedural, or cifar10:FOLDER
  int64_t project = 0;   ///< images to so many numbers, by a random orthogonal map; 0: they are not
  std::string order_by;  ///< of images: a network whose gradients say, by k-means, which stand together
  std::string functional = "sum";
  std::string batch_norm;  ///< empty: what each measurement prefers
  std::string dtype = "float32";
  std::string tap;  ///< see MeasurementOptions
  int64_t seeds = 20;
  bool check = false;  ///< each draw is also checked: see `severity` in docs/studies.md
  std::vector<std::string> measurements;
  std::vector<StudyClaim> claims;

  /// All that the readings of one of its seeds depend on, as TOML: cases with the same key have the same.
  std::string key() const;
};

/// The settings of a case as its file has them, the claims aside: what `parse_study` reads back under
/// [[case]], its name given.
std::string to_toml(const StudyCase& study_case);

/// What the cases of a sweep differ in: an option of the network, or whatever its table names it in.
struct StudyAxis {
  std::string name;
  std::vector<std::string> values;  ///< as they are written in a spec
};

/// A study on purpose run wrong: what its claims must notice.
struct StudyMutation {
  std::string name;  ///< what is wrong: "beta 0.5 in place of 1"
  /// Names of the cases it changes, without their depth; empty: every case that the change is a change of.
  std::vector<std::string> cases;
  std::string options;   ///< options of the case's network or gates, `beta=0.5`, in place of its own
  std::string like;      ///< another case, whose network and settings take the place of the case's own
  std::string settings;  ///< what else replaces settings of the case, as TOML
};

/// A published figure or table as data: cases and claims.
struct Study {
  std::string name;             ///< "shattered_gradients/figure_2"
  std::string title;            ///< what it shows, one line
  std::string reference;        ///< where it was published
  std::string note;             ///< what a reader has to know of it; may be empty
  std::vector<StudyAxis> axes;  ///< of its table [sweep], in the order of the file; empty without
  std::vector<StudyCase> cases;
  std::vector<StudyMutation> mutations;
};

/// Reads a study from TOML text as docs/studies.md has it; `quick` applies its table [quick]. A case with a
/// list of depths becomes one case for each, a table [sweep] one for each combination of its axes.
///
/// Throws IoError when the text is no TOML, std::invalid_argument "study NAME: rule; got x" on an unknown or
/// missing key, a value of the wrong type or out of range, and a claim about a measurement or case that the
/// study does not have.
Study parse_study(std::string_view toml, const std::string& name, bool quick);

}  // namespace shatterproof
