// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/preset.h"

#include <vector>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

constexpr const char* kNone = "none";

const PresetRecord* find_preset(std::string_view name) {
  for (const PresetRecord& preset : presets()) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

}  // namespace

std::span<const PresetRecord> presets() {
  static const std::vector<PresetRecord> table = {
      {"relu", "none", "relu", "he"},           {"layer_relu", "layer", "relu", "he"},
      {"batch_relu", "batch", "relu", "he"},    {"tanh", "none", "tanh", "lecun"},
      {"layer_tanh", "layer", "tanh", "lecun"}, {"batch_tanh", "batch", "tanh", "lecun"},
      {"selu", "none", "selu", "lecun"},
  };
  return table;
}

const PresetRecord* preset_of(const Spec& values) {
  const std::string name = values.word("preset", kNone);
  if (name == kNone) return nullptr;
  const PresetRecord* preset = find_preset(name);
  if (!preset) {
    std::vector<std::string> known = {kNone};
    for (const PresetRecord& record : presets()) known.push_back(record.name);
    reject_unknown(values.name(), "preset", name, known);
  }
  for (const char* option : {"norm", "activation", "count", "layers_per_block"}) {
    if (values.has(option)) reject(values.name(), "a preset already says " + std::string(option), option);
  }
  return preset;
}

void apply(const PresetRecord& preset, FullyConnectedOptions& options) {
  options.input = options.width = options.output = 100;
  options.depth = 50;
  options.norm = preset.norm;
  options.activation = preset.activation;
}

std::string default_initializer(std::string_view spec) {
  const PresetRecord* preset = find_preset(Spec::parse(spec).word("preset", kNone));
  return preset ? preset->initializer : "he";
}

}  // namespace shatterproof
