// SPDX-License-Identifier: Apache-2.0
#include "architecture/dense_stack.h"

#include <fmt/format.h>

#include "architecture/family_options.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

void require_one_of(const std::string& family, std::string_view option, const std::string& value,
                    const std::vector<std::string>& known) {
  for (const std::string& name : known) {
    if (name == value) return;
  }
  reject_unknown(family, option, value, known);
}

std::string norm_name(const std::string& kind) {
  return kind == "center" ? "center" : kind + "_norm";
}

}  // namespace

std::string layer_name(int64_t layer) {
  return fmt::format("layer_{}", layer);
}

double numbers_in_stack(const FullyConnectedOptions& options, int64_t hidden) {
  const auto width = static_cast<double>(options.width), input = static_cast<double>(options.input);
  const double columns = (options.crelu ? 2 : 1) * width;
  return static_cast<double>(hidden) * width * columns + (input + 1) * width +
         static_cast<double>(options.output) * columns;
}

void require_valid(const std::string& family, const FullyConnectedOptions& options, DepthCount count) {
  require_within(family, "input", options.input, kMostUnits);
  require_within(family, "width", options.width, kMostUnits);
  require_within(family, "output", options.output, kMostUnits);
  require_within(family, "depth", options.depth, kMostLayers);
  require_one_of(family, "norm", options.norm, {"none", "center", "batch", "layer"});
  require_one_of(family, "embedding", options.embedding, {"gaussian", "ones"});
  require_one_of(family, "readout", options.readout, {"gaussian", "sum"});
  if (!(options.bias_std >= 0)) {
    reject(family, "bias_std must not be negative", std::to_string(options.bias_std));
  }
  if (options.readout == "sum" && options.output != 1) {
    reject(family, "readout=sum has one output", fmt::format("output={}", options.output));
  }
  if (count == DepthCount::linear_maps && (options.input < 2 || options.depth < 2)) {
    reject(family, "count=linear needs a vector input and depth from 2",
           fmt::format("input={},depth={}", options.input, options.depth));
  }
}

DenseStack::DenseStack(std::string family, const FullyConnectedOptions& options, DepthCount count,
                       double numbers)
    : family_(std::move(family)), options_(options), builder_(family_) {
  require_valid(family_, options, count);
  if (numbers > static_cast<double>(kMostParameters)) {
    reject(family_, fmt::format("the parameters must be at most {} numbers", kMostParameters),
           fmt::format("{:.0f}", numbers));
  }
}

Units DenseStack::input(int64_t width) {
  const std::string x = builder_.input("input", {options_.input});
  if (options_.input > 1) return {x, options_.input};
  const std::string v = options_.embedding == "ones" ? "ones" : "gaussian:std=1";
  const std::string b = fmt::format("gaussian:std={}", options_.bias_std);
  return {builder_.linear(x, {"embedding", 1, width, true, v, b}), width};
}

Units DenseStack::rectified(const Units& x, const std::string& name) {
  const std::string normalized =
      builder_.normalization(x.value, name + "." + norm_name(options_.norm), options_.norm, x.count);
  return {builder_.activation(normalized, name + "." + options_.activation, options_.activation,
                              options_.crelu, options_.slope),
          options_.crelu ? 2 * x.count : x.count};
}

Units DenseStack::linear(const Units& x, const std::string& name, int64_t units, const std::string& initial,
                         const std::string& prescribed_bias_scheme) {
  const bool biased = !prescribed_bias_scheme.empty();
  return {builder_.linear(x.value, {name, x.count, units, biased, initial, prescribed_bias_scheme}), units};
}

Network DenseStack::finish(const Units& output) {
  builder_.output(output.value);
  return builder_.build();
}

Network DenseStack::read_out(const Units& x) {
  return finish(linear(x, "readout", options_.output, options_.readout == "sum" ? "ones" : "lecun"));
}

}  // namespace shatterproof
