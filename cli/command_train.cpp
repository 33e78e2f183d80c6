// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/records.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "cli/training_request.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/examine/facts.h"
#include "shatterproof/onnx/export.h"

namespace shatterproof::cli {
namespace {

std::string percent(const std::optional<double>& part) {
  return part ? fmt::format("{:.2f} %", 100 * *part) : "-";
}

void print_heading(std::ostream& out) {
  out << fmt::format("{:>5}  {:>10}  {:>9}  {:>9}  {:>9}  {:>9}  {:>8}\n", "epoch", "train loss", "accuracy",
                     "test loss", "accuracy", "rate", "images/s");
}

void print_epoch(std::ostream& out, const EpochRecord& epoch) {
  out << fmt::format("{:>5}  {:>10.5g}  {:>9}  {:>9}  {:>9}  {:>9.3g}  {:>8.0f}\n", epoch.epoch,
                     epoch.train_loss, percent(epoch.train_accuracy),
                     epoch.test_loss ? fmt::format("{:.5g}", *epoch.test_loss) : "-",
                     percent(epoch.test_accuracy), epoch.learning_rate, epoch.images_per_second)
      << std::flush;
}

Finding finding_of(const Trainer& trainer) {
  Finding finding;
  finding.id = "non_finite";
  finding.severity = Severity::critical;
  finding.headline = trainer.stopped();
  if (trainer.accident()) {
    const int layer = std::max(1, trainer.accident()->layer);
    finding.layers = LayerRange{layer, layer};
  }
  finding.why = "a loss, gradient or weight that is NaN or infinite makes every weight it meets so too";
  finding.next = "a smaller --learning-rate, a --schedule with warm_up, or --layer-rates update_budget";
  return finding;
}

// What leaves the program while it trains.
class Talk {
 public:
  Talk(const Console& console, Records& records, bool table)
      : console_(console), records_(records), table_(table) {}

  void progress(const Trainer& trainer, int64_t epochs) const {
    const int64_t of_epoch = trainer.steps_per_epoch(), made = trainer.steps_made();
    console_.progress(fmt::format("epoch {}/{}  step {}/{}  loss {}", (made - 1) / of_epoch + 1, epochs,
                                  (made - 1) % of_epoch + 1, of_epoch, short_number(trainer.last_loss())));
  }
  void epoch(const EpochRecord& epoch) {
    console_.progress("");
    if (table_) print_row(epoch);
    records_.write(epoch);
  }
  void reading(const Reading& reading) const {
    console_.progress("");
    if (table_) print_reading(console_.out, reading);
    records_.write(reading);
  }

 private:
  void print_row(const EpochRecord& epoch) {
    if (!headed_) print_heading(console_.out);
    headed_ = true;
    print_epoch(console_.out, epoch);
  }

