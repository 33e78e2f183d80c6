// SPDX-License-Identifier: Apache-2.0
#include "explain/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace shatterproof {
namespace {

bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The part of a line that is a name from there on, options of the command line with their dashes.
std::string_view name_at(std::string_view text, size_t from) {
  size_t end = from;
  while (end < text.size() && (is_letter(text[end]) || text[end] == '-')) ++end;
  return text.substr(from, end - from);
}

// Whether the line sets the word as code: `word`, `word:...`, `word=...`, or as one of `a word`.
bool names(const std::string& line, std::string_view word) {
  bool code = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '`') code = !code;
    const bool begins = i == 0 || !(is_letter(line[i - 1]) || line[i - 1] == '-' || line[i - 1] == '.');
    if (code && begins && name_at(line, i) == word) return true;
  }
  return false;
}

// What emphasis, links and code are in plain text.
std::string plain(std::string_view line) {
  std::string text;
  bool code = false;
  size_t link = std::string::npos;  // where the text of a link begins
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '`') {
      code = !code;
    } else if (c == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      continue;
    } else if (code) {
      text += c;
    } else if (c == '*' && i + 1 < line.size() && line[i + 1] == '*') {
      ++i;
    } else if (c == '*' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '(') && i + 1 < line.size() &&
               line[i + 1] != ' ' && line.find('*', i + 1) != std::string_view::npos) {
      const size_t end = line.find('*', i + 1);
      text += plain(line.substr(i + 1, end - i - 1));
      i = end;
    } else if (c == '[' && line.find("](", i) != std::string_view::npos) {
      link = text.size();
    } else if (c == ']' && link != std::string::npos && i + 1 < line.size() && line[i + 1] == '(') {
      i = std::min(line.find(')', i), line.size() - 1);
      link = std::string::npos;
    } else {
      text += c;
    }
  }
  return text;
}

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

std::vector<std::string> cells_of(std::string_view row) {
  std::vector<std::string> cells;
  size_t begin = row.find('|') + 1;
  for (size_t i = begin; i < row.size(); ++i) {
    if (row[i] != '|' || row[i - 1] == '\\') continue;
    cells.push_back(trimmed(plain(row.substr(begin, i - begin))));
    begin = i + 1;
  }
  return cells;
}

bool is_rule(const std::string& row) {
  return row.find_first_not_of("|-: ") == std::string::npos && row.find('-') != std::string::npos;
}

