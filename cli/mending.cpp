// SPDX-License-Identifier: Apache-2.0
#include "cli/mending.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "cli/text.h"
#include "cli/verdict.h"
#include "shatterproof/diagnose/remedy_words.h"

namespace shatterproof::cli {
namespace {

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.3g}", *value) : "-";
}

std::string found_text(const Diagnosis& diagnosis) {
  std::vector<std::string> found;
  for (const Finding& finding : diagnosis.findings) {
    if (finding.severity >= Severity::watch)
      found.push_back(fmt::format("{} ({})", finding.id, to_string(finding.severity)));
  }
  return found.empty() ? "nothing on watch" : fmt::format("{}", fmt::join(found, ", "));
}

std::string verdict_text(const Checked& checked) {
  return fmt::format("{}: {}", verdict_word(checked.diagnosis), found_text(checked.diagnosis));
}

std::vector<std::string> row(const ChangeRecord& trial) {
  return {trial.kept ? "*" : "",
          short_words_of(trial.changes),
          trial.reading,
          number(trial.before),
          number(trial.predicted),
          number(trial.after),
          fmt::format("{} -> {}", number(trial.loss_before), number(trial.loss_after)),
          trial.left.empty() ? "none" : fmt::format("{}", fmt::join(trial.left, " "))};
}

void print_trials(std::ostream& out, const Mended& mended) {
  if (mended.trials.empty()) return;
  std::vector<std::vector<std::string>> rows = {
      {"", "change", "reading", "now", "predicted", "measured", "loss", "findings left"}};
  for (const ChangeRecord& trial : mended.trials) rows.push_back(row(trial));
  print_table(out, rows, 2);
}

std::string learning_text(const LearningResult& result) {
  std::vector<std::string> curves;
  for (const LearningCurve& curve : result.curves)
    curves.push_back(fmt::format("{} at {:g}", curve.finite ? number(curve.loss) : "not finite", curve.rate));
  return fmt::format("{}", fmt::join(curves, ", "));
}

void print_learning(std::ostream& out, const Mended& mended) {
  if (!mended.learned_before || !mended.learned_after) return;
  const LearningResult &before = *mended.learned_before, &after = *mended.learned_after;
  const char* who = before.learns() && after.learns() ? "both learn"
                    : after.learns()                  ? "only the mended network learns"
                    : before.learns()                 ? "only the network as it was learns"
                                                      : "neither learns";
  print_wrapped(out, "training  ", fmt::format("{} (a constant has {:.3g})", who, before.constant_loss), 0);
  print_wrapped(out, "before  ", "loss " + learning_text(before), 2);
  print_wrapped(out, "after   ", "loss " + learning_text(after), 2);
}

void print_kept(std::ostream& out, const Mended& mended) {
  if (mended.changes.empty()) {
    print_wrapped(out, "mended    ",
                  mended.interrupted ? "not yet: interrupted" : "nothing that was tried helps", 0);
    return;
  }
  std::vector<std::string> words;
  for (const Remedy& change : mended.changes) {
    Remedy plain = change;
    plain.promise.reset();
    words.push_back(words_of(plain));
  }
  print_wrapped(out, "mended    ", fmt::format("{}", fmt::join(words, "; and ")), 0);
  if (mended.after) print_wrapped(out, "verdict   ", verdict_text(*mended.after), 0);
}

}  // namespace

void print_mending(std::ostream& out, const Mended& mended) {
  print_wrapped(out, "network   ", mended.before.context.network, 0);
  print_wrapped(out, "verdict   ", verdict_text(mended.before), 0);
  if (!mended.is_sick()) {
    print_wrapped(out, "mended    ", "nothing: there is nothing to mend, and nothing is written", 0);
    return;
  }
  out << fmt::format("tried     {} {}\n", mended.trials.size(),
                     mended.trials.size() == 1 ? "change" : "changes");
  print_trials(out, mended);
  print_kept(out, mended);
  print_learning(out, mended);
}

}  // namespace shatterproof::cli