  const Console& console_;
  Records& records_;
  bool table_, headed_ = false;
};

void run(Trainer& trainer, Training& training, Talk& talk, const TrainArguments& arguments,
         const Console& console) {
  training.run.after_step = [&](const Trainer& now) { talk.progress(now, training.options.epochs); };
  training.run.after_resume = [&](const TrainingState& state) {
    if (state.redraws > 0) training.options.redraw(redraw_seed(training.options.seed, state.redraws));
  };
  training.run.after_epoch = [&](const EpochRecord& epoch) { talk.epoch(epoch); };
  training.run.after_reading = [&](const Reading& reading) { talk.reading(reading); };
  try {
    run_training(trainer, training.run);
  } catch (const Interrupted&) {
    console.progress("");
    if (!arguments.checkpoint.empty()) {
      console.say(fmt::format("step {} is kept in {}; the same command with --resume goes on from there",
                              trainer.steps_made(), arguments.checkpoint));
    }
    throw;
  }
  console.progress("");
}

void say_unscaled(const Training& training, const Console& console) {
  const InputFacts inputs = input_facts(training.network, structure(training.network), training.examples);
  if (inputs.real && !inputs.prepared && inputs.are_bytes())
    console.say(
        "the examples are whole numbers up to 255, as of images that nobody has scaled: --standardize, or "
        "--scale 255, brings them to the scale that initial weights are made for");
}

int train(const TrainArguments& arguments, const Console& console) {
  require_output_file("-o", arguments.output, ".onnx");
  require_output_folder("--checkpoint", arguments.checkpoint);
  Records records(arguments.json, arguments.report, console.out);
  const Subject subject = load_subject(arguments);
  SessionOptions options = session_options(arguments, console);
  options.weights.count = arguments.init.empty() && subject.origin != Origin::family ? 0 : 1;
  const Settings settings = settings_of(subject, options);
  use_threads(settings.threads);
  Training training = training_of(subject, settings, training_request(arguments));
  keep_untrained_weights(training);
  Trainer trainer(training.network, training.options, training.examples, training.test);
  for (const std::string& note : training.notes) console.say(note);
  say_unscaled(training, console);

  training.context.command = console.command_line;
  records.write(training.context);
  Talk talk(console, records, arguments.json != "-");
  run(trainer, training, talk, arguments, console);

  if (!trainer.stopped().empty()) console.say("stopped at " + trainer.stopped());
  const bool failed = trainer.accident() || !std::isfinite(trainer.last_loss());
  if (!arguments.output.empty() && !failed) export_onnx(trainer.network(), arguments.output);
  if (failed) records.write(finding_of(trainer));
  records.write(coverage_of(training));
  records.close();
  if (arguments.json != "-") print_report_path(console.out, arguments.report);
  return failed ? kFindings : kHealthy;
}

void add_data_arguments(CLI::App& app, TrainArguments& arguments) {
  app.add_option("--data", arguments.data,
                 "Training examples: cifar10:FILE[,FILE], mnist:PATH, FILE.npy, procedural:N")
      ->type_name("SPEC");
  app.add_option("--limit", arguments.limit, "Only the first so many of them (all)")->type_name("N");
  app.add_option("--test", arguments.test, "Test examples, run after every epoch (none)")->type_name("SPEC");
  app.add_flag(
      "--standardize", arguments.standardize,
      "Bring the training examples to mean 0 and standard deviation 1, per channel; test examples alike");
  add_preprocessing_arguments(app, arguments);
}

void add_step_arguments(CLI::App& app, TrainArguments& arguments) {
  app.add_option("--epochs", arguments.epochs, "Passes over the examples (10)")->type_name("N");
  app.add_option("--batch", arguments.batch, "Examples of a step (128)")->type_name("N");
  app.add_option("--optimizer", arguments.optimizer, "sgd:momentum=.., adam:.. or rmsprop:.. (adam)")
      ->type_name("NAME");
  app.add_option("--learning-rate", arguments.learning_rate, "Of the optimizer (0.001)")->type_name("R");
  app.add_option("--schedule", arguments.schedule, "constant, step:.., cosine:.. or auto:.. (constant)")
      ->type_name("NAME");
  app.add_option("--layer-rates", arguments.layer_rates,
                 "update_budget: rates of layers proportional to it, measured on the probe batch")
      ->type_name("WORD");
  app.add_option("--loss", arguments.loss, "cross_entropy or dot_product (cross_entropy)")->type_name("NAME");
  app.add_option("--augment", arguments.augment, "Shift and mirror images: none, image or batch (none)")
      ->type_name("WORD");
}

void add_watch_arguments(CLI::App& app, TrainArguments& arguments) {
  app.add_option("--measure", arguments.measure, "Measure while training, every so many steps or epochs")
      ->type_name("NAME@STEPS|NAME@EPOCHSe");
  app.add_option("--probe", arguments.probe, "Training examples that are measured on (half of --batch)")
      ->type_name("N");
  app.add_option("--checkpoint", arguments.checkpoint, "Keep all that the rest depends on in this folder")
      ->type_name("DIR");
  app.add_option("--checkpoint-every", arguments.checkpoint_every, "Steps between checkpoints (an epoch)")
      ->type_name("N");
  app.add_option("--keep", arguments.keep, "Checkpoints that stay (2)")->type_name("N");
  app.add_flag("--resume", arguments.resume, "Go on from the newest checkpoint, when there is one");
  app.add_flag("--resume-anyway", arguments.resume_anyway,
               "Likewise where it is one of a training that differs: other examples, rates, weights");
  app.add_option("-o,--output", arguments.output, "Write the trained network as ONNX")
      ->type_name("FILE.onnx");
  add_json_argument(app, arguments.json);
  add_report_argument(app, arguments.report);
}

}  // namespace

Command add_train(CLI::App& program) {
  CLI::App* app = program.add_subcommand("train", "Train a network, with measurements on the way");
  auto arguments = std::make_shared<TrainArguments>();
  app->add_option("network", arguments->network, "An ONNX file, or a family")->type_name("NETWORK");
  app->add_option("--init", arguments->init, "Draw all weights anew first: he, looks_linear, ...")
      ->type_name("SCHEME");
  app->add_option("--seed", arguments->seed, "Of weights, order of examples, augmentation and dropout (1)")
      ->type_name("S");
  add_as_is_argument(*app, arguments->as_is);
  add_shape_argument(*app, arguments->shape);
  add_data_arguments(*app, *arguments);
  add_step_arguments(*app, *arguments);
  add_device_arguments(*app, *arguments);
  add_watch_arguments(*app, *arguments);
  return {app, [arguments](const Console& console) { return train(*arguments, console); }};
}

}  // namespace shatterproof::cli
