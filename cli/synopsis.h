// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace shatterproof::cli {

/// An option or a word of a command, as its help has it.
struct SynopsisWord {
  std::string name;      ///< "--init"; of a positional word what it stands for, "NETWORK"
  std::string letter;    ///< "-o"; empty without one
  std::string value;     ///< what follows: "SCHEME"; empty of a flag
  std::string sentence;  ///< what it does
};

/// A command, for those who complete it and print it: what its help says.
struct Synopsis {
  std::string verb, sentence;
  std::vector<SynopsisWord> positional, options;
  /// Names of catalogs that its first word may be, and every later one; empty where that is anything.
  std::vector<std::string> first_names, later_names;
};

/// Of every command, in the order of the help; without old words, which the help leaves out too.
std::vector<Synopsis> synopses();

}  // namespace shatterproof::cli
