// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/session.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/run/execution.h"

namespace shatterproof::cli {
namespace {

// Logarithms of class probabilities, in double, whatever the network ends with.
at::Tensor log_probabilities(const Network& network, const at::Tensor& output) {
  const at::Tensor rows = output.to(at::kCPU, at::kDouble).reshape({output.size(0), -1});
  const int64_t node = network.producer(network.outputs().front());
  const std::string last = node < 0 ? "" : network.nodes()[static_cast<size_t>(node)].op;
  if (last == "LogSoftmax") return rows;
  return last == "Softmax" ? rows.log() : at::log_softmax(rows, 1);
}

void check_labels(const at::Tensor& labels, int64_t classes, int64_t examples) {
  if (!labels.defined()) {
    reject("evaluate", "needs labelled inputs: cifar10:PATH, mnist:PATH or .npy files with labels",
           "inputs without labels");
  }
  if (examples == 0 || classes < 2)
    reject("evaluate", "the network must have at least 2 outputs", std::to_string(classes));
  const int64_t largest = labels.max().item<int64_t>();
  if (largest >= classes || labels.min().item<int64_t>() < 0) {
    reject("evaluate",
           fmt::format("labels must be from 0 to {}, as many as the network has outputs", classes - 1),
           std::to_string(largest));
  }
}

int evaluate(const Arguments& arguments, const Console& console) {
  if (arguments.inputs.empty()) {
    throw std::invalid_argument(
        "evaluate: --inputs is missing: cifar10:PATH, mnist:PATH or FILE.npy with labels");
  }
  const Subject subject = load_subject(arguments);
  Draws draws;
  const Session session(subject, draws, arguments, {false, true});
  const Batch batch = session.examples().batch(1);
  if (!session.examples().remark().empty()) console.say(session.examples().remark());

  RunOptions options = session.setup().options;
  constexpr int64_t kAtOnce = 256;  // more gains nothing and fills the caches
  if (options.mini_batch == 0) options.mini_batch = kAtOnce;
  Execution execution(subject.network, options);
  const at::Tensor log_p = log_probabilities(subject.network, execution.outputs(batch).front());
  check_labels(batch.labels, log_p.size(1), log_p.size(0));
  const at::Tensor labels = batch.labels.unsqueeze(1);
  const double accuracy = log_p.argmax(1, true).eq(labels).to(at::kDouble).mean().item<double>();
  const double loss = -log_p.gather(1, labels).mean().item<double>();

  if (arguments.json != "-") {
    console.out << fmt::format("accuracy  {:.4f}\nloss      {}\ncount     {}\n", accuracy, short_number(loss),
                               batch.examples());
  }
  if (const auto writer = results_writer(arguments.json, console.out)) {
    writer->write(session.context(console));
    for (const auto& [name, value] : {std::pair("accuracy", accuracy), std::pair("loss", loss)}) {
      Reading reading = scalar_reading(name, value);
      reading.n = batch.examples();
      reading.batch_norm = to_string(options.batch_norm);
      writer->write(reading);
    }
    writer->write(session.coverage(execution.coverage()));
    writer->close();
  }
  return kHealthy;
}

}  // namespace

Command add_evaluate(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "evaluate", "Print accuracy and loss on labelled data: was the model imported right?");
  auto arguments = std::make_shared<Arguments>();
  app->add_option("network", arguments->network, "An ONNX file")->type_name("NETWORK");
  add_input_arguments(*app, *arguments);
  add_machine_arguments(*app, *arguments);
  app->add_option("--json", arguments->json, "Also write the results as JSON Lines; - prints only those")
      ->type_name("FILE");
  return {app, [arguments](const Console& console) { return evaluate(*arguments, console); }};
}

}  // namespace shatterproof::cli
