// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shatterproof {

/// A part of an explanation under a title of its own.
struct Passage {
  std::string title;  ///< "what healthy looks like"
  /// Plain text. A line that begins with a space is set as it is; any other is a paragraph.
  std::vector<std::string> lines;
};

/// What there is to say of a name: its record, and what the documents say of it.
struct Explanation {
  std::string kind;  ///< "measurement", "finding", "option of the command line"
  std::string name;
  std::string sentence;  ///< what it is
  std::vector<Passage> passages;
};

/// Everything that bears the name, of every catalog, option and word: "norm" is an option of several
/// families. Of a spec, "residual:depth=5", what stands before the colon. The records are read as they are,
/// the documents as they were when the library was built.
///
/// Throws std::invalid_argument on a name that nothing bears, saying up to three that are near.
std::vector<Explanation> explain(std::string_view name);

/// Every name that `explain` knows, sorted, each once.
std::vector<std::string> explained_names();

}  // namespace shatterproof
