// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/core/quantity.h"
#include "shatterproof/results/reading.h"

namespace shatterproof::cli {

/// Prints `label` and `text`, broken at spaces into lines of about 80 characters; later lines are indented
/// under the text's beginning. `indent` spaces come before the label.
void print_wrapped(std::ostream& out, std::string_view label, std::string_view text, size_t indent);

/// The same for pieces that are not broken themselves.
void print_pieces(std::ostream& out, std::string_view label, const std::vector<std::string>& pieces,
                  std::string_view separator, size_t indent);

/// "shatterproof" and its words as a shell takes them.
std::string shell_line(std::span<const std::string> words);

/// A reading for people: scalars in one line, curves and histograms as a table (long ones in part, with a
/// sparkline), matrices as their size.
void print_reading(std::ostream& out, const Reading& reading);

/// Rows of equal length with their columns aligned, two spaces between.
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows, size_t indent);

}  // namespace shatterproof::cli
