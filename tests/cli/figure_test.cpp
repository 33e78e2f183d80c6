// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "cli/address.h"
#include "tests/cli/sample_files.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::figure_test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Sets a variable of the environment while it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    const char* before = std::getenv(name);
    if (before) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      setenv(name_, before_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

std::string sample(const std::string& name) {
  return (samples() / name).string();
}

std::string results() {
  const std::string path = (scratch() / "drawn.jsonl").string();
  if (!std::filesystem::exists(path))
    run({"check", "feedforward:depth=6,width=20,input=20", "--seeds", "2", "--no-rehearsal", "--json", path});
  return path;
}

class Figure : public testing::Test {
 protected:
  void SetUp() override {
    if (run({"figure", results(), "-o", (scratch() / "try.svg").string()})
            .err.find("neither is on the path") != std::string::npos)
      GTEST_SKIP() << "Chromium is not installed";
  }
};

TEST_F(Figure, IsDrawnInTheFormThatItsNameSays) {
  for (const auto& [ending, first] :
       {std::pair(".svg", "<svg xmlns="), std::pair(".pdf", "%PDF-"), std::pair(".png", "\x89PNG")}) {
    const std::string path = (scratch() / "figure").string() + ending;
    const Ran ran = run({"figure", results(), "-o", path});
    EXPECT_EQ(ran.code, kHealthy) << ran.err;
    EXPECT_EQ(ran.out, path + "\n");
    EXPECT_THAT(bytes_of(path), StartsWith(first));
  }
}

TEST_F(Figure, AnUnknownOneIsAnsweredWithWhatThereIs) {
  const std::string path = (scratch() / "none.svg").string();
  const Ran named = run({"figure", results(), "-o", path, "--figure", "gradient_varianse"});
  EXPECT_EQ(named.code, kBadInput);
  EXPECT_THAT(named.err, HasSubstr("unknown figure 'gradient_varianse'; did you mean 'gradient_variance'?"));
  const Ran panel = run({"figure", results(), "-o", path, "--panel", "a"});
  EXPECT_EQ(panel.code, kBadInput);
  EXPECT_THAT(panel.err, StartsWith("shatterproof: --panel: "));
  EXPECT_FALSE(std::filesystem::exists(path)) << "nothing is left of what was refused";
}

TEST_F(Figure, OfAStudyIsDrawnFromItsResultsWhichAreWrittenOnce) {
  const std::string out = (scratch() / "results").string(), path = (scratch() / "study.svg").string();
  const std::vector<std::string> words = {"figure", sample("small.toml"), "--out", out, "-o", path};
  const Ran first = run(words);
  ASSERT_EQ(first.code, kHealthy) << first.err;
  EXPECT_THAT(first.err, HasSubstr("results are in " + out));
  EXPECT_THAT(bytes_of(path), HasSubstr("Gradient autocorrelation"));
  const Ran again = run(words);
  EXPECT_THAT(again.err, HasSubstr("drawn from " + out));
  EXPECT_EQ(run({"reproduce", sample("small.toml"), "--out", out}).code, kHealthy);
}

TEST_F(Figure, WidthAndPanelAreHeeded) {
  const std::string path = (scratch() / "narrow.svg").string();
  ASSERT_EQ(run({"figure", results(), "-o", path, "--width", "400"}).code, kHealthy);
  EXPECT_THAT(bytes_of(path), testing::ContainsRegex("^<svg[^>]* width=\"(38|39|40)[0-9]?\""));
}

TEST_F(Figure, OptionsOfAStudyAreRefusedForResults) {
  const Ran ran = run({"figure", results(), "-o", (scratch() / "x.svg").string(), "--quick"});
  EXPECT_EQ(ran.code, kBadInput);
  EXPECT_THAT(ran.err, HasSubstr("--quick: speaks of a study; these are results"));
}

TEST(FigureWithoutABrowser, IsSaidInOneLineBeforeAnythingIsRun) {
  const Variable nowhere("PATH", scratch().string()), unnamed("SHATTERPROOF_CHROMIUM", "");
  const Ran ran = run({"figure", "shattered_gradients/figure_2", "-o", (scratch() / "x.svg").string()});
  EXPECT_EQ(ran.code, kBadInput);
  EXPECT_EQ(lines_of(ran.err).size(), 1U);
  EXPECT_THAT(ran.err,
              HasSubstr("neither is on the path (apt install chromium; $SHATTERPROOF_CHROMIUM names"));
}

TEST(FigureWithoutABrowser, OneThatFailsIsSaidInOneLine) {
  for (const auto& [name, script, says] :
       {std::tuple("failing", "#!/bin/sh\nexit 3\n", "has drawn nothing and ended with 3"),
        std::tuple("silent", "#!/bin/sh\n", "the browser has drawn no figure"),
        std::tuple("lying", "#!/bin/sh\necho '<pre id=\"taken\">####</pre>'\n", "answer cannot be read")}) {
    const std::filesystem::path path = scratch() / name;
    write_bytes(path, script);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    const Variable named("SHATTERPROOF_CHROMIUM", path.string());
    const Ran ran = run({"figure", results(), "-o", (scratch() / "x.svg").string()});
    EXPECT_EQ(ran.code, kBadInput) << name;
    EXPECT_EQ(lines_of(ran.err).size(), 1U) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(says));
    EXPECT_FALSE(std::filesystem::exists(scratch() / "x.svg"));
  }
}

TEST(Address, HasWhatIsNotPlainInPercents) {
  EXPECT_EQ(percent_encoded("a b/c~%é"), "a%20b%2Fc~%25%C3%A9");
  EXPECT_EQ(percent_encoded("/a b", "/"), "/a%20b");
}

}  // namespace
}  // namespace shatterproof::cli::figure_test
