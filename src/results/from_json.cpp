// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "results/json.h"
#include "results/json_fields.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

int layer_number(const char* key, const Json& value) {
  return static_cast<int>(whole_of(key, value, 0, std::numeric_limits<int>::max()));
}

std::optional<double> optional_number(const Json& line, const NumberReader& numbers, const char* key) {
  return line.contains(key) ? std::optional(numbers.number(key)) : std::nullopt;
}

ReadingType reading_type(const std::string& word) {
  const std::vector<ReadingType> types = {ReadingType::scalar, ReadingType::curve, ReadingType::matrix,
                                          ReadingType::histogram};
  std::vector<std::string> known;
  for (const ReadingType type : types) {
    if (word == to_string(type)) return type;
    known.emplace_back(to_string(type));
  }
  reject_unknown("type", "type of reading", word, known);
}

void read_axes(const Json& line, const NumberReader& numbers, Reading& reading) {
  reading.x_name = text(line, "x_name");
  reading.x = numbers.numbers("x");
  if (line.contains("x_labels")) reading.x_labels = texts(line, "x_labels");
  reading.values = numbers.numbers("y");
  const size_t expected = reading.values.size() + (reading.type == ReadingType::histogram ? 1 : 0);
  if (reading.x.size() != expected) {
    reject("x", "must fit y (a histogram has one edge more than bins)", std::to_string(reading.x.size()));
  }
}

void read_matrix(const Json& line, const NumberReader& numbers, Reading& reading) {
  double entries = 1;
  for (const Json& size : list(line, "shape")) {
    reading.shape.push_back(whole_of("shape", size, 0, std::numeric_limits<int64_t>::max()));
    entries *= static_cast<double>(reading.shape.back());
  }
  reading.values = numbers.numbers("values");
  if (static_cast<double>(reading.values.size()) != entries) {
    reject("values", "must be as many as shape says", std::to_string(reading.values.size()));
  }
}

void read_values(const Json& line, const NumberReader& numbers, Reading& reading) {
  if (reading.type == ReadingType::scalar) {
    reading.values = {numbers.number("value")};
  } else if (reading.type == ReadingType::matrix) {
    read_matrix(line, numbers, reading);
  } else {
    read_axes(line, numbers, reading);
  }
  if (!line.contains("standard_error")) return;
  if (reading.type == ReadingType::scalar) {
    reading.standard_error = {numbers.number("standard_error")};
  } else {
    reading.standard_error = numbers.numbers("standard_error");
  }
  if (reading.standard_error.size() != reading.values.size()) {
    reject("standard_error", "must be as many as the values", std::to_string(reading.standard_error.size()));
  }
}

Severity severity(const std::string& word) {
  if (word == "info") return Severity::info;
  if (word == "watch") return Severity::watch;
  if (word == "critical") return Severity::critical;
  reject_unknown("severity", "severity", word, {"info", "watch", "critical"});
}

Evidence evidence_from_json(const Json& entry) {
  if (!entry.is_object()) reject("evidence", "must hold objects", shown(entry));
  const NumberReader numbers(entry);
  Evidence evidence;
  evidence.name = text(entry, "name");
  evidence.tap = optional_text(entry, "tap");
  evidence.value = numbers.number("value");
  evidence.bound = optional_text(entry, "bound");
  evidence.standard_error = optional_number(entry, numbers, "standard_error");
  evidence.healthy = optional_number(entry, numbers, "healthy");
  evidence.healthy_side = optional_text(entry, "healthy_side");
  evidence.theory = optional_number(entry, numbers, "theory");
  return evidence;
}

GraphRecord::Node node_from_json(const Json& entry) {
  if (!entry.is_object()) reject("nodes", "must hold objects", shown(entry));
  GraphRecord::Node node;
  node.name = text(entry, "name");
  node.op = text(entry, "operator");
  node.depth = layer_number("depth", required(entry, "depth"));
  if (entry.contains("layer")) node.layer = layer_number("layer", entry.at("layer"));
  if (entry.contains("taps")) node.taps = texts(entry, "taps");
  return node;
}

void read_edges(const Json& line, const char* key, bool skip, GraphRecord& graph) {
  const auto last = static_cast<int64_t>(graph.nodes.size()) - 1;
  for (const Json& ends : list(line, key)) {
    if (!ends.is_array() || ends.size() != 2) reject(key, "must hold [from, to]", shown(ends));
    graph.edges.push_back({whole_of(key, ends[0], 0, last), whole_of(key, ends[1], 0, last), skip});
  }
}

}  // namespace

