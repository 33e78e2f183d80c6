// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/bad_input.h"

namespace shatterproof::cli::bad_studies_test {
namespace {

// Of studies and sweeps.
const BadInputCase kCases[] = {
    {"NoStudy", "reproduce", "the name of a STUDY is missing"},
    {"NoSweep", "sweep", "the TOML file of a STUDY is missing"},
    {"PictureAsAPageOfAStudy", "reproduce theorems --report @page.png", "--report: writes FILE.html"},
    {"StudyPageOntoAFolder", "reproduce theorems --report @folder.onnx", "folder.onnx"},
    {"StudyIntoAFile", "reproduce theorems --out @five.npy", "five.npy: cannot make the folder"},
    {"UnknownStudy", "reproduce theorem", "studies: unknown study 'theorem'; known: "},
    {"UnknownStudyToSweep", "sweep theorem --out @swept", "studies: unknown study 'theorem'; known: "},
    {"StudyOfTwoPapers", "reproduce figure_2",
     "or `shatterproof reproduce shattered_gradients/figure_2` (Autocorrelation of gradients along a grid"},
    {"StudyThatIsNotThere", "reproduce @none.toml", "none.toml: cannot read: No such file"},
    {"StudyThatIsNoToml", "reproduce @broken.toml", "line 1"},
    {"StudyWithAnUnknownKey", "reproduce @misspelt.toml", "unknown key 'titel'; did you mean 'title'?"},
    {"StudyOfAnUnknownMeasurement", "reproduce @unmeasured.toml --out @results",
     "unknown measurement 'temperature'"},
    {"StudyWithAnEndlessTolerance", "reproduce @endless.toml --out @results",
     "case 1, claim 1: tolerance must be finite; got inf"},
    {"StudiesAsOneStreamOfLines", "reproduce shattered_gradients --json -", "prints one study"},
    {"SweepIntoNoFolder", "sweep theorems", "--out DIR is missing"},
    {"SweepIntoAFile", "sweep theorems --out @five.npy", "five.npy: cannot make the folder"},
    {"SweepOfAPaper", "sweep shattered_gradients --out @swept", "one study at a time"},
    {"SweepOfAShareThatIsNone", "sweep theorems --out @swept --shard 0/4",
     "--shard: must be I/N with I from 1"},
    {"SweepOfAUnitThatIsNone", "sweep theorems --out @swept --unit 0",
     "--unit: must be a whole number from 1"},
    {"SweepOfAShareAndAUnit", "sweep theorems --out @swept --unit 1 --shard 1/2", "--unit: excludes --shard"},
    {"SweepMergedAndListed", "sweep theorems --out @swept --merge --list-units",
     "--list-units: excludes --merge"},
    {"SweepOfAnAxisThatStandsNowhere", "sweep @unplaced.toml --out @swept",
     "unknown option 'dpeth'; did you mean 'depth'?"},
    {"SweepDrawnOfAShare", "sweep theorems --out @swept --shard 1/2 --report page.html",
     "--report: draws what is merged; got --shard"},
    {"PictureAsAPageOfASweep", "sweep theorems --out @swept --report @page.svg",
     "--report: writes FILE.html"},
    {"ResultsAsAPageOfASweep", "sweep theorems --out @swept --report @page.jsonl",
     "--report: writes FILE.html"},
    {"SweepOfImagesFromNowhere", "sweep theorems --out @swept --images imagenet",
     "--images: must be procedural or cifar10:FOLDER"},
    {"StudyOnZeroThreads", "reproduce theorems --threads 0", "--threads: must be a whole number from 1"},
};

class BadStudy : public testing::TestWithParam<BadInputCase> {};

TEST_P(BadStudy, IsSaidInOneLine) {
  expect_one_line(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Table, BadStudy, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace shatterproof::cli::bad_studies_test