std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows,
                                 const std::vector<size_t>& widths) {
  std::vector<std::string> lines;
  for (const std::vector<std::string>& row : rows) {
    std::string line = " ";
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format(" {:<{}} ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> table_lines(const std::vector<std::string>& lines) {
  constexpr size_t kTerminal = 78;
  std::vector<std::vector<std::string>> rows;
  std::vector<size_t> widths;
  for (const std::string& line : lines) {
    if (is_rule(line)) continue;
    std::vector<std::string> cells = cells_of(line);
    widths.resize(std::max(widths.size(), cells.size()));
    const bool is_empty = std::all_of(cells.begin(), cells.end(), [](auto& cell) { return cell.empty(); });
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
    if (!is_empty) rows.push_back(std::move(cells));
  }
  size_t width = 1;
  for (const size_t column : widths) width += column + 2;
  if (width <= kTerminal) return aligned(rows, widths);
  std::vector<std::string> paragraphs;
  for (const std::vector<std::string>& row : rows) {
    std::string text;
    for (size_t i = 0; i < row.size(); ++i) {
      if (!row[i].empty()) text += (i == 0 ? "" : i == 1 ? ": " : "; ") + row[i];
    }
    paragraphs.push_back(std::move(text));
  }
  return paragraphs;
}

std::string spoken(std::string_view heading) {
  std::string words = plain(heading);
  std::transform(words.begin(), words.end(), words.begin(),
                 [](unsigned char c) { return c == '-' || c == ' ' ? '_' : std::tolower(c); });
  return words;
}

Block::Kind kind_of(const std::string& line) {
  if (line.starts_with("|")) return Block::Kind::table;
  return line.starts_with("    ") ? Block::Kind::verbatim : Block::Kind::paragraph;
}

// Adds a line to the block that it goes on with, or begins another.
void add(std::vector<Block>& blocks, const std::string& line, const std::string& heading, bool begins) {
  const Block::Kind kind = kind_of(line);
  const bool goes_on = !begins && !blocks.empty() && !line.starts_with("- ");
  if (goes_on && blocks.back().kind == Block::Kind::paragraph && kind != Block::Kind::table) {
    blocks.back().lines.front() += " " + trimmed(line);
  } else if (goes_on && blocks.back().kind == kind) {
    blocks.back().lines.push_back(line);
  } else {
    blocks.push_back({kind, heading, {kind == Block::Kind::paragraph ? trimmed(line) : line}});
  }
}

void append(std::vector<std::string>& lines, std::vector<std::string> more) {
  lines.insert(lines.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// The rows of a table that name the word, under its head.
Block rows_naming(const Block& table, std::string_view word) {
  Block rows = table;
  size_t row = 0;
  std::erase_if(rows.lines, [&](const std::string& line) { return row++ > 0 && !names(line, word); });
  return rows;
}

}  // namespace

std::string_view page_text(std::string_view name) {
  const std::span<const Page> all = pages();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Page& page) { return page.name == name; });
  return found == all.end() ? std::string_view() : found->text;
}

std::vector<Block> blocks_of(std::string_view page) {
  std::vector<Block> blocks;
  std::string heading;
  bool begins = true, fenced = false;
  while (!page.empty()) {
    const size_t end = std::min(page.find('\n'), page.size());
    const std::string line(page.substr(0, end));
    page.remove_prefix(std::min(end + 1, page.size()));
    if (line.starts_with("```")) {
      fenced = !fenced;
      begins = true;
    } else if (fenced) {
      add(blocks, "    " + line, heading, begins);
      begins = false;
    } else if (line.starts_with("#")) {
      heading = line.substr(line.find_first_not_of("# "));
      begins = true;
    } else if (line.empty() || line.starts_with("<!--") || line.starts_with("![")) {
      begins = true;
    } else {
      add(blocks, line, heading, begins);
      begins = false;
    }
  }
  return blocks;
}

std::vector<std::string> plain_lines(const Block& block) {
  switch (block.kind) {
    case Block::Kind::table:
      return table_lines(block.lines);
    case Block::Kind::verbatim:
      return block.lines;
    case Block::Kind::paragraph:
      break;
  }
  return {plain(block.lines.front())};
}

Passage section(std::string_view page, std::string_view heading) {
  Passage passage{std::string(heading), {}};
  for (const Block& block : blocks_of(page_text(page))) {
    if (block.heading == heading) append(passage.lines, plain_lines(block));
  }
  return passage;
}

std::vector<Passage> passages_naming(std::string_view page, std::string_view word) {
  std::vector<Passage> passages;
  bool announced = false;  // by a paragraph that names it: "in infinite width, exactly:"
  for (const Block& block : blocks_of(page_text(page))) {
    const bool is_its_own = spoken(block.heading) == word || announced;
    const bool is_named = std::any_of(block.lines.begin(), block.lines.end(),
                                      [&](const std::string& line) { return names(line, word); });
    announced = is_named && block.kind == Block::Kind::paragraph && block.lines.front().ends_with(':');
    if (!is_its_own && !is_named) continue;
    const std::string title = plain(block.heading);
    if (passages.empty() || passages.back().title != title) passages.push_back({title, {}});
    const bool is_rows = block.kind == Block::Kind::table && !is_its_own;
    append(passages.back().lines, plain_lines(is_rows ? rows_naming(block, word) : block));
  }
  return passages;
}

std::vector<std::string> words_in_code(std::string_view page) {
  std::vector<std::string> words;
  for (const Block& block : blocks_of(page_text(page))) {
    if (block.kind == Block::Kind::verbatim) continue;
    for (const std::string& line : block.lines) {
      for (size_t i = line.find('`'); i < line.size(); i = line.find('`', i)) {
        const size_t end = line.find('`', i + 1);
        if (end == std::string::npos) break;
        const std::string word(name_at(line, i + 1));
        const char next = line[i + 1 + word.size()];
        const bool is_name = word.size() > 1 && (next == '`' || next == ' ' || next == ':' || next == '=');
        if (is_name && std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
        i = end + 1;
      }
    }
  }
  return words;
}

}  // namespace shatterproof
