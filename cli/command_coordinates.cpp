// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/records.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/examine/coordinates.h"

namespace shatterproof::cli {
namespace {

constexpr int64_t kMostSteps = 1000, kMostNetworks = 1000, kMostOnce = 4096;

struct CoordinateArguments : Arguments {
  std::vector<std::string> networks;
  std::string widths, depths, parametrization, rate, steps;
};

std::vector<int64_t> sizes_in(std::string_view option, const std::string& text,
                              const std::vector<int64_t>& otherwise) {
  if (text.empty()) return otherwise;
  std::vector<int64_t> sizes;
  for (const double number : finite_numbers(option, text)) {
    if (number < 1 || number > 65536 || number != std::floor(number))
      reject(option, "must be whole numbers from 1 to 65536", text);
    sizes.push_back(static_cast<int64_t>(number));
  }
  return sizes;
}

double rate_in(const std::string& text, double otherwise) {
  const std::vector<double> rates = finite_numbers("--learning-rate", text);
  if (rates.size() > 1) reject("--learning-rate", "must be one number", text);
  return rates.empty() ? otherwise : rates[0];
}

bool is_family(const std::string& word) {
  return find_family(word.substr(0, word.find(':'))) != nullptr;
}

// What varies files is their own widths.
void require_files(const CoordinateArguments& arguments) {
  const auto family = std::find_if(arguments.networks.begin(), arguments.networks.end(), is_family);
  if (family != arguments.networks.end())
    reject("coordinates", "takes one family, or files of growing width", *family + " among others");
  for (const auto& [option, value] :
       {std::pair("--widths", arguments.widths), std::pair("--depths", arguments.depths)}) {
    if (!value.empty()) reject(option, "speaks of a family; files have their own sizes", value);
  }
}

// A family, or files of one architecture.
void read_networks(const CoordinateArguments& arguments, CoordinateRequest& request) {
  if (arguments.networks.empty())
    throw std::invalid_argument("FAMILY is missing: a family such as feedforward:input=32,output=10");
  request.family = arguments.networks[0];
  if (arguments.networks.size() == 1 && (is_family(request.family) || !request.family.ends_with(".onnx")))
    return;
  require_files(arguments);
  for (const std::string& path : arguments.networks) {
    CoordinateArguments one = arguments;
    one.network = path;
    request.networks.push_back(load_subject(one).network);
    if (path != request.family) request.family += " " + path;
  }
}

CoordinateRequest request_of(const CoordinateArguments& arguments) {
  CoordinateRequest request;
  read_networks(arguments, request);
  request.widths = sizes_in("--widths", arguments.widths, request.widths);
  request.depths = sizes_in("--depths", arguments.depths, request.depths);
  const std::string kind =
      one_of("--parametrization", arguments.parametrization, "standard", {"standard", "mup"});
  if (kind == "mup") request.parametrization = Parametrization::maximal_update;
  request.rate = rate_in(arguments.rate, request.rate);
  request.steps = whole_number("--steps", arguments.steps, request.steps, 1, kMostSteps);
  request.examples = whole_number("--batch", arguments.batch, request.examples, 2, kMostOnce);
  request.seeds = whole_number("--seeds", arguments.seeds, request.seeds, 1, kMostNetworks);
  request.first_seed = static_cast<uint64_t>(whole_number("--seed", arguments.seed, 1, 0, int64_t{1} << 62));
  request.scheme = arguments.init;
  request.threads = thread_count(arguments.threads, available_threads());
  return request;
}

std::string slope_text(const CoordinateLine& line) {
  return line.undefined.empty() ? fmt::format("{:+.2f} +- {:.2f}", line.slope, line.standard_error)
                                : "undefined: " + line.undefined;
}

// Step by step, a row for each kind of layers.
void print_lines(const Coordinates& all, const CoordinateRequest& request, const std::string& axis,
                 std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {
      {"step", "layers", "size at the ends", "slope", "", "slope of the change", ""}};
  for (int64_t step = 0; step <= request.steps; ++step) {
    for (const char* layers : {"input", "hidden", "readout"}) {
      const CoordinateLine* size = all.find(axis, step, layers, false);
      const CoordinateLine* change = all.find(axis, step, layers, true);
      if (!size) continue;
      rows.push_back({fmt::format("{}", step), layers,
                      fmt::format("{:.3g} .. {:.3g}", size->sizes.front(), size->sizes.back()),
                      slope_text(*size), std::string(to_string(size->transfer)),
                      change ? slope_text(*change) : "",
                      change ? std::string(to_string(change->transfer)) : ""});
    }
  }
  print_table(out, rows, 2);
}

int grow_and_print(const CoordinateArguments& arguments, const Console& console) {
  const CoordinateRequest request = request_of(arguments);
  Records records(arguments.json, arguments.report, console.out);
  Coordinates all = coordinates(request);
  all.context.command = console.command_line;
  if (arguments.json != "-") {
    console.out << fmt::format("{}, {}\n", all.context.network, all.context.note);
    const bool of_family = request.networks.empty();
    console.out << (of_family ? fmt::format("against widths {} to {} at depth {}\n", request.widths.front(),
                                            request.widths.back(), request.depths[1])
                              : "against the width\n");
    print_lines(all, request, "width", console.out);
    if (of_family) {
      console.out << fmt::format("against depths {} to {} at width {}\n", request.depths.front(),
                                 request.depths.back(), request.widths[0]);
      print_lines(all, request, "depth", console.out);
    }
  }
  records.write(all);
  records.close();
  print_report_path(console.out, arguments.report);
  return kHealthy;
}

}  // namespace

Command add_coordinates(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "coordinates", "Train a family at several widths and depths: do its sizes transfer?");
  auto arguments = std::make_shared<CoordinateArguments>();
  app->add_option("networks", arguments->networks,
                  "A family with its options but width and depth, or ONNX "
                  "files of growing width")
      ->type_name("FAMILY|FILE...");
  app->add_option("--widths", arguments->widths, "At least three (64,128,256,512)")->type_name("N,...");
  app->add_option("--depths", arguments->depths, "At least three (2,4,8,16)")->type_name("N,...");
  app->add_option("--parametrization", arguments->parametrization, "standard (the default) or mup")
      ->type_name("WORD");
  app->add_option("--learning-rate", arguments->rate, "Adam's, at the first width (0.01)")->type_name("R");
  app->add_option("--steps", arguments->steps, "Of Adam on one batch (4)")->type_name("N");
  app->add_option("--batch", arguments->batch, "Examples in it (64)")->type_name("N");
  app->add_option("--init", arguments->init, "Scheme of the initial weights (the family's)")
      ->type_name("SCHEME");
  app->add_option("--seeds", arguments->seeds, "Networks at each size (3)")->type_name("N");
  app->add_option("--seed", arguments->seed, "The first of their seeds (1)")->type_name("S");
  app->add_option("--threads", arguments->threads, "As many networks at a time (all processors)")
      ->type_name("N");
  add_json_argument(*app, arguments->json);
  add_report_argument(*app, arguments->report);
  return {app, [arguments](const Console& console) { return grow_and_print(*arguments, console); }};
}

}  // namespace shatterproof::cli
