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

struct InitArguments : Arguments {
  std::string output;
};

int initialize_and_write(const InitArguments& arguments, const Console& console) {
  if (arguments.init.empty())
    throw std::invalid_argument("init: --with SCHEME is missing; `list initializers` knows them");
  if (arguments.output.empty()) throw std::invalid_argument("init: -o FILE.onnx is missing");
  require_output_file("-o", arguments.output, ".onnx");
  const Subject subject = load_subject(arguments);
  const WeightDraws draws = weight_draws(subject, weight_request(arguments));
  const auto [network, notes] = drawn_network(subject, draws, draws.first_seed);
  export_onnx(network, arguments.output);
  for (const auto* lines : {&subject.notes, &notes}) {
    for (const std::string& note : *lines) console.say(note);
  }
  console.say(fmt::format("{}: {} parameters, {} with seed {}", arguments.output,
                          short_count(network.parameter_count()), draws.scheme, draws.first_seed));
  return kHealthy;
}

}  // namespace

Command add_init(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("init", "Draw new initial weights for any network and write it as ONNX");
  auto arguments = std::make_shared<InitArguments>();
  app->add_option("network", arguments->network, "An ONNX file, or a family")->type_name("NETWORK");
  app->add_option("--with", arguments->init, "he, glorot, lecun, gaussian:std=S, orthogonal, ...")
      ->type_name("SCHEME");
  app->add_option("-o,--output", arguments->output, "The file to write")->type_name("FILE.onnx");
  app->add_option("--seed", arguments->seed, "The seed they are drawn from (1)")->type_name("S");
  add_as_is_argument(*app, arguments->as_is);
  app->add_option("--memory", arguments->memory,
                  "Memory that the import may take, as 4G (half of the machine's)")
      ->type_name("BYTES");
  return {app, [arguments](const Console& console) { return initialize_and_write(*arguments, console); }};
}

}  // namespace shatterproof::cli
