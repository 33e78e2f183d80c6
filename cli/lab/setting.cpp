// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/setting.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "cli/lab/control.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/study/study.h"

namespace shatterproof::cli {
namespace {

constexpr const char* kName = "lab";
// Multiplications of one forward pass: some seconds of a processor for everything that is shown.
constexpr double kMostWork = 2.5e9;
// The same over all steps of a training.
constexpr double kMostTrainingWork = 1.1e10;
constexpr int64_t kVectorInput = 100;

int64_t points_of(const std::string& inputs) {
  return parse_whole_number(inputs.substr(inputs.rfind(':') + 1)).value_or(0);
}

// All numbers of a request come by here: nothing behind them, finite, within what the control takes.
void require_in_range(const LabControl& control, const std::string& value) {
  const std::optional<double> number = parse_number(value);
  const auto& [least, most, step] = control.range;
  const bool whole = step >= 1;
  if (number && *number >= least && *number <= most && (!whole || *number == std::floor(*number))) return;
  reject(kName,
         fmt::format("{} must be a {}number from {} to {}", control.name, whole ? "whole " : "", least, most),
         "'" + printable(value) + "'");
}

}  // namespace

const std::vector<std::string>& lab_measurements(bool whole) {
  static const std::vector<std::string> picture = {"gradient_trace", "gradient_covariance",
                                                   "gradient_autocorrelation"};
  static const std::vector<std::string> all = {
      "gradient_trace",     "gradient_covariance",        "gradient_autocorrelation", "spectral_slope",
      "correlation_length", "gradient_scale_coefficient", "gradient_growth"};
  return whole ? all : picture;
}

LabSetting::LabSetting(const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values) set(name, value);
  require_meaning();
  require_affordable();
}

LabSetting LabSetting::of_words(const std::string& network, const std::string& init,
                                const std::string& inputs, const std::string& seed) {
  LabSetting setting;
  if (!network.empty()) {
    const std::string family = network.substr(0, network.find(':'));
    setting.set("family", family);
    const Spec spec = Spec::parse(network);
    for (const LabControl& control : lab_controls()) {
      if (control.of_network && spec.has(control.name))
        setting.set(control.name, spec.word(control.name, ""));
    }
    setting.take_crelu(spec);
    spec.reject_unread();
  }
  for (const auto& [name, value] : {std::pair("init", init), {"inputs", inputs}, {"seed", seed}}) {
    if (!value.empty()) setting.set(name, value);
  }
  setting.require_meaning();
  setting.require_affordable();
  return setting;
}

// A CReLU is one of the rectifier; the laboratory has one control for both.
void LabSetting::take_crelu(const Spec& spec) {
  if (!spec.flag("crelu", false)) return;
  if (const std::string activation = spec.word("activation", "relu");
      activation != "relu" && activation != "crelu")
    reject(kName, "crelu=true takes the place of the activation: give one of the two",
           "'activation=" + activation + "'");
  values_["activation"] = "crelu";
}

void LabSetting::set(const std::string& name, const std::string& value) {
  const LabControl* control = find_lab_control(name);
  if (!control) {
    std::vector<std::string> known;
    for (const LabControl& one : lab_controls()) known.push_back(one.name);
    reject_unknown(kName, "setting", name, known);
  }
  if (control->words.empty()) require_in_range(*control, value);
  if (!control->words.empty() &&
      std::find(control->words.begin(), control->words.end(), value) == control->words.end())
    reject_unknown(kName, name, value, control->words);
  if (const auto [place, is_new] = values_.emplace(name, value); !is_new)
    reject(kName, name + " must be given once", "'" + place->second + "' and '" + value + "'");
}

void LabSetting::require_meaning() const {
  const std::string family = word("family");
  for (const auto& [name, value] : values_) {
    const LabControl& control = *find_lab_control(name);
    if (!control.concerns(family))
      reject(kName,
             fmt::format("{} says nothing of {}, only of {}", name, family, fmt::join(control.only, " and ")),
             "'" + value + "'");
  }
}

void LabSetting::require_affordable() const {
  if (is_noise()) return;
  const double depth = static_cast<double>(count("depth")), width = static_cast<double>(count("width"));
  const double fan_in = word("activation") == "crelu" ? 2 * width : width;
  const double work = depth * width * fan_in * static_cast<double>(points_of(word("inputs")));
  if (work > kMostWork)
    reject(kName, fmt::format("depth times width squared times points must be at most {:g}", kMostWork),
           fmt::format("{:g}: fewer layers, units or points", work));
  if (work * static_cast<double>(count("steps")) > kMostTrainingWork)
    reject(kName, fmt::format("that times steps must be at most {:g}", kMostTrainingWork),
           fmt::format("{:g}: fewer steps, layers or units", work * static_cast<double>(count("steps"))));
}

