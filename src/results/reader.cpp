// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/results/reader.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/nesting.h"
#include "results/json.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

std::string kind_of(const Json& line) {
  if (!line.is_object()) reject("results", "every line must be one JSON object", line.type_name());
  const auto kind = line.find("kind");
  if (kind == line.end() || !kind->is_string()) reject("kind", "must be there and be text", "nothing");
  return kind->get<std::string>();
}

Json json_of(std::string_view text) {
  if (json_nesting(text) > kDeepestNesting)
    reject("results", fmt::format("a line has at most {} levels", kDeepestNesting), "more");
  Json line = Json::parse(text, nullptr, false);
  if (line.is_discarded()) reject("results", "every line must be one JSON object", text);
  return line;
}

void add_line(const Json& line, bool first, Results& results) {
  const std::string kind = kind_of(line);
  if (first != (kind == "context")) reject("results", "the first line, and only it, is the context", kind);
  if (kind == "context") {
    results.context = context_from_json(line);
    if (results.context.schema > kResultsSchema) {
      reject("schema", fmt::format("this version reads up to {}", kResultsSchema),
             std::to_string(results.context.schema));
    }
  } else if (kind == "case") {
    results.cases.push_back(case_from_json(line));
  } else if (kind == "graph") {
    results.graphs.push_back(graph_from_json(line));
  } else if (kind == "reading") {
    results.readings.push_back(reading_from_json(line));
  } else if (kind == "prediction") {
    results.predictions.push_back(prediction_from_json(line));
  } else if (kind == "finding") {
    results.findings.push_back(finding_from_json(line));
  } else if (kind == "verdict") {
    results.verdicts.push_back(verdict_from_json(line));
  } else if (kind == "claim") {
    results.claims.push_back(claim_from_json(line));
  } else if (kind == "epoch") {
    results.epochs.push_back(epoch_from_json(line));
  } else if (kind == "coverage") {
    results.coverage.push_back(coverage_from_json(line));
  }
}

// The next line; false at the end. What never ends is refused.
bool next_line(std::istream& stream, const std::string& name, std::string& line) {
  constexpr size_t kLongest = size_t{256} << 20;
  std::array<char, 1 << 16> piece;
  line.clear();
  while (!stream.getline(piece.data(), piece.size())) {
    if (stream.gcount() == 0) return !line.empty();
    line.append(piece.data(), static_cast<size_t>(stream.gcount()));
    if (line.size() > kLongest)
      throw IoError(fmt::format("{}: a line has more than {} bytes, which no results file has",
                                printable(name), kLongest));
    stream.clear(stream.rdstate() & ~std::ios::failbit);
  }
  line.append(piece.data(), static_cast<size_t>(stream.gcount()) - (stream.eof() ? 0 : 1));
  return true;
}

}  // namespace

Results read_results(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    throw IoError(printable(path) + ": cannot read: is a directory");
  errno = 0;
  std::ifstream file(path);
  if (!file) throw IoError(fmt::format("{}: cannot read: {}", printable(path), std::strerror(errno)));
  return read_results(file, path);
}

Results read_results(std::istream& stream, const std::string& name) {
  Results results;
  std::string text;
  int64_t number = 0;
  while (next_line(stream, name, text)) {
    ++number;
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      add_line(json_of(text), number == 1, results);
    } catch (const std::exception& error) {
      throw IoError(fmt::format("{}: line {}: {}", printable(name), number, error.what()));
    }
  }
  if (stream.bad()) throw IoError(printable(name) + ": cannot read");
  if (number == 0) throw IoError(printable(name) + ": is empty; a results file begins with its context");
  return results;
}

}  // namespace shatterproof
