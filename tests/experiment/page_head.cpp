// SPDX-License-Identifier: Apache-2.0
#include "tests/experiment/page_head.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <sstream>

namespace shatterproof {
namespace {

constexpr const char* kEnd = "<!-- Above: the measurement's record, written by a test. Below: by hand. -->\n";

std::string bound(double value) {
  return std::isinf(value) ? (value > 0 ? "infinity" : "-infinity") : fmt::format("{}", value);
}

std::string functional(PreferredFunctional preferred) {
  switch (preferred) {
    case PreferredFunctional::given:
      return "of the run";
    case PreferredFunctional::probe:
      return "`probe`";
    case PreferredFunctional::loss:
      return "`loss`";
  }
  return "";
}

std::string scaling(int degree) {
  return degree == 0 ? "unchanged" : fmt::format("times {}", std::pow(2, degree));
}

std::string theory(const ExperimentRecord& record) {
  return record.prediction == record.name ? fmt::format("`predict NETWORK {}`", record.name)
                                          : record.prediction;
}

}  // namespace

std::string page_head(const ExperimentRecord& record) {
  const bool detached = record.batch_norm == PreferredStatistics::detached;
  std::string head = fmt::format("# {}\n\n{}\n\n    {}\n\n", record.name, record.sentence, record.formula);
  head += fmt::format("- **symbol** {}; **reading** {}, from {} to {}\n", record.symbol,
                      to_string(record.type), bound(record.least), bound(record.most));
  head += fmt::format("- **at the ends** {}\n", record.range_note);
  head += fmt::format("- **measured with** functional {}, batch norm `{}`, unless told otherwise\n",
                      functional(record.functional), detached ? "detached" : "attached");
  head += fmt::format("- **when all gradients double** {}\n", scaling(record.gradient_degree));
  if (record.over_seeds == SeedMean::geometric) head += "- **over seeds** the geometric mean\n";
  head += fmt::format("- **examples** {}; {}\n",
                      record.along_path ? "ordered along a grid or path, others are refused"
                      : record.order_invariant
                          ? "in any order"
                          : "each meets the next one, or a probe of its place: their order matters slightly",
                      record.streams ? "running them in mini-batches does not" : "all at once");
  head += fmt::format("- **undefined for** {}\n", record.undefined_when);
  head += fmt::format("- **theory** {}\n", theory(record));
  for (const OptionRecord& option : record.options)
    head += fmt::format("- **option** `{}:{}={}`: {}\n", record.name, option.name, option.otherwise,
                        option.meaning);
  for (const CompanionReading& companion : record.companions) {
    head +=
        fmt::format("- **companion reading** `{}` ({}, from {} to {}; when all gradients double, {}): {}\n",
                    companion.name, to_string(companion.type), bound(companion.least), bound(companion.most),
                    scaling(companion.gradient_degree), companion.sentence);
  }
  head += fmt::format("- **source** {}\n\n{}", record.reference, kEnd);
  return head;
}

void write_page_head(const ExperimentRecord& record, const std::string& path) {
  std::stringstream old;
  old << std::ifstream(path).rdbuf();
  const size_t end = old.str().find(kEnd);
  const std::string body =
      end == std::string::npos ? old.str() : old.str().substr(end + std::string(kEnd).size());
  std::ofstream(path) << page_head(record) << body;
}

}  // namespace shatterproof
