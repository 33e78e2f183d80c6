// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/onnx/export.h"

namespace shatterproof::cli {
namespace {

struct BuildArguments : Arguments {
  std::string output;
};

int build(const BuildArguments& arguments, const Console& console) {
  if (arguments.output.empty()) throw std::invalid_argument("build: -o FILE.onnx is missing");
  if (arguments.network.empty())
    throw std::invalid_argument("build: a family is missing, as residual:depth=50,norm=batch");
  require_output_file("-o", arguments.output, ".onnx");
  const Subject subject = subject_of_family(arguments.network);
  const WeightDraws draws = weight_draws(subject, weight_request(arguments));
  const auto [network, notes] = drawn_network(subject, draws, draws.first_seed);
  export_onnx(network, arguments.output);
  for (const std::string& note : notes) console.say(note);
  console.say(fmt::format("{}: {} nodes, {} parameters, {} with seed {}", arguments.output,
                          network.nodes().size(), short_count(network.parameter_count()), draws.scheme,
                          draws.first_seed));
  return kHealthy;
}

}  // namespace

Command add_build(CLI::App& program) {
  CLI::App* app = program.add_subcommand("build", "Write a built-in network as ONNX");
  auto arguments = std::make_shared<BuildArguments>();
  app->add_option("family", arguments->network, "A family and its options; `list families` knows them")
      ->type_name("FAMILY:k=v,...");
  app->add_option("-o,--output", arguments->output, "The file to write")->type_name("FILE.onnx");
  app->add_option("--init", arguments->init, "The scheme that draws its weights (its preset's, else he)")
      ->type_name("SCHEME");
  app->add_option("--seed", arguments->seed, "The seed they are drawn from (1)")->type_name("S");
  return {app, [arguments](const Console& console) { return build(*arguments, console); }};
}

}  // namespace shatterproof::cli
