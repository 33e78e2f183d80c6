// SPDX-License-Identifier: Apache-2.0
#include "core/text_file.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/run/functional.h"
#include "shatterproof/train/live_measurement.h"
#include "tests/fuzz/reader.h"

namespace shatterproof {
namespace {

// What refuses a word may not keep the next one from reading it.
template <typename Read>
bool takes(const Read& read) {
  try {
    read();
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

}  // namespace

/// The file is a word of a command line: a name with options, a functional, a measurement.
void read_file(const std::string& path) {
  constexpr size_t kLongest = size_t{1} << 20;
  const std::string word = text_of_file(path, kLongest);
  const bool is_functional = takes([&] { Functional::parse(word); });
  const bool is_live = takes([&] { LiveMeasurement::parse(word); });
  const bool is_measurement = takes([&] { measurement_of(word); });
  if (!is_functional && !is_live && !is_measurement) measurement_of(Spec::parse(word).text());
}

}  // namespace shatterproof
