// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <span>
#include <string>

namespace shatterproof::cli {

/// Exit codes of every command.
inline constexpr int kHealthy = 0;
inline constexpr int kFindings = 1;       ///< findings at or above --fail-on
inline constexpr int kBadInput = 2;       ///< wrong usage or unreadable input
inline constexpr int kInterrupted = 130;  ///< Ctrl-C, as shells say it

/// Runs `shatterproof words...` and returns its exit code. Data go to `out`; talk, progress and errors to
/// `err`.
///
/// Never throws: every refusal is one line "shatterproof: ..." on `err`.
int run_command(std::span<const std::string> words, std::ostream& out, std::ostream& err);

}  // namespace shatterproof::cli