ContextRecord context_from_json(const Json& line) {
  ContextRecord context;
  context.schema =
      static_cast<int>(whole_of("schema", required(line, "schema"), 1, std::numeric_limits<int>::max()));
  context.version = optional_text(line, "version");
  context.command = optional_text(line, "command");
  context.network = optional_text(line, "network");
  context.inputs = optional_text(line, "inputs");
  context.initializer = optional_text(line, "initializer");
  context.examples = whole(line, "examples", 0);
  if (line.contains("seed")) {
    if (!line.at("seed").is_number_unsigned())
      reject("seed", "must be a whole number", shown(line.at("seed")));
    context.seed = line.at("seed").get<uint64_t>();
  }
  context.seeds = whole(line, "seeds", 0);
  context.functional = optional_text(line, "functional");
  context.batch_norm = optional_text(line, "batch_norm");
  context.dtype = optional_text(line, "dtype");
  context.device = optional_text(line, "device");
  context.threads = static_cast<int>(whole(line, "threads", 1, 0, std::numeric_limits<int>::max()));
  context.libtorch = optional_text(line, "libtorch");
  context.date = optional_text(line, "date");
  context.title = optional_text(line, "title");
  context.reference = optional_text(line, "reference");
  context.note = optional_text(line, line.contains("note") ? "note" : "know");
  return context;
}

std::map<std::string, double> coordinates(const Json& line) {
  std::map<std::string, double> at;
  if (!line.contains("at")) return at;
  if (!line.at("at").is_object()) reject("at", "must be an object of numbers", shown(line.at("at")));
  for (const auto& [name, value] : line.at("at").items()) {
    if (!value.is_number()) reject("at", "must be an object of numbers", shown(value));
    at.emplace(name, value.get<double>());
  }
  return at;
}

std::map<std::string, std::string> choices_from_json(const Json& line) {
  std::map<std::string, std::string> choices;
  if (!line.contains("choices")) return choices;
  if (!line.at("choices").is_object())
    reject("choices", "must be an object of words", shown(line.at("choices")));
  for (const auto& [name, value] : line.at("choices").items()) {
    if (!value.is_string()) reject("choices", "must be an object of words", shown(value));
    choices.emplace(name, value.get<std::string>());
  }
  return choices;
}

CaseRecord case_from_json(const Json& line) {
  return {text(line, "name"),
          text(line, "network"),
          optional_text(line, "inputs"),
          optional_text(line, "initializer"),
          optional_text(line, "functional"),
          optional_text(line, "batch_norm"),
          optional_text(line, "dtype"),
          whole(line, "seeds", 1),
          coordinates(line),
          choices_from_json(line),
          optional_text(line, "settings")};
}

GraphRecord graph_from_json(const Json& line) {
  GraphRecord graph;
  graph.case_name = optional_text(line, "case");
  for (const Json& entry : list(line, "nodes")) graph.nodes.push_back(node_from_json(entry));
  read_edges(line, "edges", false, graph);
  if (line.contains("skips")) read_edges(line, "skips", true, graph);
  return graph;
}

Reading reading_from_json(const Json& line) {
  const NumberReader numbers(line);
  Reading reading;
  reading.case_name = optional_text(line, "case");
  reading.name = text(line, "name");
  reading.type = reading_type(text(line, "type"));
  reading.tap = optional_text(line, "tap");
  // Schema 1 called it a layer.
  for (const char* key : {"layer", "depth"}) {
    if (line.contains(key)) reading.depth = layer_number(key, line.at(key));
  }
  reading.undefined = optional_text(line, "undefined");
  if (reading.is_defined()) read_values(line, numbers, reading);
  reading.bound = optional_text(line, "bound");
  if (optional_text(line, "mean") == "geometric") reading.over_seeds = SeedMean::geometric;
  reading.n = whole(line, "n", 1);
  if (line.contains("draws")) reading.draws = numbers.numbers("draws");
  reading.undefined_count = whole(line, "undefined_count", 0);
  reading.functional = optional_text(line, "functional");
  reading.batch_norm = optional_text(line, "batch_norm");
  return reading;
}

PredictionRecord prediction_from_json(const Json& line) {
  return {reading_from_json(line), optional_text(line, "theory"), optional_text(line, "assumes")};
}

LayerRange layers_from_json(const Json& line) {
  const Json& layers = list(line, "layers");
  if (layers.size() != 2) reject("layers", "must be [first, last]", shown(layers));
  return {layer_number("layers", layers[0]), layer_number("layers", layers[1])};
}

