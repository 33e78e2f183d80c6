// SPDX-License-Identifier: Apache-2.0
// Judges every network of a population before training, and trains it:
//
//   evidence_population DATA OUT.jsonl [--members N] [--shard I/N] [--trained FILE.jsonl] [--dense]
//
// DATA holds the folders mnist and cifar10. Every member gives one line: what it is, what `check` found in
// its initial weights and would find by other thresholds, and how far each of six short trainings came.
// Members that OUT.jsonl has are left out, so the same command goes on where it was interrupted; shards write
// files of their own.
// --dense leaves out convolutions and transformers, whose trainings take fifty times as long.
// --trained judges the members of an earlier file anew and takes their trainings from there.
// evidence/figures.py makes the tables of docs/evidence.md of the lines.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "attempt.h"
#include "member.h"
#include "sensitivity.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/examine/check.h"

using namespace shatterproof;
using nlohmann::ordered_json;

namespace {

struct Arguments {
  std::string data, out, trained;
  int64_t members = 320, shard = 0, shards = 1;
  bool dense_only = false;
};

Arguments parse(const std::vector<std::string>& words) {
  const std::string usage =
      "usage: evidence_population DATA OUT.jsonl [--members N] [--shard I/N] [--trained FILE.jsonl] "
      "[--dense]";
  if (words.size() < 2) throw std::invalid_argument(usage);
  Arguments arguments{.data = words[0], .out = words[1]};
  const auto number = [&](const std::string& text) {
    const auto value = parse_whole_number(text);
    if (!value || *value < 0) throw std::invalid_argument(usage);
    return *value;
  };
  for (size_t i = 2; i < words.size(); i += 2) {
    if (words[i] == "--dense") {
      arguments.dense_only = true;
      --i;
      continue;
    }
    if (i + 1 == words.size()) throw std::invalid_argument(usage);
    if (words[i] == "--members") {
      arguments.members = number(words[i + 1]);
    } else if (words[i] == "--shard") {
      const size_t slash = words[i + 1].find('/');
      if (slash == std::string::npos) throw std::invalid_argument(usage);
      arguments.shard = number(words[i + 1].substr(0, slash));
      arguments.shards = number(words[i + 1].substr(slash + 1));
    } else if (words[i] == "--trained") {
      arguments.trained = words[i + 1];
    } else {
      throw std::invalid_argument(usage);
    }
  }
  if (arguments.shard >= arguments.shards) throw std::invalid_argument(usage);
  return arguments;
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The lines of an earlier run, by member; none where there is no such file.
std::map<int64_t, ordered_json> lines_of(const std::string& path) {
  std::map<int64_t, ordered_json> found;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    ordered_json made = ordered_json::parse(line);
    const auto index = made.at("member").get<int64_t>();
    found.emplace(index, std::move(made));
  }
  return found;
}

ordered_json finding_json(const Finding& finding) {
  return {{"id", finding.id}, {"severity", to_string(finding.severity)}, {"cause", finding.cause}};
}

// What rivals would decide by.
ordered_json baselines(const Checked& checked) {
  ordered_json made;
  for (const Reading& reading : checked.readings) {
    if (!reading.is_defined() || reading.values.empty()) continue;
    if (reading.name == "end_to_end_gain" && reading.values.size() == 1) made["gain"] = reading.values[0];
    if (reading.name == "gradient_mean_square" && reading.values.size() > 1)
      made["gradient_ratio"] = reading.values.front() / reading.values.back();
  }
  return made;
}

ordered_json rehearsal_json(const Rehearsal& rehearsal) {
  return {{"verdict", to_string(rehearsal.verdict)},
          {"share", rehearsal.share()},
          {"steps", rehearsal.steps},
          {"at_once", rehearsal.at_once},
          {"around", rehearsal.around_share.value_or(-1)},
          {"seconds", rehearsal.seconds}};
}

ordered_json judged(const Member& member, const Network& network, const std::string& data) {
  const Subject subject = subject_of_network(network);
  CheckOptions options;
  options.threads = 1;
  options.examples.source = fmt::format("{}:{}/{}", member.task, data, member.task);
  options.examples.count = 128;
  options.examples.standardize = member.scaled;
  options.rehearsal_seconds = 120;  // never the limit, so that the verdict does not depend on the machine
  ordered_json by_others;
  options.examined = [&](const Examination& examination) {
    by_others = verdicts_by_other_thresholds(examination);
  };
  const Stopwatch watch;
  const Checked checked = check(subject, options);
  ordered_json findings = ordered_json::array();
  for (const Finding& finding : checked.diagnosis.findings) findings.push_back(finding_json(finding));
  ordered_json made = {{"verdict", verdict_record(checked.diagnosis).verdict},
                       {"findings", findings},
                       {"baselines", baselines(checked)},
                       {"by_other_thresholds", by_others},
                       {"seconds", watch.seconds()}};
  if (checked.rehearsal) made["rehearsal"] = rehearsal_json(*checked.rehearsal);
  return made;
}

ordered_json trained(const std::vector<Attempt>& attempts) {
  ordered_json made = ordered_json::array();
  for (const Attempt& attempt : attempts) {
    made.push_back({{"optimizer", attempt.optimizer},
                    {"rate", attempt.rate},
                    {"accuracy", attempt.accuracy},
                    {"steps", attempt.steps}});
  }
  return made;
}

bool is_dense(const Member& member) {
  return !member.family.starts_with("conv") && !member.family.starts_with("transformer");
}

// Seven tenths of the way from guessing to what one hidden layer comes to.
double enough(double reference) {
  constexpr double kGuessing = .1, kShare = .7;
  return kGuessing + kShare * (reference - kGuessing);
}

class Population {
 public:
  explicit Population(Arguments arguments)
      : arguments_(std::move(arguments)), trained_(lines_of(arguments_.trained)) {}