std::string LabSetting::word(const std::string& control) const {
  const auto found = values_.find(control);
  return found == values_.end() ? find_lab_control(control)->otherwise : found->second;
}

// Of a range, or of words that are numbers.
double LabSetting::number(const std::string& control) const {
  return parse_number(word(control)).value();
}

int64_t LabSetting::count(const std::string& control) const {
  return static_cast<int64_t>(number(control));
}

bool LabSetting::is_noise() const {
  return word("family").ends_with("_noise");
}

std::string LabSetting::network() const {
  std::string spec = fmt::format("{}:depth={},width={}", word("family"), count("depth"), count("width"));
  if (word("norm") != "none") spec += ",norm=" + word("norm");
  if (word("family") == "residual" && word("beta") != "1") spec += ",beta=" + word("beta");
  if (word("activation") == "crelu") spec += ",crelu=true";
  if (word("activation") != "crelu" && word("activation") != "relu")
    spec += ",activation=" + word("activation");
  if (word("inputs").starts_with("path")) spec += fmt::format(",input={}", kVectorInput);
  if (count("steps") > 0) spec += ",output=2";
  return spec;
}

std::string LabSetting::functional() const {
  return count("steps") > 0 ? "logit:0" : "sum";
}

SessionOptions LabSetting::session() const {
  SessionOptions options;
  options.weights.scheme = word("init");
  options.weights.first_seed = static_cast<uint64_t>(count("seed"));
  options.weights.count = 1;
  options.examples.source = word("inputs");
  options.functional = Functional::parse(functional());
  return options;
}

std::string LabSetting::query() const {
  std::vector<std::string> parts;
  for (const LabControl& control : lab_controls()) {
    const auto found = values_.find(control.name);
    if (found != values_.end() && found->second != control.otherwise)
      parts.push_back(control.name + "=" + found->second);
  }
  return fmt::format("{}", fmt::join(parts, "&"));
}

std::vector<std::string> LabSetting::commands() const {
  if (is_noise()) {
    const std::string note = note_of_seed();
    return {"shatterproof reproduce laboratory.toml" + (note.empty() ? "" : "  # " + note)};
  }
  const std::string names = fmt::format("{}", fmt::join(lab_measurements(true), " "));
  const std::string inputs = "--inputs " + word("inputs");
  const std::string drawn = fmt::format("--init {} --seed {}", word("init"), count("seed"));
  if (count("steps") == 0) {
    const std::string one = fmt::format("{} {} --seeds 1 {}", network(), drawn, inputs);
    return {fmt::format("shatterproof measure {} {} --seeds 1 {}", network(), names, drawn + " " + inputs),
            fmt::format("shatterproof check {} --no-rehearsal", one)};
  }
  return {fmt::format("shatterproof train {} {} --data teacher:256:0:2 --batch 256 --epochs {} "
                      "--learning-rate {} -o laboratory.onnx",
                      network(), drawn, count("steps"), word("rate")),
          fmt::format(
              "shatterproof measure laboratory.onnx {} {} --functional {} --batch-norm detached --seed {}",
              names, inputs, functional(), count("seed"))};
}

// A study counts its seeds from 1 on.
std::string LabSetting::note_of_seed() const {
  if (count("seed") == 1) return "";
  return fmt::format("draws seed 1; the laboratory showed seed {}", count("seed"));
}

std::string LabSetting::study() const {
  if (!is_noise() && count("steps") > 0)
    reject(kName, "a study has no such training; the command lines print the same numbers",
           word("steps") + " steps");
  StudyCase one;
  one.name = is_noise() ? word("family") : network();
  if (is_noise()) one.source = NoiseSeries{word("family").substr(0, word("family").find('_'))};
  if (!is_noise()) one.source = DrawnNetwork{network()};
  one.initializer = word("init");
  one.inputs = word("inputs");
  one.functional = functional();
  one.seeds = 1;
  one.measurements = lab_measurements(!is_noise());
  if (is_noise()) one.measurements.push_back("spectral_slope");
  const std::string note = note_of_seed();
  return fmt::format("{}title = \"A state of the laboratory\"\n\n[[case]]\nname = \"{}\"\n{}",
                     note.empty() ? "" : "# This " + note + ".\n", one.name, to_toml(one));
}

}  // namespace shatterproof::cli