bool flag(const Json& line, const char* key) {
  const Json& value = required(line, key);
  if (!value.is_boolean()) reject(key, "must be true or false", shown(value));
  return value.get<bool>();
}

Remedy remedy_from_json(const Json& entry) {
  if (!entry.is_object()) reject("remedies", "must be objects", shown(entry));
  const NumberReader numbers(entry);
  Remedy remedy;
  remedy.kind = parse_remedy_kind(text(entry, "kind"));
  if (entry.contains("layers")) remedy.layers = layers_from_json(entry);
  remedy.scheme = optional_text(entry, "scheme");
  remedy.value = optional_number(entry, numbers, "value");
  if (entry.contains("reading")) {
    remedy.promise =
        Remedy::Promise{text(entry, "reading"), numbers.number("promised"), optional_text(entry, "theory")};
  }
  remedy.now = optional_number(entry, numbers, "now");
  remedy.measured = optional_number(entry, numbers, "measured");
  if (entry.contains("falls_short")) remedy.falls_short = flag(entry, "falls_short");
  return remedy;
}

Finding finding_from_json(const Json& line) {
  Finding finding;
  finding.case_name = optional_text(line, "case");
  finding.id = text(line, "id");
  finding.severity = severity(text(line, "severity"));
  finding.headline = optional_text(line, "headline");
  if (line.contains("layers")) finding.layers = layers_from_json(line);
  if (line.contains("evidence")) {
    if (!line.at("evidence").is_object()) reject("evidence", "must be an object", shown(line.at("evidence")));
    for (const auto& entry : line.at("evidence")) finding.evidence.push_back(evidence_from_json(entry));
  }
  finding.why = optional_text(line, "why");
  finding.next = optional_text(line, "next");
  if (line.contains("remedies")) {
    for (const Json& entry : list(line, "remedies")) finding.remedies.push_back(remedy_from_json(entry));
  }
  finding.cause = optional_text(line, "cause");
  finding.confidence = optional_text(line, "confidence");
  return finding;
}

VerdictRecord verdict_from_json(const Json& line) {
  VerdictRecord verdict;
  verdict.verdict = text(line, "verdict");
  if (line.contains("healthy")) verdict.healthy = texts(line, "healthy");
  return verdict;
}

Claim claim_from_json(const Json& line) {
  const NumberReader numbers(line);
  Claim claim;
  claim.study = text(line, "study");
  claim.case_name = optional_text(line, "case");
  claim.sentence = text(line, "claim");
  claim.measured = numbers.number("measured");
  claim.measured_standard_error = optional_number(line, numbers, "measured_standard_error");
  claim.expected = numbers.number("expected");
  claim.expected_standard_error = optional_number(line, numbers, "expected_standard_error");
  claim.tolerance = numbers.number("tolerance");
  claim.logarithmic = optional_text(line, "scale") == "log";
  claim.detectable = optional_number(line, numbers, line.contains("detectable") ? "detectable" : "power");
  claim.provenance = optional_text(line, "provenance");
  claim.pass = flag(line, "pass");
  return claim;
}

EpochRecord epoch_from_json(const Json& line) {
  const NumberReader numbers(line);
  EpochRecord epoch;
  epoch.case_name = optional_text(line, "case");
  epoch.epoch = whole(line, "epoch", 0);
  epoch.train_loss = numbers.number("train_loss");
  epoch.train_accuracy = numbers.number("train_accuracy");
  epoch.test_loss = optional_number(line, numbers, "test_loss");
  epoch.test_accuracy = optional_number(line, numbers, "test_accuracy");
  epoch.learning_rate = numbers.number("learning_rate");
  epoch.images_per_second = optional_number(line, numbers, "images_per_second").value_or(0);
  return epoch;
}

CoverageRecord coverage_from_json(const Json& line) {
  CoverageRecord coverage;
  coverage.case_name = optional_text(line, "case");
  coverage.nodes = whole(line, "nodes", 0);
  coverage.measured = whole(line, "measured", 0);
  if (line.contains("approximated")) coverage.approximated = texts(line, "approximated");
  if (line.contains("skipped")) {
    for (const Json& entry : list(line, "skipped")) {
      if (!entry.is_object()) reject("skipped", "must hold objects", shown(entry));
      coverage.skipped.push_back({text(entry, "node"), optional_text(entry, "reason")});
    }
  }
  return coverage;
}

}  // namespace shatterproof
