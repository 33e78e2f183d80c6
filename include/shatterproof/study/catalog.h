// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/study/study.h"

namespace shatterproof {

/// A study that comes with the library.
struct StudyRecord {
  std::string_view paper;  ///< the folder of its file: "shattered_gradients"
  std::string_view name;   ///< the stem of its file: "figure_2"
  std::string_view toml;   ///< the file
};

/// Every study under studies/. No other list of them exists.
std::span<const StudyRecord> studies();

/// The studies that a word names: "shattered_gradients" all of a paper, "shattered_gradients/figure_2" one,
/// "figure_1" the one of that name when there is only one, or the path of a TOML file.
///
/// Throws std::invalid_argument that lists the known names, IoError when a file cannot be read.
std::vector<Study> load_studies(const std::string& word, bool quick);

}  // namespace shatterproof
