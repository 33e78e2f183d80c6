// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/acceptance.h"
#include "cli/address.h"
#include "cli/command_line.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/version.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/explain/explain.h"

namespace shatterproof::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

std::string safe(const std::string& text) {
  constexpr size_t kLongest = 10'000;
  return printable(text, kLongest);
}

const char* level_of(Severity severity) {
  return severity == Severity::critical ? "error" : severity == Severity::watch ? "warning" : "note";
}

// What the rule's document says; `#` begins a title where it is read as markdown.
std::string help_of(const std::string& rule, const char* title) {
  std::string text;
  for (const Explanation& one : explain(rule)) {
    if (one.kind != "finding") continue;
    text += one.sentence + "\n";
    for (const Passage& passage : one.passages) {
      text += fmt::format("\n{}{}\n\n", title, passage.title);
      for (const std::string& line : passage.lines) text += line + "\n";
    }
  }
  return text;
}

// GitHub asks for a longer one.
std::string full_description(const RuleRecord& rule) {
  if (rule.rests_on.empty()) return rule.sentence + ".";
  return fmt::format("{}. Judged by {}.", rule.sentence, fmt::join(rule.rests_on, ", "));
}

Json rule_of(const RuleRecord& rule, const std::string& documents) {
  Json made = {{"id", rule.id},
               {"shortDescription", {{"text", rule.sentence}}},
               {"fullDescription", {{"text", full_description(rule)}}},
               {"help", {{"text", help_of(rule.id, "")}, {"markdown", help_of(rule.id, "### ")}}}};
  if (const std::string address = address_of(documents, rule.id); !address.empty()) made["helpUri"] = address;
  made["properties"] = {{"tags", Json::array({"gradients", "deep-learning"})}, {"restsOn", rule.rests_on}};
  return made;
}

// A file is where it lies, in URI form; what is built in has no place but its name.
std::string uri(const std::string& path) {
  return (path.starts_with('/') ? "file://" : "") + percent_encoded(path, "/");
}

Json location_of(const Checked& checked, const Finding* finding) {
  const std::string& network = checked.context.network;
  const std::string layers = finding ? layers_text(*finding) : "";
  const std::string name = layers.empty() ? network : network + " " + layers;
  const Json named = {{"fullyQualifiedName", safe(name)}, {"kind", "module"}};
  Json location = {{"logicalLocations", Json::array({named})}};
  if (network.ends_with(".onnx"))
    location["physicalLocation"] = {{"artifactLocation", {{"uri", uri(network)}}},
                                    {"region", {{"startLine", 1}}}};  // GitHub asks for a line
  return location;
}

std::string message_of(const Finding& finding) {
  std::string text = finding.headline.empty() ? finding.id : finding.headline;
  if (!finding.confidence.empty()) text += " (" + finding.confidence + ")";
  if (!finding.why.empty()) text += ". Why: " + finding.why;
  if (!finding.next.empty()) text += ". Next: " + finding.next;
  return safe(text + ".");
}

// A baseline may have found by a rule that there is not here.
std::optional<int64_t> index_of(const std::string& id) {
  const auto found =
      std::find_if(rules().begin(), rules().end(), [&](const RuleRecord& rule) { return rule.id == id; });
  if (found == rules().end()) return {};
  return found - rules().begin();
}

Json result_of(const Checked& checked, const std::string& id, Severity severity, const std::string& message,
               const Finding* finding) {
  Json made = {{"ruleId", safe(id)}};
  if (const std::optional<int64_t> index = index_of(id)) made["ruleIndex"] = *index;
  made["level"] = level_of(severity);
  made["message"] = {{"text", message}};
  made["locations"] = Json::array({location_of(checked, finding)});
  made["partialFingerprints"] = {{"ruleOfNetwork/v1", safe(id + " " + checked.context.network)}};
  return made;
}

const char* state_of(const WeighedFinding& one) {
  if (!one.before) return "new";
  return *one.before == one.finding.severity ? "unchanged" : "updated";
}

Json results_of(const Checked& checked, const Acceptance& acceptance) {
  Json results = Json::array();
  for (const WeighedFinding& one : acceptance.findings) {
    Json made =
        result_of(checked, one.finding.id, one.finding.severity, message_of(one.finding), &one.finding);
    if (acceptance.comparison) made["baselineState"] = state_of(one);
    if (one.ignored) {
      const Json suppression = {{"kind", "external"}, {"justification", "--ignore " + one.finding.id}};
      made["suppressions"] = Json::array({suppression});
    }
    made["properties"] = {{"severity", std::string(to_string(one.finding.severity))},
                          {"decides", one.refuses}};
    results.push_back(std::move(made));
  }
  for (const FindingChange& change : lost_findings(acceptance)) {
    Json made = result_of(checked, change.id, *change.before, safe(change.headline), nullptr);
    made["baselineState"] = "absent";
    results.push_back(std::move(made));
  }
  return results;
}

Json invocation_of(const Checked& checked, const Acceptance& acceptance) {
  Json made = {{"executionSuccessful", true},
               {"exitCode", acceptance.is_accepted() ? kHealthy : kFindings},
               {"exitCodeDescription", safe(reason(acceptance))}};
  if (!checked.context.command.empty()) made["commandLine"] = safe(checked.context.command);
  Json notes = Json::array();
  for (const std::string& rule : acceptance.ignored_absent)
    notes.push_back({{"level", "note"}, {"message", {{"text", rule + ": ignored, not found"}}}});
  for (const std::string& how : acceptance.made_otherwise)
    notes.push_back({{"level", "note"}, {"message", {{"text", safe("baseline made otherwise: " + how)}}}});
  for (const std::string& missing : checked.diagnosis.missing)
    notes.push_back({{"level", "warning"}, {"message", {{"text", safe("not measured: " + missing)}}}});
  if (!notes.empty()) made["toolExecutionNotifications"] = std::move(notes);
  return made;
}

}  // namespace

void print_sarif(std::ostream& out, const Checked& checked, const Acceptance& acceptance,
                 const std::string& documents) {
  Json driver = {{"name", "shatterproof"}, {"semanticVersion", std::string(version())}};
  if (!documents.empty()) driver["informationUri"] = documents + "/diagnosis.md";
  driver["rules"] = Json::array();
  for (const RuleRecord& rule : rules()) driver["rules"].push_back(rule_of(rule, documents));
  const Json run = {{"tool", {{"driver", std::move(driver)}}},
                    {"invocations", Json::array({invocation_of(checked, acceptance)})},
                    {"columnKind", "utf16CodeUnits"},
                    {"results", results_of(checked, acceptance)}};
  const Json log = {{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
  out << log.dump(2) << '\n';
}

}  // namespace shatterproof::cli
