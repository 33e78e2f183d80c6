// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/synopsis.h"
#include "shatterproof/core/version.h"

namespace shatterproof::cli {
namespace {

// Text for roff: no escape, no request at the beginning of a line, and a hyphen where one is meant.
std::string roff(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\\') {
      safe += "\\e";
    } else if (c == '-') {
      safe += "\\-";
    } else {
      safe += c == '\n' ? ' ' : c;
    }
  }
  return safe.starts_with('.') || safe.starts_with('\'') ? "\\&" + safe : safe;
}

void print_word(std::ostream& out, const SynopsisWord& word) {
  const std::string letter = word.letter.empty() ? "" : fmt::format("\\fB{}\\fR, ", roff(word.letter));
  const std::string value = word.value.empty() ? "" : fmt::format(" \\fI{}\\fR", roff(word.value));
  const char* face = word.name.starts_with('-') ? "\\fB" : "\\fI";
  out << fmt::format(".TP\n{}{}{}\\fR{}\n{}\n", letter, face, roff(word.name), value, roff(word.sentence));
}

void print_verb(std::ostream& out, const Synopsis& verb) {
  std::string words;
  for (const SynopsisWord& word : verb.positional) words += fmt::format(" \\fI{}\\fR", roff(word.name));
  out << fmt::format(".SS \\fBshatterproof {}\\fR{}\n{}.\n", verb.verb, words, roff(verb.sentence));
  for (const SynopsisWord& word : verb.positional) print_word(out, word);
  for (const SynopsisWord& word : verb.options) print_word(out, word);
}

void print_manual(std::ostream& out) {
  out << fmt::format(".TH SHATTERPROOF 1 \"\" \"shatterproof {}\" \"User Commands\"\n",
                     roff(std::string(version())))
      << ".SH NAME\nshatterproof \\- whether a deep network's gradients shatter, explode or vanish\n"
         ".SH SYNOPSIS\n\\fBshatterproof\\fR \\fICOMMAND\\fR [\\fIWORDS\\fR]\n"
         ".SH DESCRIPTION\nShows before training whether a deep network's gradients shatter, explode or "
         "vanish with "
         "depth, why, and what to change. A network is an ONNX file or a family with its options, as "
         "\\fBresidual:depth=50,width=200,norm=batch,beta=0.1\\fR; \\fBshatterproof list\\fR prints the "
         "names that "
         "there are, \\fBshatterproof explain\\fR \\fINAME\\fR what each means.\n"
         ".SH COMMANDS\n";
  for (const Synopsis& verb : synopses()) print_verb(out, verb);
  out << ".SH EXIT STATUS\n.TP\n0\nHealthy, or done.\n.TP\n1\nFindings that decide, a claim that does not "
         "hold, "
         "nothing that helps.\n.TP\n2\nWrong usage or unreadable input; one line on standard error says what "
         "was "
         "wrong.\n.TP\n130\nInterrupted.\n"
         ".SH ENVIRONMENT\n.TP\n\\fBSHATTERPROOF_DATA\\fR\nA folder whose subfolder cifar10 holds the images "
         "that "
         "studies run on.\n.TP\n\\fBSHATTERPROOF_CHROMIUM\\fR\nThe browser that \\fBfigure\\fR draws with.\n";
}

}  // namespace

Command add_manual(CLI::App& program) {
  CLI::App* app = program.add_subcommand("manual", "Print the manual page, for man");
  return {app, [](const Console& console) {
            print_manual(console.out);
            return kHealthy;
          }};
}

}  // namespace shatterproof::cli
