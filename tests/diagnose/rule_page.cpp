// SPDX-License-Identifier: Apache-2.0
#include "tests/diagnose/rule_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <sstream>

#include "shatterproof/diagnose/thresholds.h"

namespace shatterproof {
namespace {

constexpr const char* kEnd = "<!-- Above: the rule's record, written by a test. Below: by hand. -->\n";

std::string links(const std::vector<std::string>& names, const char* folder, const char* none) {
  std::vector<std::string> linked;
  for (const std::string& name : names) linked.push_back(fmt::format("[{}]({}{}.md)", name, folder, name));
  return linked.empty() ? none : fmt::format("{}", fmt::join(linked, ", "));
}

const char* text_of(Showing showing) {
  switch (showing) {
    case Showing::never:
      return "it need not show: learning says nothing against it";
    case Showing::at_once:
      return "it shows in how fast one batch is fitted: a note where that is at once";
    case Showing::in_batch:
      return "it shows in one batch: a note where that is fitted by heart, if it is critical by its readings "
             "only where it is fitted at once";
    case Showing::around:
      return "it shows around the examples: a note where their neighbours are fitted too";
  }
  return "";
}

}  // namespace

std::string page_of(const RuleRecord& rule) {
  return fmt::format("{}/docs/findings/{}.md", SHATTERPROOF_SOURCE, rule.id);
}

std::string page_head(const RuleRecord& rule) {
  std::string sentence = rule.sentence;
  sentence[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence[0])));
  std::string head = fmt::format("# {}\n\n{}.\n\n", rule.id, sentence);
  head += fmt::format("- **rests on** {}\n", links(rule.rests_on, "../measurements/",
                                                   "no measurement: facts of the network, and trials of it"));
  head += fmt::format("- **explains** {}\n", links(rule.explains, "", "no other finding"));
  head += fmt::format("- **in a rehearsal** {}\n\n", text_of(rule.showing));
  const std::vector<Threshold> thresholds = Thresholds().of(rule.id);
  if (!thresholds.empty()) head += "| threshold | value | meaning |\n|---|---|---|\n";
  for (const Threshold& threshold : thresholds)
    head += fmt::format("| `{}` | {:.4g} | {} |\n", threshold.name, threshold.value, threshold.meaning);
  if (!thresholds.empty()) head += "\n";
  head += kEnd;
  return head;
}

void write_page_head(const RuleRecord& rule) {
  const std::string old = text_of(page_of(rule));
  const size_t end = old.find(kEnd);
  const std::string body = end == std::string::npos ? old : old.substr(end + std::string_view(kEnd).size());
  std::ofstream(page_of(rule)) << page_head(rule) << body;
}

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace shatterproof
