// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "shatterproof/results/reading.h"

namespace shatterproof::cli {

/// A curve in one line of block characters, lowest "▁" and highest "█", a space where it is no number.
///
/// Of more than `width` values, neighbours are averaged. Positive values that span more than a factor of 100
/// are shown by their logarithms. A flat curve is a line at half height.
std::string sparkline(std::span<const double> values, size_t width);

/// Whether `sparkline` shows logarithms.
bool spans_decades(std::span<const double> values);

/// Whether values vary by less than a tenth of the largest: a picture of them would show noise.
bool is_flat(std::span<const double> values);

/// How readings run from the input to the output: a row for each curve along the depth that is
/// not flat, with its first and last value. Nothing when there is none of at least three values.
void print_profile(std::ostream& out, const std::vector<Reading>& readings);

}  // namespace shatterproof::cli
