// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/explain/explain.h"

namespace shatterproof {

/// A document under docs/, as it was when the library was built.
struct Page {
  std::string_view name;  ///< without folder docs/ and suffix: "measurements/effective_rank"
  std::string_view text;
};
std::span<const Page> pages();
/// The text of a page; empty when there is none.
std::string_view page_text(std::string_view name);

/// What stands between two empty lines of a page.
struct Block {
  enum class Kind { paragraph, table, verbatim };
  Kind kind = Kind::paragraph;
  std::string heading;             ///< the one above it
  std::vector<std::string> lines;  ///< as written; of a paragraph one, of a table its rows
};
std::vector<Block> blocks_of(std::string_view page);

/// As Passage has it: links, emphasis and marks of code taken off, tables with their columns aligned where
/// they fit into a terminal.
std::vector<std::string> plain_lines(const Block& block);

/// What a page says under one of its headings; no lines when it has none of that name.
Passage section(std::string_view page, std::string_view heading);
/// What a page says of a word: paragraphs and rows of tables that name it as code, and what stands under a
/// heading of its name; under the titles of the page.
std::vector<Passage> passages_naming(std::string_view page, std::string_view word);
/// Words that a page sets as code and that are names, each once, in order.
std::vector<std::string> words_in_code(std::string_view page);

}  // namespace shatterproof
