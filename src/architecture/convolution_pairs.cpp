// SPDX-License-Identifier: Apache-2.0
#include "architecture/convolution_pairs.h"

#include <fmt/format.h>

#include "architecture/family_options.h"
#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/core/error.h"
#include "shatterproof/network/builder.h"

namespace shatterproof {
namespace {

constexpr int64_t kChannels = 3, kSide = 32, kTaps = 9;

void require_sizes(const std::string& family, const ConvolutionalOptions& options, int64_t bottleneck) {
  if (options.depth < 2 || options.depth % 2 != 0 || options.depth > kMostLayers) {
    reject(family, fmt::format("depth must be an even number from 2 to {}", kMostLayers),
           std::to_string(options.depth));
  }
  for (const int64_t units : {options.width, bottleneck, options.output}) {
    if (units < 1 || units > kMostUnits) {
      reject(family, fmt::format("width, bottleneck and output must be from 1 to {}", kMostUnits),
             std::to_string(units));
    }
  }
  if (options.norm != "none" && options.norm != "batch")
    reject_unknown(family, "norm", options.norm, {"none", "batch"});
  const auto width = static_cast<double>(options.width);
  const double numbers =
      static_cast<double>(options.depth) * kTaps * width * static_cast<double>(bottleneck) +
      width * (kTaps * kChannels + static_cast<double>(options.output));
  if (numbers > static_cast<double>(kMostParameters)) {
    reject(family, fmt::format("the parameters must be at most {} numbers", kMostParameters),
           fmt::format("{:.0f}", numbers));
  }
}

}  // namespace

Network convolution_pairs(const std::string& family, const ConvolutionalOptions& options,
                          std::optional<double> beta) {
  const int64_t bottleneck = options.bottleneck == 0 ? (options.width + 1) / 2 : options.bottleneck;
  require_sizes(family, options, bottleneck);
  NetworkBuilder builder(family);
  const auto layer = [&](const std::string& x, int64_t number, int64_t from, int64_t to) {
    const std::string name = fmt::format("layer_{}", number);
    const std::string normalized = builder.normalization(x, name + ".batch_norm", options.norm, from);
    const std::string rectified = builder.activation(normalized, name + "." + options.activation,
                                                     options.activation, false, options.slope);
    return builder.convolution(rectified, {.name = name, .channels_in = from, .channels_out = to});
  };
  std::string x =
      builder.convolution(builder.input("input", {kChannels, kSide, kSide}), {.name = "projection",
                                                                              .channels_in = kChannels,
                                                                              .channels_out = options.width,
                                                                              .prescribed_scheme = "lecun"});
  for (int64_t l = 1; l <= options.depth; l += 2) {
    const std::string branch =
        layer(layer(x, l, options.width, bottleneck), l + 1, bottleneck, options.width);
    const std::string name = fmt::format("layer_{}", l + 1);
    x = beta ? builder.add(x, builder.scale(branch, name + ".branch", *beta), name + ".sum") : branch;
  }
  const std::string pooled = builder.node("GlobalAveragePool", "pooled", {x});
  const std::string flat = builder.node("Flatten", "pooled.flat", {pooled}, {{"axis", int64_t{1}}});
  builder.output(builder.linear(flat, {.name = "readout",
                                       .fan_in = options.width,
                                       .fan_out = options.output,
                                       .bias = true,
                                       .prescribed_scheme = "lecun"}));
  return builder.build();
}

void read_convolutional(const Spec& values, ConvolutionalOptions& options) {
  options.depth = values.count("depth", options.depth, 1, kMostLayers);
  options.width = values.count("width", options.width, 1, kMostUnits);
  if (values.word("bottleneck", "auto") != "auto")
    options.bottleneck = values.count("bottleneck", options.bottleneck, 1, kMostUnits);
  options.output = values.count("output", options.output, 1, kMostUnits);
  options.activation = values.word("activation", options.activation);
  options.slope = number_or_auto(values, "slope");
  options.norm = values.word("norm", options.norm);
}

std::vector<OptionRecord> convolutional_options(const std::vector<OptionRecord>& own) {
  std::vector<OptionRecord> options = {{"depth", "24", "rectifier layers, L; even"},
                                       {"width", "16", "channels between pairs of convolutions"},
                                       {"bottleneck", "auto", "channels within a pair; auto: half of width"},
                                       {"output", "10", "classes"},
                                       activation_option(),
                                       slope_option(),
                                       {"norm", "batch", "none or batch, before each nonlinearity"}};
  options.insert(options.end(), own.begin(), own.end());
  return options;
}

}  // namespace shatterproof
