// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

namespace shatterproof {

/// One list of what this library knows by name, for those who do not call it: `list`, the report, Python.
struct CatalogRecord {
  std::string name;  ///< "measurements"
  /// JSON Lines: of each entry its kind, its name and all that its record says.
  std::string (*lines)();
};

/// Families, initializers, measurements, ...: what `list` prints.
std::span<const CatalogRecord> catalogs();

/// What these are called, in their order.
std::vector<std::string> catalog_names();

/// The lines of one. Throws std::invalid_argument naming the known ones.
std::string catalog_lines(const std::string& name);

}  // namespace shatterproof