  void judge_all() {
    const std::map<int64_t, ordered_json> done = lines_of(arguments_.out);
    std::ofstream out(arguments_.out, std::ios::app);
    for (int64_t i = arguments_.shard; i < arguments_.members; i += arguments_.shards) {
      if (done.contains(i) || (!arguments_.trained.empty() && !trained_.contains(i))) continue;
      const Member one = member(i);
      if (arguments_.dense_only && !is_dense(one)) continue;
      out << line(one).dump() << std::endl;
      if (!out) throw std::runtime_error(fmt::format("{}: cannot be written", arguments_.out));
      std::fprintf(stderr, "member %ld of %ld\n", static_cast<long>(i),
                   static_cast<long>(arguments_.members));
    }
  }

 private:
  ordered_json line(const Member& member) {
    const Network network = drawn(member);
    ordered_json made = {{"member", member.index}, {"family", member.family}, {"init", member.scheme},
                         {"task", member.task},    {"scaled", member.scaled}, {"depth", member.depth}};
    made["check"] = judged(member, network, arguments_.data);
    const auto known = trained_.find(member.index);
    made.update(known == trained_.end() ? training_of(member, network) : training_in(known->second));
    return made;
  }

  static ordered_json training_in(const ordered_json& line) {
    ordered_json made;
    for (const char* key : {"attempts", "accuracy", "reference", "enough", "training_seconds"}) {
      if (line.contains(key)) made[key] = line.at(key);
    }
    return made;
  }

  ordered_json training_of(const Member& member, const Network& network) {
    const double reference = reference_accuracy(member.task);
    const Stopwatch watch;
    const Task task = task_of(member.task, arguments_.data, member.scaled, network);
    const std::vector<Attempt> tried = attempts(network, task, enough(reference));
    return {{"attempts", trained(tried)},
            {"accuracy", best_accuracy(tried)},
            {"reference", reference},
            {"enough", enough(reference)},
            {"training_seconds", watch.seconds()}};
  }

  double reference_accuracy(const std::string& task) {
    const auto known = references_.find(task);
    if (known != references_.end()) return known->second;
    const Member reference = reference_of(task);
    const Network network = drawn(reference);
    const double accuracy =
        best_accuracy(attempts(network, task_of(task, arguments_.data, true, network), 1));
    return references_.emplace(task, accuracy).first->second;
  }

  Arguments arguments_;
  std::map<int64_t, ordered_json> trained_;  // earlier, by member
  std::map<std::string, double> references_;
};

}  // namespace

int main(int count, char** words) {
  try {
    use_threads(1);
    Population(parse({words + 1, words + count})).judge_all();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "evidence_population: %s\n", error.what());
    return 2;
  }
}
