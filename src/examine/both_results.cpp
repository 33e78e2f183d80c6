// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/compare.h"

namespace shatterproof {
namespace {

// "A", and of one of several networks "A: its name".
std::string name_of(const char* side, const std::string& case_name) {
  return case_name.empty() ? side : std::string(side) + ": " + case_name;
}

CaseRecord case_of(const char* side, const ContextRecord& context) {
  CaseRecord one;
  one.name = side;
  one.network = context.network;
  one.inputs = context.inputs;
  one.initializer = context.initializer;
  one.functional = context.functional;
  one.dtype = context.dtype;
  one.seeds = context.seeds;
  return one;
}

void write_cases(ResultsWriter& writer, const char* side, const Results& results) {
  if (results.cases.empty()) writer.write(case_of(side, results.context));
  for (CaseRecord one : results.cases) {
    one.name = name_of(side, one.name);
    writer.write(one);
  }
}

// Records that say which network they speak of, under that side's name.
template <typename Record>
void write_as(ResultsWriter& writer, const char* side, const std::vector<Record>& records) {
  for (Record one : records) {
    one.case_name = name_of(side, one.case_name);
    writer.write(one);
  }
}

void write_side(ResultsWriter& writer, const char* side, const Results& results) {
  write_as(writer, side, results.graphs);
  write_as(writer, side, results.readings);
  for (PredictionRecord one : results.predictions) {
    one.reading.case_name = name_of(side, one.reading.case_name);
    writer.write(one);
  }
  write_as(writer, side, results.findings);
  write_as(writer, side, results.coverage);
}

}  // namespace

Results results_of(const Checked& checked) {
  Results results;
  results.context = checked.context;
  if (checked.graph) results.graphs.push_back(*checked.graph);
  results.readings = checked.readings;
  results.predictions = checked.predictions;
  results.findings = checked.diagnosis.findings;
  results.verdicts = {verdict_record(checked.diagnosis)};
  results.coverage = {checked.coverage};
  return results;
}

void write(ResultsWriter& writer, const Results& a, const Results& b, const Comparison& comparison) {
  ContextRecord context = a.context;
  context.network = a.context.network + " | " + b.context.network;
  context.title = "A: " + a.context.network + ", B: " + b.context.network;
  writer.write(context);
  write_cases(writer, "A", a);
  write_cases(writer, "B", b);
  write_side(writer, "A", a);
  write_side(writer, "B", b);
  for (const DifferenceRecord& one : comparison.differences) writer.write(one);
}

}  // namespace shatterproof
