// SPDX-License-Identifier: Apache-2.0
#include "study/case_table.h"

#include <fmt/format.h>

#include <cmath>
#include <sstream>

#include "shatterproof/architecture/preset.h"
#include "shatterproof/core/error.h"
#include "study/image_inputs.h"
#include "study/settings.h"

namespace shatterproof {
namespace {

constexpr int64_t kMostSeeds = 1'000'000;

class SettingReader {
 public:
  explicit SettingReader(TomlTable& table) : table_(table) {}

  void operator()(std::string_view key, std::string& word) { word = table_.word(key, word); }
  void operator()(std::string_view key, int64_t& count) { count = table_.count(key, count); }
  void operator()(std::string_view key, bool& flag) { flag = table_.flag(key, flag); }
  void operator()(std::string_view key, double& number) { number = table_.number(key).value_or(number); }
  void operator()(std::string_view key, std::optional<double>& number) {
    if (const std::optional<double> given = table_.number(key)) number = given;
  }
  void operator()(std::string_view key, std::vector<double>& numbers) {
    if (std::vector<double> given = table_.numbers(key); !given.empty()) numbers = std::move(given);
  }
  void operator()(std::string_view key, std::vector<std::string>& words) {
    if (std::vector<std::string> given = table_.words(key); !given.empty()) words = std::move(given);
  }

 private:
  TomlTable& table_;
};

// What is empty or 0 is not given: that is how it is read back.
class SettingWriter {
 public:
  explicit SettingWriter(toml::table& table) : table_(table) {}

  void operator()(std::string_view key, const std::string& word) {
    if (!word.empty()) table_.insert(key, word);
  }
  void operator()(std::string_view key, int64_t count) {
    if (count != 0) table_.insert(key, count);
  }
  void operator()(std::string_view key, bool flag) {
    if (flag) table_.insert(key, flag);
  }
  void operator()(std::string_view key, double number) { table_.insert(key, number); }
  void operator()(std::string_view key, const std::optional<double>& number) {
    if (number) table_.insert(key, *number);
  }
  void operator()(std::string_view key, const std::vector<double>& numbers) {
    if (numbers.empty()) return;
    toml::array list;
    for (const double number : numbers) list.push_back(number);
    table_.insert(key, std::move(list));
  }
  void operator()(std::string_view key, const std::vector<std::string>& words) {
    if (words.empty()) return;
    toml::array list;
    for (const std::string& word : words) list.push_back(word);
    table_.insert(key, std::move(list));
  }

 private:
  toml::table& table_;
};

StudyTraining training_of(TomlTable& reader) {
  StudyTraining training;
  each_setting_of_training(training, SettingReader(reader));
  reader.reject_unread();
  if (training.learning_rate.has_value() + training.learning_rate_times_depth.has_value() +
          !training.learning_rates.empty() >
      1)
    reject(reader.where(), "give one of learning_rate, learning_rates and learning_rate_times_depth",
           "several");
  constexpr size_t kMostRates = 100;
  if (training.learning_rates.size() > kMostRates)
    reject(reader.where(), fmt::format("learning_rates may be at most {}", kMostRates),
           std::to_string(training.learning_rates.size()));
  for (const double rate : training.learning_rates) {
    if (!(rate > 0 && std::isfinite(rate)))
      reject(reader.where(), "learning_rates must be above 0 and finite", fmt::format("{}", rate));
  }
  if (!training.layer_rates.empty() && training.layer_rates != "update_budget")
    reject_unknown(reader.where(), "layer_rates", training.layer_rates, {"update_budget"});
  return training;
}

StudySource source_of(TomlTable& table) {
  const std::string network = table.word("network", ""), noise = table.word("noise", ""),
                    gates = table.word("gates", "");
  const int given = !network.empty() + !noise.empty() + !gates.empty();
  if (given != 1) reject(table.where(), "give one of network, noise and gates", std::to_string(given));
  const toml::table* training = table.table("train");
  if (training != nullptr && network.empty())
    reject(table.where(), "what is trained is a network", noise.empty() ? "gates" : "noise");
  if (training != nullptr) {
    TomlTable reader(*training, table.where() + ", train");
    return TrainedNetwork{network, training_of(reader)};
  }
  if (!network.empty()) return DrawnNetwork{network};
  if (!gates.empty()) return IndependentGates{gates};
  if (noise != "white" && noise != "brown") reject_unknown(table.where(), "noise", noise, {"white", "brown"});
  return NoiseSeries{noise};
}

struct SourceWriter {
  void operator()(const DrawnNetwork& network) { table.insert("network", network.family); }
  void operator()(const TrainedNetwork& network) {
    table.insert("network", network.family);
    toml::table training;
    each_setting_of_training(network.training, SettingWriter(training));
    training.is_inline(true);  // stays within its case wherever the text is put
    table.insert("train", std::move(training));
  }
  void operator()(const NoiseSeries& noise) { table.insert("noise", noise.color); }
  void operator()(const IndependentGates& gates) { table.insert("gates", gates.family); }

  toml::table& table;
};

toml::table table_of(const StudyCase& study_case) {
  toml::table table;
  std::visit(SourceWriter{table}, study_case.source);
  each_setting(study_case, SettingWriter(table));
  return table;
}

std::string text_of(const toml::table& table) {
  std::ostringstream text;
  text << table << '\n';
  return text.str();
}

}  // namespace

void read_settings(TomlTable& table, StudyCase& study_case) {
  study_case.source = source_of(table);
  if (const std::string* network = network_of(study_case.source))
    study_case.initializer = default_initializer(*network);
  each_setting(study_case, SettingReader(table));
  if (study_case.project > 0 && !runs_on_images(study_case))
    reject(table.where(), "project speaks of images", study_case.inputs);
  if (study_case.seeds > kMostSeeds) {
    reject(table.where(), fmt::format("seeds must be at most {}", kMostSeeds),
           std::to_string(study_case.seeds));
  }
  if (study_case.measurements.empty() && !study_case.check)
    reject(table.where(), "measure must name a measurement, unless check = true", "none");
  if (study_case.check && !std::holds_alternative<DrawnNetwork>(study_case.source))
    reject(table.where(), "what is checked is a network, before it is trained", "another source");
  if (study_case.check && (study_case.project > 0 || !study_case.order_by.empty()))
    reject(table.where(), "a check takes images as they are", "project or order_by");
}

bool is_named(const StudyCase& study_case, const std::string& name) {
  return study_case.name == name || study_case.name.starts_with(name + ", depth ");
}

const std::string* network_of(const StudySource& source) {
  if (const auto* drawn = std::get_if<DrawnNetwork>(&source)) return &drawn->family;
  if (const auto* trained = std::get_if<TrainedNetwork>(&source)) return &trained->family;
  return nullptr;
}

std::string to_toml(const StudyCase& study_case) {
  return text_of(table_of(study_case));
}

// How many seeds there are changes no reading of one of them.
std::string StudyCase::key() const {
  toml::table table = table_of(*this);
  table.erase("seeds");
  if (runs_on_images(*this)) table.insert("images", images);
  return text_of(table);
}

}  // namespace shatterproof
