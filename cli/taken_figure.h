// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "cli/browser.h"

namespace shatterproof::cli {

/// One figure of the page.
struct FigureRequest {
  std::string figure;   ///< its name there; empty: the first one
  std::string panel;    ///< the title of one of its panels; empty: all
  std::string form;     ///< "svg", "pdf" or "png"
  int64_t width = 900;  ///< about, in CSS pixels (96 to the inch); a PNG has two dots for each
};

/// The bytes of that figure, drawn by the page's own charts of `results`, the text of a results file.
///
/// Throws std::invalid_argument with the names there are on an unknown figure or panel, and where the results
/// have no figure; what Browser throws.
std::string taken_figure(const Browser& browser, const std::string& results, const FigureRequest& request);

}  // namespace shatterproof::cli
