// SPDX-License-Identifier: Apache-2.0
// What networks, their weights, their examples and their training are made of.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "explain/entries.h"
#include "explain/page.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/operator.h"
#include "shatterproof/study/catalog.h"
#include "shatterproof/train/optimizer.h"
#include "shatterproof/train/schedule.h"

namespace shatterproof {
namespace {

// What all records of that kind tell, then what a page does.
template <typename Record>
Explanation told(const Record& record, const char* page) {
  std::vector<std::string> options;
  for (const OptionRecord& option : record.options)
    options.push_back(fmt::format("{}={}: {}", option.name, option.otherwise, option.meaning));
  Explanation explanation;
  explanation.sentence = record.sentence;
  explanation.passages = {
      passage("Formula", {record.formula.empty() ? "" : "    " + record.formula}),
      passage("Options", std::move(options)),
  };
  for (Passage& one : passages_naming(page, record.name)) explanation.passages.push_back(std::move(one));
  explanation.passages.push_back(passage("Where it is from", {record.reference}));
  return explanation;
}

std::vector<std::string> family_names() {
  return names_of(families());
}
Explanation explained_family(const std::string& name) {
  return told(record_of(families(), name), "families");
}

std::vector<std::string> initializer_names() {
  return names_of(initializers());
}
Explanation explained_initializer(const std::string& name) {
  return told(record_of(initializers(), name), "families");
}

std::vector<std::string> alias_names() {
  return names_of(initializer_aliases());
}
Explanation explained_alias(const std::string& name) {
  const std::string& scheme = record_of(initializer_aliases(), name).scheme;
  Explanation explanation = explained_initializer(scheme.substr(0, scheme.find(':')));
  explanation.sentence = fmt::format("Another name for {}: {}", scheme, explanation.sentence);
  return explanation;
}

std::vector<std::string> optimizer_names() {
  return names_of(optimizers());
}
Explanation explained_optimizer(const std::string& name) {
  return told(record_of(optimizers(), name), "training");
}

std::vector<std::string> schedule_names() {
  return names_of(schedules());
}
Explanation explained_schedule(const std::string& name) {
  return told(record_of(schedules(), name), "training");
}

std::vector<std::string> dataset_names() {
  return names_of(datasets());
}
Explanation explained_dataset(const std::string& name) {
  const DatasetRecord& record = record_of(datasets(), name);
  Explanation explanation;
  explanation.sentence = record.sentence;
  explanation.passages = {passage("Written", {"    " + record.syntax})};
  for (Passage& one : passages_naming("command_line", name)) explanation.passages.push_back(std::move(one));
  return explanation;
}

std::vector<std::string> study_names() {
  std::vector<std::string> names;
  for (const StudyRecord& record : studies())
    names.push_back(fmt::format("{}/{}", record.paper, record.name));
  return names;
}
Explanation explained_study(const std::string& name) {
  const Study study = load_studies(name, false).front();
  std::vector<std::string> claims;
  for (const auto& one : study.cases) claims.push_back(one.name);
  Explanation explanation;
  explanation.sentence = study.title;
  explanation.passages = {passage("What to know", {study.note}),
                          passage("Networks", {fmt::format("{}", fmt::join(claims, "; "))}),
                          passage("What to do", {fmt::format("`reproduce {}` runs it", name)}),
                          passage("Where it is from", {study.reference})};
  return explanation;
}

std::vector<std::string> operator_names() {
  return names_of(operators());
}
Explanation explained_operator(const std::string& name) {
  const Operator& op = record_of(operators(), name);
  Explanation explanation;
  explanation.sentence =
      fmt::format("An operator of ONNX, {}.", op.differentiable ? "through which a derivative flows"
                                                                : "through which no derivative flows");
  for (Passage& one : passages_naming("operators", name)) explanation.passages.push_back(std::move(one));
  explanation.passages.push_back(passage("Where it is from", {"https://onnx.ai/onnx/operators/"}));
  return explanation;
}

constexpr ExplainedKind kKindsOfMaking[] = {{"family", family_names, explained_family},
                                            {"initializer", initializer_names, explained_initializer},
                                            {"initializer's other name", alias_names, explained_alias},
                                            {"optimizer", optimizer_names, explained_optimizer},
                                            {"schedule", schedule_names, explained_schedule},
                                            {"data set", dataset_names, explained_dataset},
                                            {"study", study_names, explained_study},
                                            {"operator", operator_names, explained_operator}};

}  // namespace

std::span<const ExplainedKind> kinds_of_making() {
  return kKindsOfMaking;
}

}  // namespace shatterproof
