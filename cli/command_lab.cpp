// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/lab/laboratory.h"
#include "cli/lab/opened_page.h"
#include "cli/lab/server.h"
#include "shatterproof/core/error.h"

namespace shatterproof::cli {
namespace {

struct LabArguments {
  std::string network, init, inputs, seed, port, address = "127.0.0.1";
  bool no_browser = false;
};

std::vector<std::string> hosts_of(const std::string& address, int port) {
  constexpr int kPortOfHttp = 80;  // which browsers leave out
  std::vector<std::string> names = {address}, hosts;
  if (address == "127.0.0.1") names.emplace_back("localhost");
  for (const std::string& name : names) {
    hosts.push_back(fmt::format("{}:{}", name, port));
    if (port == kPortOfHttp) hosts.push_back(name);
  }
  return hosts;
}

int serve(const LabArguments& arguments, const Console& console) {
  constexpr int kLastPort = 65'535;
  const LabSetting start =
      LabSetting::of_words(arguments.network, arguments.init, arguments.inputs, arguments.seed);
  const auto wanted = static_cast<int>(whole_number("--port", arguments.port, 0, 1, kLastPort));
  if (arguments.address == "0.0.0.0")
    reject("--address", "names one address of this machine, not all of them", arguments.address);
  LabServer server(arguments.address, wanted);
  LabAdmission admission{hosts_of(arguments.address, server.port()), random_token()};
  const std::string address =
      fmt::format("http://{}:{}/{}/", arguments.address, server.port(), admission.token);
  Laboratory laboratory(std::move(admission), start);
  console.out << address << '\n' << std::flush;
  console.say("the laboratory is there, for whoever has this address; Ctrl-C ends it");
  std::optional<OpenedPage> page;
  if (!arguments.no_browser) page.emplace(address);
  server.serve(
      [&](const LabRequest& request, const Cancellation& gone) { return laboratory.answer(request, gone); });
}

}  // namespace

Command add_lab(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("lab", "Serve a page on which depth, norm and skips are tried with sliders");
  auto arguments = std::make_shared<LabArguments>();
  app->add_option("network", arguments->network, "What it begins with: a family such as residual:depth=50")
      ->type_name("NETWORK");
  app->add_option("--init", arguments->init, "How weights are drawn at first (he)")->type_name("SCHEME");
  app->add_option("--inputs", arguments->inputs, "Inputs at first (grid:-2:2:256)")->type_name("SPEC");
  app->add_option("--seed", arguments->seed, "Of the weights at first (1)")->type_name("S");
  app->add_option("--port", arguments->port, "Where it listens (any that is free)")->type_name("N");
  app->add_option("--address", arguments->address,
                  "Another address of this machine, which others then may reach (127.0.0.1)")
      ->type_name("ADDRESS");
  app->add_flag("--no-browser", arguments->no_browser, "Only print the address");
  return {app, [arguments](const Console& console) { return serve(*arguments, console); }};
}

}  // namespace shatterproof::cli
