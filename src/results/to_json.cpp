// SPDX-License-Identifier: Apache-2.0
#include "results/json.h"

namespace shatterproof {
namespace {

constexpr int kMatrixDigits = 5;

void put_text(Json& line, const char* key, const std::string& text) {
  if (!text.empty()) line[key] = text;
}

void put_values(Json& line, const Reading& reading, NumberWriter& numbers) {
  const bool scalar = reading.type == ReadingType::scalar;
  switch (reading.type) {
    case ReadingType::scalar:
      numbers.put("value", reading.value());
      break;
    case ReadingType::matrix:
      line["shape"] = reading.shape;
      numbers.put("values", reading.values, kMatrixDigits);
      break;
    case ReadingType::curve:
    case ReadingType::histogram:
      line["x_name"] = reading.x_name;
      numbers.put("x", reading.x);
      if (!reading.x_labels.empty()) line["x_labels"] = reading.x_labels;
      numbers.put("y", reading.values);
      break;
  }
  if (reading.standard_error.empty()) return;
  if (scalar) {
    numbers.put("standard_error", reading.standard_error.front());
  } else {
    numbers.put("standard_error", reading.standard_error,
                reading.type == ReadingType::matrix ? kMatrixDigits : 0);
  }
}

Json to_json(const Evidence& evidence) {
  Json entry = {{"name", evidence.name}};
  NumberWriter numbers(entry);
  put_text(entry, "tap", evidence.tap);
  numbers.put("value", evidence.value);
  put_text(entry, "bound", evidence.bound);
  if (evidence.standard_error) numbers.put("standard_error", *evidence.standard_error);
  if (evidence.healthy) numbers.put("healthy", *evidence.healthy);
  put_text(entry, "healthy_side", evidence.healthy_side);
  if (evidence.theory) numbers.put("theory", *evidence.theory);
  numbers.finish();
  return entry;
}

}  // namespace

Json to_json(const ContextRecord& context) {
  Json line = {{"kind", "context"},          {"schema", context.schema},   {"version", context.version},
               {"command", context.command}, {"network", context.network}, {"inputs", context.inputs}};
  put_text(line, "initializer", context.initializer);
  line["seed"] = context.seed;
  if (context.seeds > 0) {
    line["examples"] = context.examples;
    line["seeds"] = context.seeds;
  }
  line["functional"] = context.functional;
  line["batch_norm"] = context.batch_norm;
  put_text(line, "dtype", context.dtype);
  line["device"] = context.device;
  line["threads"] = context.threads;
  line["libtorch"] = context.libtorch;
  put_text(line, "date", context.date);
  put_text(line, "title", context.title);
  put_text(line, "reference", context.reference);
  put_text(line, "note", context.note);
  return line;
}

Json to_json(const GraphRecord& graph) {
  Json line = {{"kind", "graph"}};
  put_text(line, "case", graph.case_name);
  Json nodes = Json::array(), edges = Json::array(), skips = Json::array();
  for (const GraphRecord::Node& node : graph.nodes) {
    Json entry = {{"name", node.name}, {"operator", node.op}, {"depth", node.depth}};
    if (node.layer > 0) entry["layer"] = node.layer;
    if (!node.taps.empty()) entry["taps"] = node.taps;
    nodes.push_back(std::move(entry));
  }
  for (const GraphRecord::Edge& edge : graph.edges)
    (edge.skip ? skips : edges).push_back({edge.from, edge.to});
  line["nodes"] = std::move(nodes);
  line["edges"] = std::move(edges);
  line["skips"] = std::move(skips);
  return line;
}

Json to_json(const CaseRecord& one) {
  Json line = {{"kind", "case"}, {"name", one.name}, {"network", one.network}, {"inputs", one.inputs}};
  put_text(line, "initializer", one.initializer);
  put_text(line, "functional", one.functional);
  put_text(line, "batch_norm", one.batch_norm);
  line["dtype"] = one.dtype;
  line["seeds"] = one.seeds;
  if (!one.at.empty()) line["at"] = one.at;
  if (!one.choices.empty()) line["choices"] = one.choices;
  put_text(line, "settings", one.settings);
  return line;
}

Json to_json(const Reading& reading) {
  Json line = {{"kind", "reading"}};
  NumberWriter numbers(line);
  put_text(line, "case", reading.case_name);
  line["name"] = reading.name;
  put_text(line, "tap", reading.tap);
  if (reading.depth) line["depth"] = *reading.depth;
  line["type"] = to_string(reading.type);
  if (reading.is_defined()) {
    put_values(line, reading, numbers);
    put_text(line, "bound", reading.bound);
  } else {
    line["undefined"] = reading.undefined;
  }
  put_text(line, "mean", reading.over_seeds == SeedMean::geometric ? "geometric" : "");
  line["n"] = reading.n;
  constexpr int kDigitsOfDraws = 7;
  if (!reading.draws.empty()) numbers.put("draws", reading.draws, kDigitsOfDraws);
  if (reading.undefined_count > 0) line["undefined_count"] = reading.undefined_count;
  put_text(line, "functional", reading.functional);
  put_text(line, "batch_norm", reading.batch_norm);
  numbers.finish();
  return line;
}

Json to_json(const PredictionRecord& prediction) {
  Json line = to_json(prediction.reading);
  line["kind"] = "prediction";
  put_text(line, "theory", prediction.theory);
  line["assumes"] = prediction.assumes;
  return line;
}

Json to_json(const Remedy& remedy) {
  Json entry = {{"kind", to_string(remedy.kind)}};
  NumberWriter numbers(entry);
  if (remedy.layers) entry["layers"] = {remedy.layers->first, remedy.layers->last};
  put_text(entry, "scheme", remedy.scheme);
  if (remedy.value) numbers.put("value", *remedy.value);
  if (remedy.promise) {
    entry["reading"] = remedy.promise->reading;
    numbers.put("promised", remedy.promise->value);
    put_text(entry, "theory", remedy.promise->theory);
  }
  if (remedy.now) numbers.put("now", *remedy.now);
  if (remedy.measured) numbers.put("measured", *remedy.measured);
  if (remedy.falls_short) entry["falls_short"] = true;
  numbers.finish();
  return entry;
}

Json to_json(const Finding& finding) {
  Json line = {{"kind", "finding"}};
  put_text(line, "case", finding.case_name);
  line["id"] = finding.id;
  line["severity"] = to_string(finding.severity);
  put_text(line, "headline", finding.headline);
  if (finding.layers) line["layers"] = {finding.layers->first, finding.layers->last};
  Json evidence = Json::object();
  for (const Evidence& number : finding.evidence) {
    evidence[number.tap.empty() ? number.name : number.name + "@" + number.tap] = to_json(number);
  }
  line["evidence"] = std::move(evidence);
  line["why"] = finding.why;
  line["next"] = finding.next;
  for (const Remedy& remedy : finding.remedies) line["remedies"].push_back(to_json(remedy));
  put_text(line, "cause", finding.cause);
  put_text(line, "confidence", finding.confidence);
  return line;
}

Json to_json(const VerdictRecord& verdict) {
  return {{"kind", "verdict"}, {"verdict", verdict.verdict}, {"healthy", verdict.healthy}};
}

Json to_json(const Claim& claim) {
  Json line = {{"kind", "claim"}, {"study", claim.study}};
  put_text(line, "case", claim.case_name);
  line["claim"] = claim.sentence;
  NumberWriter numbers(line);
  numbers.put("measured", claim.measured);
  if (claim.measured_standard_error) numbers.put("measured_standard_error", *claim.measured_standard_error);
  numbers.put("expected", claim.expected);
  if (claim.expected_standard_error) numbers.put("expected_standard_error", *claim.expected_standard_error);
  numbers.put("tolerance", claim.tolerance);
  put_text(line, "scale", claim.logarithmic ? "log" : "");
  if (claim.detectable) numbers.put("detectable", *claim.detectable);
  line["provenance"] = claim.provenance;
  line["pass"] = claim.pass;
  numbers.finish();
  return line;
}

Json to_json(const DifferenceRecord& difference) {
  Json line = {{"kind", "difference"}};
  NumberWriter numbers(line);
  put_text(line, "case", difference.case_name);
  line["name"] = difference.name;
  put_text(line, "tap", difference.tap);
  put_text(line, "x_name", difference.x_name);
  if (difference.x) numbers.put("x", *difference.x);
  if (difference.other_x) numbers.put("other_x", *difference.other_x);
  numbers.put("a", difference.a);
  numbers.put("b", difference.b);
  put_text(line, "scale", difference.logarithmic ? "log" : "");
  numbers.put("difference", difference.difference);
  if (difference.standard_error) numbers.put("standard_error", *difference.standard_error);
  if (difference.pairs > 0) line["pairs"] = difference.pairs;
  if (difference.probability) numbers.put("probability", *difference.probability);
  line["differs"] = difference.differs;
  put_text(line, "functional", difference.functional);
  put_text(line, "batch_norm", difference.batch_norm);
  numbers.finish();
  return line;
}

Json to_json(const ChangeRecord& change) {
  Json line = {{"kind", "change"}, {"changes", Json::array()}};
  for (const Remedy& one : change.changes) line["changes"].push_back(to_json(one));
  NumberWriter numbers(line);
  line["left"] = change.left;
  line["worst"] = to_string(change.worst);
  put_text(line, "reading", change.reading);
  for (const auto& [key, number] : {std::pair("before", &change.before),
                                    {"predicted", &change.predicted},
                                    {"after", &change.after},
                                    {"loss_before", &change.loss_before},
                                    {"loss_after", &change.loss_after},
                                    {"learned_before", &change.learned_before},
                                    {"learned_after", &change.learned_after},
                                    {"constant_loss", &change.constant_loss}}) {
    if (*number) numbers.put(key, **number);
  }
  put_text(line, "rehearsal", change.rehearsal);
  line["helps"] = change.helps;
  line["kept"] = change.kept;
  numbers.finish();
  return line;
}

Json to_json(const EpochRecord& epoch) {
  Json line = {{"kind", "epoch"}};
  NumberWriter numbers(line);
  put_text(line, "case", epoch.case_name);
  line["epoch"] = epoch.epoch;
  numbers.put("train_loss", epoch.train_loss);
  numbers.put("train_accuracy", epoch.train_accuracy);
  if (epoch.test_loss) numbers.put("test_loss", *epoch.test_loss);
  if (epoch.test_accuracy) numbers.put("test_accuracy", *epoch.test_accuracy);
  numbers.put("learning_rate", epoch.learning_rate);
  numbers.put("images_per_second", epoch.images_per_second);
  numbers.finish();
  return line;
}

Json to_json(const CoverageRecord& coverage) {
  Json line = {{"kind", "coverage"}};
  put_text(line, "case", coverage.case_name);
  line["nodes"] = coverage.nodes;
  line["measured"] = coverage.measured;
  line["approximated"] = coverage.approximated;
  Json skipped = Json::array();
  for (const auto& [node, reason] : coverage.skipped) skipped.push_back({{"node", node}, {"reason", reason}});
  line["skipped"] = std::move(skipped);
  return line;
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::watch:
      return "watch";
    case Severity::critical:
      return "critical";
  }
  return "";
}

}  // namespace shatterproof
