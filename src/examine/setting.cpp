// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/setting.h"

#include <algorithm>
#include <vector>

#include "architecture/parametrization.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/architecture/feedforward.h"
#include "shatterproof/architecture/highway.h"
#include "shatterproof/architecture/preset.h"
#include "shatterproof/architecture/residual.h"
#include "shatterproof/architecture/shallow.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/theory/nonlinearity.h"

namespace shatterproof {
namespace {

// What theory has to know of a network, and why no theory speaks of it; empty where one may.
struct Read {
  Setting setting;
  std::string_view refusal;
};

// Throws on a nonlinearity that is none, as the network would when it is built.
void set_nonlinearity(Setting& setting, const auto& options) {
  nonlinearity_of(options.activation, options.slope);
  setting.width = options.width;
  setting.activation = options.activation;
  setting.slope = options.slope;
  setting.crelu = options.crelu;
  setting.norm = options.norm;
}

Setting fully_connected(const FullyConnectedOptions& options, DepthCount count) {
  Setting setting;
  set_nonlinearity(setting, options);
  setting.input = options.input;
  setting.depth = options.depth;
  setting.output = options.output;
  setting.embedding = options.embedding;
  setting.bias_std = options.bias_std;
  setting.readout = options.readout;
  setting.count = count == DepthCount::linear_maps ? "linear" : "rectifier";
  return setting;
}

Read read_feedforward(const Spec& values) {
  const FeedforwardOptions options = feedforward_options(values);
  Setting setting = fully_connected(options, options.count);
  setting.hidden_bias_std = options.hidden_bias_std;
  return {setting, ""};
}

Read read_residual(const Spec& values) {
  const ResidualOptions options = residual_options(values);
  Setting setting = fully_connected(options, options.count);
  setting.alpha = options.alpha;
  setting.beta = options.beta;
  setting.layers_per_block = options.layers_per_block;
  if (options.skip != "identity") return {setting, "theories speak of identity skips only"};
  return {setting, ""};
}

Read read_highway(const Spec& values) {
  const HighwayOptions options = highway_options(values);
  Setting setting = fully_connected(options, DepthCount::rectifiers);
  setting.gamma1 = options.gamma1.value();
  setting.gamma2 = options.gamma2.value();
  return {setting, ""};
}

Read read_shallow(const Spec& values) {
  const ShallowOptions options = shallow_options(values);
  Setting setting;
  set_nonlinearity(setting, options);
  setting.depth = 1;
  setting.embedding = "ones";
  setting.bias_std = options.bias_std.value();
  return {setting, ""};
}

Read read_noise(const Spec& values) {
  Setting setting;
  setting.input = values.count("input", setting.input, 1, kMostUnits);
  values.reject_unread();
  return {setting, ""};
}

struct FamilyReader {
  std::string_view name;
  Read (*read)(const Spec&);
};
constexpr FamilyReader kReaders[] = {{"feedforward", read_feedforward}, {"residual", read_residual},
                                     {"highway", read_highway},         {"shallow", read_shallow},
                                     {"white_noise", read_noise},       {"brown_noise", read_noise}};

const FamilyReader* reader_of(std::string_view family) {
  const auto* found = std::find_if(std::begin(kReaders), std::end(kReaders),
                                   [&](const FamilyReader& reader) { return reader.name == family; });
  return found == std::end(kReaders) ? nullptr : found;
}

Read read(std::string_view family_spec) {
  const Spec values = Spec::parse(family_spec);
  if (const FamilyReader* reader = reader_of(values.name())) {
    const bool is_mu_p = find_family(values.name()) != nullptr && mu_p_base_width(values);
    Read found = reader->read(values);
    if (is_mu_p) found.refusal = "theories speak of the standard parametrization only";
    found.setting.family = values.name();
    found.setting.initializer = default_initializer(family_spec);
    return found;
  }
  if (find_family(values.name()) != nullptr) return {{}, "no theory speaks of that family"};
  std::vector<std::string> known;
  for (const FamilyReader& reader : kReaders) known.emplace_back(reader.name);
  reject_unknown("network", "family", values.name(), known);
}

}  // namespace

bool is_predicted_family(std::string_view family) {
  return reader_of(family) != nullptr;
}

std::optional<Setting> setting_if_known(std::string_view family_spec) {
  Read found = read(family_spec);
  return found.refusal.empty() ? std::optional(std::move(found.setting)) : std::nullopt;
}

Setting setting_of(std::string_view family_spec) {
  Read found = read(family_spec);
  if (!found.refusal.empty()) reject("predict", found.refusal, family_spec);
  return std::move(found.setting);
}

std::optional<Setting> setting_if_known(std::string_view family_spec, std::string_view inputs) {
  std::optional<Setting> setting = setting_if_known(family_spec);
  if (!setting || !set_inputs_if_known(*setting, inputs)) return {};
  return setting;
}

}  // namespace shatterproof
