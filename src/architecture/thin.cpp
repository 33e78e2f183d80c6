// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/thin.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "architecture/family_options.h"
#include "architecture/records.h"
#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/core/error.h"
#include "shatterproof/network/builder.h"

namespace shatterproof {
namespace {

constexpr int64_t kSections = 4, kChannels = 3, kSide = 32, kClasses = 10, kLastSide = 2;
constexpr std::array<int64_t, kSections> kFilters = {8, 16, 32, 64};

// Modules of a section, m of depth = 4 m + 2.
int64_t modules_of(const ThinOptions& options) {
  constexpr int64_t kBeside = 2;  // the one more convolution and the linear map
  const int64_t modules = (options.depth - kBeside) / kSections;
  if (modules < 1 || options.depth > kMostLayers || kSections * modules + kBeside != options.depth) {
    reject("thin", fmt::format("depth must be 4 m + 2, m from 1, at most {}", kMostLayers),
           std::to_string(options.depth));
  }
  if (options.skip && modules % 2 == 0) {
    reject("thin", "skips around two modules need an odd m in depth = 4 m + 2",
           fmt::format("depth={}", options.depth));
  }
  return modules;
}

struct Factors {
  double skip, branch;
};

Factors factors_of(const ThinOptions& options, int64_t modules) {
  if (!options.skip && (options.gamma1 || options.gamma2)) {
    reject("thin", "gamma1 and gamma2 are factors of a skip and its branch", "skip=false");
  }
  const double branch = options.gamma2.value_or(2 / static_cast<double>(kSections * modules));
  if (!options.gamma1 && !(std::abs(branch) <= 1)) {
    reject("thin", "gamma2 must be from -1 to 1 where gamma1 follows from it", fmt::format("{}", branch));
  }
  return {options.gamma1.value_or(std::sqrt(1 - branch * branch)), branch};
}

// Builds it value by value: `x_` and its channels.
class ThinBuilder {
 public:
  explicit ThinBuilder(const ThinOptions& options)
      : options_(options), modules_(modules_of(options)), factors_(factors_of(options, modules_)) {
    if (!(options.dropout >= 0 && options.dropout * kSections < 1)) {
      reject("thin", "dropout must be from 0 to below 1/4", fmt::format("{}", options.dropout));
    }
  }

  Network build() {
    x_ = builder_.input("input", {kChannels, kSide, kSide});
    channels_ = kChannels;
    for (int64_t section = 0; section < kSections; ++section) add_section(section);
    add_module(filters(kSections - 1), 2, 0);
    if (options_.crelu) rectify("readout");
    const std::string flat = builder_.node("Flatten", "readout.flat", {x_}, {{"axis", int64_t{1}}});
    const int64_t numbers = channels_ * kLastSide * kLastSide;
    builder_.output(
        builder_.linear(flat, {fmt::format("layer_{}", options_.depth), numbers, kClasses, true}));
    return builder_.build();
  }

 private:
  // Two halves of filters / sqrt 2 channels make a CReLU: the next weights number as many, about.
  int64_t filters(int64_t section) const {
    const auto plain = static_cast<double>(kFilters[static_cast<size_t>(section)]);
    return static_cast<int64_t>(options_.crelu ? plain / std::sqrt(2.0) : plain);
  }

  void rectify(const std::string& name) {
    x_ = builder_.activation(x_, name + "." + options_.activation, options_.activation, options_.crelu,
                             options_.slope);
    if (options_.crelu) channels_ *= 2;
  }

  void add_module(int64_t filters, int64_t stride, double dropout) {
    const std::string name = fmt::format("layer_{}", ++layer_);
    if (options_.crelu) rectify(name);
    x_ = builder_.convolution(
        x_,
        {.name = name, .channels_in = channels_, .channels_out = filters, .stride = stride, .bias = true});
    channels_ = filters;
    if (!options_.crelu) rectify(name);
    if (dropout > 0) {
      const std::string ratio = builder_.constant(name + ".dropout.ratio", dropout);
      x_ = builder_.node("Dropout", name + ".dropout", {x_, ratio});
    }
  }

  void add_section(int64_t section) {
    const double dropout = options_.dropout * static_cast<double>(section + 1);
    add_module(filters(section), section == 0 ? 1 : 2, dropout);
    for (int64_t module = 1; module < modules_; module += options_.skip ? 2 : 1) {
      if (options_.skip) {
        add_block(filters(section), dropout);
      } else {
        add_module(filters(section), 1, dropout);
      }
    }
  }

  void add_block(int64_t filters, double dropout) {
    const std::string start = x_;
    add_module(filters, 1, dropout);
    add_module(filters, 1, dropout);
    const std::string name = fmt::format("layer_{}", layer_);
    const std::string skip = builder_.scale(start, name + ".skip", factors_.skip);
    const std::string branch = builder_.scale(x_, name + ".branch", factors_.branch);
    x_ = builder_.add(skip, branch, name + ".sum");
  }

  ThinOptions options_;
  int64_t modules_;
  Factors factors_;
  NetworkBuilder builder_{"thin"};
  std::string x_;
  int64_t channels_ = 0, layer_ = 0;
};

}  // namespace

Network thin(const ThinOptions& options) {
  return ThinBuilder(options).build();
}

FamilyRecord thin_family() {
  return {
      "thin",
      "Deep convolutional networks of few filters, without normalization.",
      "four sections of m modules rho(W * x + b) with 8, 16, 32, 64 filters, one more convolution, a linear "
      "map",
      "Balduzzi et al. 2017, section 4",
      {{"depth", "30", "convolutions and the last linear map, 4 m + 2"},
       {"crelu", "false", "(rho(z), rho(-z)) in place of rho(z); filters divided by sqrt 2"},
       activation_option(),
       slope_option(),
       {"skip", "false", "gamma1 x + gamma2 y around pairs of modules; m must be odd"},
       {"gamma1", "auto", "factor of the skip; auto is sqrt(1 - gamma2^2)"},
       {"gamma2", "auto", "factor of the branch; auto is 2 / (4 m)"},
       {"dropout", "0", "ratio in section 1; s times it in section s"}},
      [](const Spec& values) {
        ThinOptions options;
        options.depth = values.count("depth", options.depth, 1, kMostLayers);
        options.crelu = values.flag("crelu", options.crelu);
        options.activation = values.word("activation", options.activation);
        options.slope = number_or_auto(values, "slope");
        options.skip = values.flag("skip", options.skip);
        options.gamma1 = number_or_auto(values, "gamma1");
        options.gamma2 = number_or_auto(values, "gamma2");
        options.dropout = values.number("dropout", options.dropout);
        values.reject_unread();
        return thin(options);
      }};
}

}  // namespace shatterproof
