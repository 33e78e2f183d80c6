// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/diagnose/thresholds.h"
#include "shatterproof/experiment/catalog.h"
#include "tests/cli/sample_files.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::commands_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string sample(const char* name) {
  return (samples() / name).string();
}

// As the one list has them.
std::vector<std::string> verbs() {
  CLI::App program;
  bool quiet = false, verbose = false;
  std::vector<std::string> names;
  for (const Command& command : add_commands(program, quiet, verbose))
    names.push_back(command.app->get_name());
  return names;
}

TEST(CommandLine, VersionAndHelpGoToStandardOutput) {
  const Ran version = run({"--version"});
  EXPECT_EQ(version.code, kHealthy);
  EXPECT_THAT(version.out, testing::MatchesRegex("shatterproof [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(version.err, "");
  for (const std::string& verb : verbs()) {
    const Ran help = run({verb, "--help"});
    EXPECT_EQ(help.code, kHealthy) << verb;
    EXPECT_THAT(help.out, HasSubstr("--quiet")) << verb;
    EXPECT_EQ(help.err, "") << verb;
    EXPECT_THAT(run({"--help"}).out, testing::ContainsRegex("\n  " + verb + " ")) << verb;
  }
}

TEST(CommandLine, EveryVerbRefusesAnUnknownOptionAndNamesItself) {
  for (const std::string& verb : verbs()) {
    const Ran ran = run({verb, "--no-such-option"});
    EXPECT_EQ(ran.code, kBadInput) << verb;
    EXPECT_THAT(ran.err, HasSubstr(verb + ": unknown option")) << verb;
    EXPECT_EQ(ran.out, "") << verb;
  }
}

TEST(Completion, OfBashKnowsEveryVerbItsOptionsAndNames) {
  const std::string script = run({"completion"}).out;
  const auto completed = [&](const std::string& words, int at) {
    write_bytes(scratch() / "completion.sh", script + "COMP_WORDS=(" + words +
                                                 ")\nCOMP_CWORD=" + std::to_string(at) +
                                                 "\n_shatterproof\nprintf '%s ' \"${COMPREPLY[@]}\" > " +
                                                 (scratch() / "completed").string());
    EXPECT_EQ(std::system(("bash " + (scratch() / "completion.sh").string()).c_str()), 0);
    return bytes_of(scratch() / "completed");
  };
  EXPECT_EQ(completed("shatterproof ch", 1), "check ");
  EXPECT_EQ(completed("shatterproof check x.onnx --fa", 3), "--fail-on ");
  EXPECT_EQ(completed("shatterproof check resid", 2), "residual ");
  EXPECT_EQ(completed("shatterproof measure x.onnx gradient_cov", 3), "gradient_covariance ");
  EXPECT_EQ(completed("shatterproof figure shattered_gradients/figure_3", 2),
            "shattered_gradients/figure_3 ");
  for (const std::string& verb : verbs()) {
    EXPECT_THAT(completed("shatterproof ''", 1), HasSubstr(verb + " "));
    EXPECT_THAT(completed("shatterproof " + verb + " --", 2), HasSubstr("--quiet ")) << verb;
  }
}

bool is_installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

TEST(Completion, OfZshAndFishNamesEveryVerbAndOption) {
  const std::string zsh = run({"completion", "zsh"}).out, fish = run({"completion", "fish"}).out;
  for (const std::string& verb : verbs()) {
    EXPECT_THAT(zsh, HasSubstr("\n    '" + verb + ":"));
    EXPECT_THAT(zsh, HasSubstr("\n    " + verb + ")\n      options=(\n"));
    EXPECT_THAT(fish, HasSubstr("-n __fish_use_subcommand -f -a " + verb + " -d '"));
  }
  EXPECT_THAT(fish, HasSubstr("__fish_seen_subcommand_from check' -l output -s o -r -d '"));
  for (const auto& [shell, script] : {std::pair("zsh", zsh), std::pair("fish", fish)}) {
    write_bytes(scratch() / shell, script);
    if (!is_installed(shell)) continue;
    EXPECT_EQ(std::system((std::string(shell) + " -n " + (scratch() / shell).string()).c_str()), 0) << shell;
  }
  if (!is_installed("fish")) return;
  const std::string asked = "fish -c 'source " + (scratch() / "fish").string() +
                            "; complete -C \"shatterproof check --fail\"' > " + (scratch() / "said").string();
  EXPECT_EQ(std::system(asked.c_str()), 0);
  EXPECT_THAT(bytes_of(scratch() / "said"), testing::StartsWith("--fail-on\tExit with 1"));
}

TEST(Manual, HasEveryVerbAndOptionAndNoWarningOfRoff) {
  const std::string page = run({"manual"}).out;
  for (const std::string& verb : verbs())
    EXPECT_THAT(page, HasSubstr(".SS \\fBshatterproof " + verb + "\\fR"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-\\-fail\\-on\\fR \\fISEVERITY\\fR\n"));
  EXPECT_THAT(page, HasSubstr("\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fIFILE\\fR\n"));
  write_bytes(scratch() / "shatterproof.1", page);
  if (!is_installed("groff")) return;
  const std::string said = (scratch() / "groff.txt").string();
  EXPECT_EQ(
      std::system(("groff -man -ww -z " + (scratch() / "shatterproof.1").string() + " 2> " + said).c_str()),
      0);
  EXPECT_EQ(bytes_of(said), "");
}

TEST(Measure, PrintsEveryCurveAsATable) {
  const Ran ran =
      run({"measure", "residual:depth=3,width=8,input=5", "gradient_correlation", "--seeds", "2"});
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("gradient_correlation"));
  EXPECT_THAT(ran.out, HasSubstr("2 draws"));
  EXPECT_THAT(ran.out, HasSubstr("layer_3.sum"));
}

TEST(Measure, TakesOrderedExamplesByItselfForWhatNeedsOrder) {
  const Ran scalar =
      run({"measure", "feedforward:depth=2,width=8", "gradient_autocorrelation", "--json", "-"});
  const json context = json::parse(lines_of(scalar.out).at(0));
  EXPECT_THAT(context["inputs"].get<std::string>(), HasSubstr("grid of 256 points"));
  const Ran vector = run({"measure", sample("model.onnx"), "gradient_autocorrelation", "--json", "-"});
  EXPECT_THAT(json::parse(lines_of(vector.out).at(0))["inputs"].get<std::string>(), HasSubstr("path"));
  EXPECT_EQ(json::parse(lines_of(vector.out).at(1)).count("undefined"), 0U);
}

TEST(Measure, ComparesATrainedFileWithWhatItWas) {
  const std::string before = (samples() / "before.onnx").string(),
                    after = (samples() / "after.onnx").string();
  const std::string family = "feedforward:preset=selu,depth=4,width=6";
  run({"init", family, "--with", "lecun", "--seed", "3", "-o", before});
  run({"init", family, "--with", "lecun", "--seed", "4", "-o", after});
  const auto depth = [&](const std::string& trained, std::vector<std::string> more) {
    std::vector<std::string> line = {"measure", trained, "effective_depth", "--inputs", "gaussian:8",
                                     "--json",  "-"};
    line.insert(line.end(), more.begin(), more.end());
    const Ran ran = run(line);
    EXPECT_EQ(ran.code, kHealthy) << ran.err;
    for (const std::string& line : lines_of(ran.out)) {
      const json record = json::parse(line);
      if (record["kind"] == "reading" && record["type"] == "scalar") return record["value"].get<double>();
    }
    return -1.0;
  };
  EXPECT_EQ(depth(before, {"--initial", before}), 0);
  EXPECT_EQ(depth(after, {"--initial", before}), 4);
  EXPECT_LT(depth(after, {"--initial", before, "--threshold", "1e6"}), 4);  // as it was once written
  // The same weights, drawn anew.
  EXPECT_EQ(depth(before, {"--initial", family, "--init", "lecun", "--seed", "3"}), 0);
  EXPECT_EQ(depth(before, {"--initial", family, "--init", "lecun", "--seed", "4"}), 4);
}

TEST(Measure, TakesOptionsWithTheNameAndAsOfOld) {
  const auto lags = [](const Ran& ran) {
    for (const std::string& line : lines_of(ran.out)) {
      const json record = json::parse(line);
      if (record["kind"] == "reading") return record.at("y").size();
    }
    return size_t{0};
  };
  const Ran now = run({"measure", kSmallFamily, "gradient_autocorrelation:lags=3", "--json", "-"});
  EXPECT_EQ(now.code, kHealthy) << now.err;
  EXPECT_EQ(lags(now), 4U);
  EXPECT_THAT(now.err, testing::Not(HasSubstr("is written")));
  const Ran once = run({"measure", kSmallFamily, "gradient_autocorrelation", "--lags", "3", "--json", "-"});
  EXPECT_EQ(lags(once), 4U);
  EXPECT_THAT(once.err, HasSubstr("--lags is written gradient_autocorrelation:lags=3 now"));
}

TEST(Measure, SaysWhyAReadingIsUndefined) {
  const Ran ran =
      run({"measure", sample("model.onnx"), "gradient_autocorrelation", "--inputs", "gaussian:8"});
  EXPECT_EQ(ran.code, kHealthy);
  EXPECT_THAT(ran.out, HasSubstr("undefined: "));
}

TEST(Measure, EveryMeasurementOfTheCatalogRunsFromTheCommandLine) {
  for (const ExperimentRecord& record : measurements()) {
    std::vector<std::string> words = {"measure", kSmallFamily, record.name, "--seeds", "1"};
    if (record.needs == Needs::untrained_weights) {
      const std::string model = sample("model.onnx");
      words = {"measure", model, record.name, "--initial", model};
    }
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, kHealthy) << record.name << ": " << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(record.name));
  }
}

TEST(Build, EveryFamilyBecomesAFileThatMeasuresLikeTheFamily) {
  for (const FamilyRecord& family : families()) {
    // Gelu is written as several nodes, which have taps of their own.
    const bool images = family.name == "thin" || family.name.starts_with("conv_");
    const std::string spec = family.name + (images ? ":depth=6" : ":width=8") + ",activation=relu" +
                             (images || family.name == "shallow" ? "" : ",depth=3,input=5");
    const std::string path = (scratch() / (family.name + ".onnx")).string();
    const Ran built = run({"build", spec, "-o", path, "--seed", "7"});
    ASSERT_EQ(built.code, kHealthy) << built.err;
    EXPECT_EQ(built.out, "");
    EXPECT_THAT(built.err, HasSubstr(path));
    const std::vector<std::string> how = {
        "gradient_correlation", "--inputs", "gaussian:16", "--functional", "sum", "--batch-norm", "detached"};
    std::vector<std::string> of_file = {"measure", path},
                             of_family = {"measure", spec, "--seed", "7", "--seeds", "1"};
    of_file.insert(of_file.end(), how.begin(), how.end());
    of_family.insert(of_family.end(), how.begin(), how.end());
    of_file.insert(of_file.end(), {"--seed", "7"});
    EXPECT_EQ(run(of_file).out, run(of_family).out) << spec;
  }
}

TEST(Init, TheSameSeedDrawsTheSameBytesAndAnotherSeedOthers) {
  const auto drawn = [](const char* name, const char* seed) {
    const std::string path = (scratch() / name).string();
    const Ran ran = run({"init", sample("model.onnx"), "--with", "orthogonal", "--seed", seed, "-o", path});
    EXPECT_EQ(ran.code, kHealthy) << ran.err;
    return bytes_of(path);
  };
  const std::string first = drawn("a.onnx", "3");
  EXPECT_EQ(first, drawn("b.onnx", "3"));
  EXPECT_NE(first, drawn("c.onnx", "4"));
}

TEST(Init, AFoldedFileIsDrawnAsItIsWhenAsked) {
  const std::string path = (scratch() / "as_is.onnx").string();
  EXPECT_EQ(run({"init", sample("folded.onnx"), "--with", "he", "--as-is", "-o", path}).code, kHealthy);
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(Evaluate, PrintsAccuracyLossAndCount) {
  const Ran ran = run({"evaluate", sample("model.onnx"), "--inputs", "npy:" + sample("labelled")});
  EXPECT_EQ(ran.code, kHealthy) << ran.err;
  EXPECT_THAT(ran.out, testing::ContainsRegex("accuracy  [01]\\.[0-9]+\nloss      [0-9.]+\ncount     8\n"));
}

TEST(Evaluate, ReadsImagesOfEveryKind) {
  const Ran cifar = run({"evaluate", sample("images.onnx"), "--inputs", "cifar10:" + sample("cifar.bin"),
                         "--scale", "255", "--mean", ".5,.5,.5", "--std", ".2,.2,.2", "--json", "-"});
  ASSERT_EQ(cifar.code, kHealthy) << cifar.err;
  const std::vector<std::string> lines = lines_of(cifar.out);
  ASSERT_EQ(lines.size(), 4U) << "context, accuracy, loss, coverage";
  EXPECT_EQ(json::parse(lines[1])["name"], "accuracy");
  EXPECT_EQ(json::parse(lines[1])["n"], 4);
  EXPECT_THAT(cifar.err, Not(HasSubstr("nobody has scaled")));
  const Ran bytes = run({"evaluate", sample("images.onnx"), "--inputs", "cifar10:" + sample("cifar.bin")});
  EXPECT_THAT(bytes.err, HasSubstr("as of images that nobody has scaled; if the network was"));
  const std::string of_digits = (scratch() / "of_digits.onnx").string();
  ASSERT_EQ(run({"build", "feedforward:depth=1,width=4,input=784,output=10", "-o", of_digits}).code,
            kHealthy);
  const Ran digits = run({"evaluate", of_digits, "--inputs", "mnist:" + sample("t10k-images-idx3-ubyte")});
  EXPECT_EQ(digits.code, kHealthy) << digits.err;
  EXPECT_THAT(digits.out, HasSubstr("count     2"));
}

TEST(List, EveryCatalogIsPrintedAndEveryRecordIsOneJsonLine) {
  const Ran all = run({"list"});
  for (const char* word :
       {"families", "feedforward", "initializers", "orthogonal", "measurements", "gradient_correlation",
        "operators", "Conv", "datasets", "cifar10", "rules", "shattered"}) {
    EXPECT_THAT(all.out, HasSubstr(word));
  }
  const Ran lines = run({"list", "measurements", "--json", "-"});
  EXPECT_EQ(lines_of(lines.out).size(), measurements().size());
  for (const std::string& line : lines_of(lines.out)) EXPECT_EQ(json::parse(line)["kind"], "measurement");
}

TEST(CommandLine, VerboseSaysWhereTheTimeWent) {
  const Ran ran = run({"check", kSmallFamily, "--seeds", "2", "-v"});
  EXPECT_EQ(ran.code, kHealthy);
  for (const char* stage :
       {"time\n  reading ", "\n  measuring ", "\n  rehearsing one batch ", "\n  writing ", "\n  in all "})
    EXPECT_THAT(ran.err, HasSubstr(stage));
  EXPECT_EQ(run({"check", kSmallFamily, "--seeds", "2"}).err, "");
  EXPECT_THAT(run({"build", kSmallFamily, "-o", (scratch() / "timed.onnx").string(), "--verbose"}).err,
              HasSubstr("time\n  reading "));
}

TEST(List, HasOneLineForEachNameInEightyColumnsAndAllOfItWhenAsked) {
  const Ran names = run({"list", "measurements"}), all = run({"list", "measurements", "--long"});
  EXPECT_EQ(lines_of(names.out).size(), 1 + measurements().size());
  for (const char* catalog : {"families", "initializers", "measurements", "predictions", "rules", "datasets",
                              "optimizers", "schedules", "operators"}) {
    for (const std::string& line : lines_of(run({"list", catalog}).out)) EXPECT_LE(line.size(), 80U) << line;
  }
  for (const MeasurementRecord& record : measurements()) {
    EXPECT_THAT(names.out, HasSubstr("\n  " + record.name + " "));
    EXPECT_THAT(all.out, HasSubstr("\n  " + record.name + "\n"));
  }
  EXPECT_THAT(run({"list", "families", "--long"}).out, HasSubstr("depth="));
}

TEST(List, ARuleComesWithItsThresholds) {
  const Ran lines = run({"list", "rules", "--json", "-"});
  ASSERT_EQ(lines_of(lines.out).size(), rules().size());
  for (const std::string& line : lines_of(lines.out)) {
    const json rule = json::parse(line);
    EXPECT_EQ(rule["kind"], "rule");
    for (const json& threshold : rule["thresholds"])
      EXPECT_EQ(threshold["value"], Thresholds().value(threshold["name"])) << threshold;
  }
}

}  // namespace
}  // namespace shatterproof::cli::commands_test
