// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/highway_gated.h"

#include <fmt/format.h>

#include "architecture/family_options.h"
#include "architecture/records.h"
#include "architecture/skip_stack.h"

namespace shatterproof {
namespace {

double numbers(const HighwayGatedOptions& options) {
  const auto width = static_cast<double>(options.width);
  const double state = (options.crelu ? 2 : 1) * width;
  const double layer = state * width + state * (state + 1);
  const double outside = static_cast<double>(options.input + options.output + 1) * state;
  return static_cast<double>(options.depth) * layer + outside;
}

Units gated_block(DenseStack& stack, const Units& x, const std::string& name,
                  const HighwayGatedOptions& options) {
  NetworkBuilder& builder = stack.builder();
  const Units h = stack.rectified(stack.linear(x, name, options.width), name);
  const std::string bias = fmt::format("constant:value={}", options.gate_bias);
  const std::string u = builder.linear(x.value, {name + ".gate", x.count, x.count, true, "", bias});
  const std::string gate = builder.node("Sigmoid", name + ".gate.sigmoid", {u});
  const std::string one = builder.constant(name + ".gate.one", 1);
  const std::string rest = builder.node("Sub", name + ".gate.rest", {one, gate});
  const std::string skip = builder.node("Mul", name + ".skip", {rest, x.value});
  const std::string branch = builder.node("Mul", name + ".branch", {gate, h.value});
  return {builder.add(skip, branch, name + ".sum"), x.count};
}

}  // namespace

Network highway_gated(const HighwayGatedOptions& options) {
  DenseStack stack("highway_gated", options, DepthCount::rectifiers, numbers(options));
  Units x = first_state(stack, (options.crelu ? 2 : 1) * options.width);
  for (int64_t l = 1; l <= options.depth; ++l) x = gated_block(stack, x, layer_name(l), options);
  return stack.read_out(x);
}

FamilyRecord highway_gated_family() {
  return {"highway_gated",
          "Skips and branches weighted by a gate that the state itself sets.",
          "x_l = T . rho(N(W_l x_{l-1})) + (1 - T) . x_{l-1}, T = sigmoid(U_l x_{l-1} + gate_bias)",
          "Srivastava et al. 2015",
          fully_connected_options({{"gate_bias", "-2", "of every gate; below 0 the skip is the wider way"}}),
          [](const Spec& values) {
            HighwayGatedOptions options;
            read_fully_connected(values, options);
            options.gate_bias = values.number("gate_bias", options.gate_bias);
            values.reject_unread();
            return highway_gated(options);
          }};
}

}  // namespace shatterproof
