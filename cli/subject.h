// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "shatterproof/network/network.h"

namespace shatterproof::cli {

/// The network that a command is about.
struct Subject {
  Network network;          ///< a family's weights are zero until drawn
  std::string description;  ///< as it was named on the command line
  bool from_file = false;
  bool folded = false;             ///< a file that lost its normalization
  int64_t fixed_batch = 0;         ///< examples per run when the file allows no other number, else 0
  std::vector<std::string> notes;  ///< what the import dropped, changed or rounded
  std::optional<Network> initial;  ///< what it was before training, when that was named
};

/// Reads NETWORK: a family spec, or the path of an ONNX file. Throws std::invalid_argument or IoError.
Subject load_subject(const Arguments& arguments);

/// How the subject's weights come about.
struct Draws {
  std::string scheme;  ///< empty: the file's own weights
  uint64_t first_seed = 1;
  int64_t count = 1;
};

/// Reads --init, --seeds and --seed. Throws std::invalid_argument when a file that lost its normalization
/// would get new weights without --as-is, with the recipe that keeps it.
Draws draws_of(const Subject& subject, const Arguments& arguments);

/// The subject's network as `seed` draws it, or with the file's own weights. Appends notes of the
/// initializer.
Network drawn_network(const Subject& subject, const Draws& draws, uint64_t seed,
                      std::vector<std::string>* notes);

}  // namespace shatterproof::cli
