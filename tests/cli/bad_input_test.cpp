// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/cli/sample_files.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli {
namespace {

using testing::HasSubstr;

/// A wrong command line, and what its one line must say. `@` stands for the folder of samples.
struct BadInputCase {
  const char* name;
  const char* line;
  const char* says;
};

void PrintTo(const BadInputCase& tested, std::ostream* stream) {
  *stream << tested.line;
}

const BadInputCase kCases[] = {
    // words
    {"UnknownCommand", "chekc @model.onnx", "unknown command 'chekc'; did you mean 'check'?"},
    {"UnknownOptionBeforeTheCommand", "--verbos check @model.onnx", "unknown option '--verbos'"},
    {"UnknownOption", "check @model.onnx --sedes 3", "did you mean '--seeds'?"},
    {"OptionWithoutValue", "check @model.onnx --seeds", "--seeds"},
    {"VerboseAndQuiet", "check @model.onnx -v --quiet", "--verbose: excludes --quiet"},
    {"OneArgumentTooMany", "check @model.onnx more", "one argument too many; got 'more'"},
    {"NoNetwork", "check", "NETWORK is missing"},
    {"NoNetworkToMeasure", "measure", "measure: the NAME of a measurement is missing"},
    {"NoNameToMeasure", "measure @model.onnx", "the NAME of a measurement is missing"},
    {"UnknownCatalog", "list famlies", "did you mean 'families'?"},
    {"MoreThanACatalog", "list rules X", "list: one argument too many; got 'X'"},
    {"EmptyValue", "check @model.onnx --seeds ''", "--seeds: must have a value; got an empty one"},
    {"EmptyFile", "check @model.onnx --json ''", "--json: must have a value"},
    {"EmptyNetwork", "check ''", "NETWORK is missing"},
    {"EmptyMeasurement", "measure @model.onnx ''", "unknown measurement ''"},
    {"NothingToCompare", "compare", "compare: A is missing"},
    {"OneNetworkToCompare", "compare @model.onnx", "compare: B is missing"},
    {"MissingNetworkToCompare", "compare @model.onnx @none.onnx", "none.onnx"},
    {"NoResultsToCompare", "compare @text.npy.jsonl @model.onnx", "text.npy.jsonl"},
    {"ComparisonThatFailsOnAnythingElse", "compare @model.onnx @model.onnx --fail-on better",
     "--fail-on: unknown value 'better'"},
    {"NothingToGrow", "coordinates", "FAMILY is missing"},
    {"AFileToGrow", "coordinates @model.onnx", "needs a family, or at least 3 networks"},
    {"FilesOfOneWidthToGrow", "coordinates @model.onnx @model.onnx @model.onnx", "wider than the one before"},
    {"AFamilyAmongFilesToGrow", "coordinates @model.onnx @model.onnx shallow", "the same layers"},
    {"AFamilyWithAWidthToGrow", "coordinates feedforward:width=8", "width is what it varies"},
    {"TwoWidths", "coordinates feedforward --widths 8,16", "widths must be at least 3 numbers"},
    {"WidthsThatGoDown", "coordinates feedforward --widths 16,8,4", "that go up"},
    {"AWidthOfAHalf", "coordinates feedforward --widths 1.5,2,3", "--widths: must be whole numbers"},
    {"DepthsOfNothing", "coordinates feedforward --depths 0,1,2", "--depths: must be whole numbers"},
    {"UnknownParametrization", "coordinates feedforward --parametrization ntk",
     "--parametrization: unknown value 'ntk'"},
    {"NoStepToGrow", "coordinates feedforward --steps 0", "--steps: must be a whole number from 1"},
    {"ARateOfZeroToGrow", "coordinates feedforward --learning-rate 0", "the rate must be a number above 0"},
    {"TwoRatesToGrow", "coordinates feedforward --learning-rate 1,2", "--learning-rate: must be one number"},
    {"NothingToMend", "mend -o @out.onnx", "NETWORK is missing"},
    {"MendedIntoNothing", "mend @model.onnx", "mend: -o FILE.onnx is missing"},
    {"MendedIntoAMissingFolder", "mend @model.onnx -o @none/out.onnx", "none/out.onnx"},
    {"MendedOntoAFolder", "mend @model.onnx -o @folder.onnx", "folder.onnx"},
    {"UnknownKindOfChange", "mend @model.onnx -o @out.onnx --only add_skip", "did you mean 'add_skips'?"},
    {"KindThatNoRewritingMakes", "mend @model.onnx -o @out.onnx --only widen",
     "--only: unknown value 'widen'"},
    {"UnknownKindToLeaveOut", "mend @model.onnx -o @out.onnx --not redrow", "did you mean 'redraw'?"},
    {"NoBudgetToMend", "mend @model.onnx -o @out.onnx --budget 0", "--budget: must be a whole number from 1"},
    {"DataWithoutLabelsToMend", "mend @model.onnx -o @out.onnx --data gaussian:8", "must have labels"},
    {"LabelsBeyondTheOutputsToMend", "mend @model.onnx -o @out.onnx --data npy:@mislabelled", "label"},
    {"DataThatDoNotFitTheNetworkToMend", "mend @model.onnx -o @out.onnx --data @seven.npy", "7"},
    {"TrainingThatNobodyAskedFor", "mend @model.onnx -o @out.onnx --steps 9",
     "--steps: speaks of the training that --data asks for"},
    {"RateZeroToMend", "mend @model.onnx -o @out.onnx --learning-rates 0",
     "--learning-rates: must be above 0"},
    {"UnknownShell", "completion tcsh",
     "completion: unknown value 'tcsh'; did you mean 'bash'? known: bash, zsh, fish"},
    {"NothingToDraw", "figure -o @x.svg", "figure: STUDY or RESULTS.jsonl is missing"},
    {"DrawnIntoNothing", "figure @readings.jsonl", "figure: -o FILE.svg, FILE.pdf or FILE.png is missing"},
    {"DrawnAsAPage", "figure @readings.jsonl -o @x.html", "-o: draws FILE.svg, FILE.pdf or FILE.png"},
    {"DrawnIntoAMissingFolder", "figure @readings.jsonl -o @none/x.svg", "none/x.svg"},
    {"DrawnNarrowerThanAWord", "figure @readings.jsonl -o @x.svg --width 10",
     "--width: must be a whole number from 200"},
    {"NothingToExplain", "explain", "explain: the NAME of what to explain is missing"},
    {"UnknownNameToExplain", "explain efective_rank", "'efective_rank'; near: effective_rank"},
    {"NameLikeNoOther", "explain zzzzzz", "`shatterproof list` prints the catalogs"},
    // the laboratory
    {"LaboratoryOfAFile", "lab @model.onnx", "lab: unknown family"},
    {"LaboratoryOfAnOptionWithoutAControl", "lab residual:alpha=2", "unknown option 'alpha'"},
    {"LaboratoryTooDeep", "lab feedforward:depth=100000000",
     "lab: depth must be a whole number from 1 to 200; got '100000000'"},
    {"LaboratoryTooMuchWork", "lab feedforward:depth=200,width=512", "fewer layers, units or points"},
    {"LaboratoryOfAnUnknownScheme", "lab --init hee", "lab: unknown init 'hee'; did you mean 'he'?"},
    {"LaboratoryOfOtherInputs", "lab --inputs gaussian:4", "lab: unknown inputs 'gaussian:4'"},
    {"LaboratoryOfSeedZero", "lab --seed 0", "lab: seed must be a whole number from 1"},
    {"PortBeyondTheLast", "lab --port 65536", "--port: must be a whole number from 1 to 65535"},
    {"AddressOfEverybody", "lab --address 0.0.0.0", "--address: names one address of this machine"},
    {"AddressByName", "lab --address localhost", "--address: must be a numeric IPv4 address"},
    {"AddressOfAnotherMachine", "lab --address 192.0.2.1", "lab: cannot listen on 192.0.2.1"},
    // families and initializers
    {"UnknownFamily", "check feedforwrad:depth=2", "did you mean 'feedforward'?"},
    {"NoOptionBehindAColon", "measure @model.onnx bimodality:", "bimodality: options must follow the colon"},
    {"UnknownFamilyOption", "check feedforward:dept=2", "did you mean 'depth'?"},
    {"DepthZero", "check feedforward:depth=0", "depth must be"},
    {"DepthBelowZero", "check feedforward:depth=-3", "depth must be"},
    {"DepthNotWhole", "check feedforward:depth=2.5", "depth must be"},
    {"DepthTooLarge", "check feedforward:depth=99999999999999999999", "depth must be"},
    {"WidthTooLarge", "check feedforward:depth=2,width=1099511627776", "width must be"},
    {"TooManyParameters", "check feedforward:depth=10000,width=1048576", "parameters"},
    {"UnknownNorm", "check feedforward:norm=batsh", "did you mean 'batch'?"},
    {"BetaNotANumber", "check residual:beta=nan", "beta must be"},
    {"FamilyEndsWithAComma", "check feedforward:depth=2,", "must not end with a comma"},
    {"OptionGivenTwice", "check feedforward:depth=2,depth=3", "once"},
    {"UnknownInitializer", "check feedforward:depth=2 --init hee", "did you mean 'he'?"},
    {"UnknownInitializerOption", "check feedforward:depth=2 --init gaussian:st=1", "did you mean 'std'?"},
    {"InitializerNotANumber", "check feedforward:depth=2 --init gaussian:std=nan", "std must be"},
    // draws
    {"ZeroSeeds", "check feedforward:depth=2 --seeds 0", "--seeds: must be a whole number from 1"},
    {"SeedsBelowZero", "check feedforward:depth=2 --seeds -1", "--seeds: must be a whole number from 1"},
    {"SeedsNotANumber", "check feedforward:depth=2 --seeds many", "got 'many'"},
    {"TooManySeeds", "check feedforward:depth=2 --seeds 99999999999", "--seeds: must be"},
    {"SeedBelowZero", "check feedforward:depth=2 --seed -1", "--seed: must be"},
    {"SeedsOfAFilesOwnWeights", "check @model.onnx --seeds 3", "add --init SCHEME"},
    {"FoldedNormalization", "check @folded.onnx --init he", "TrainingMode.PRESERVE"},
    {"FoldedNormalizationInInit", "init @folded.onnx --with he -o @out.onnx", "TrainingMode.PRESERVE"},
    // how it runs
    {"UnknownFunctional", "check @model.onnx --functional summ", "summ"},
    {"LogitBeyondTheOutputs", "check @model.onnx --functional logit:99", "logit"},
    {"LossWithoutLabels", "check @model.onnx --functional loss", "label"},
    {"UnknownBatchNorm", "check @model.onnx --batch-norm batch", "--batch-norm: unknown batch norm 'batch'"},
    {"RunningStatisticsOfOtherWeights", "check @model.onnx --init he --batch-norm stored",
     "stored statistics"},
    {"UnknownType", "check @model.onnx --dtype float16", "--dtype: unknown value 'float16'"},
    {"UnknownDevice", "check @model.onnx --device abacus", "abacus"},
    {"RehearsalOfNoSeconds", "check @model.onnx --rehearsal-seconds 0", "--rehearsal-seconds: must be"},
    {"RehearsalOfLessThanNone", "check @model.onnx --rehearsal-seconds -1", "--rehearsal-seconds: must be"},
    {"RehearsalNotANumber", "check @model.onnx --rehearsal-seconds nan", "--rehearsal-seconds: must be"},
    {"RehearsalOfAges", "check @model.onnx --rehearsal-seconds 1e308", "--rehearsal-seconds: must be"},
    {"RehearsalOfAWord", "check @model.onnx --rehearsal-seconds long", "--rehearsal-seconds: must be"},
    {"TrainedAndNot", "check @model.onnx --untrained --trained", "--untrained: excludes --trained"},
    {"ShapeOfNothing", "check @model.onnx --shape name=0", "each N from 1; got 'name=0'"},
    {"ShapeWithoutAName", "check @model.onnx --shape =3", "AXIS=N"},
    {"ShapeOfAnUnknownAxis", "check @model.onnx --shape name=3", "'name'"},
    {"UnknownOptionOfAMeasurement", "measure @model.onnx gradient_autocorrelation:key=1",
     "unknown option 'key'; known: lags"},
    {"LagsNotANumber", "measure @model.onnx gradient_autocorrelation:lags=nan", "lags must be"},
    {"LagsEmpty", "measure @model.onnx gradient_autocorrelation:lags=", "must look like key=value"},
    {"FarMoreThreadsThanProcessors", "check @model.onnx --threads 4096", "--threads: must be"},
    {"ZeroThreads", "check @model.onnx --threads 0", "--threads: must be"},
    {"NoMemory", "check @model.onnx --memory 0", "--memory: must be a positive number of bytes"},
    {"MemoryNotANumber", "check @model.onnx --memory lots", "--memory: must be"},
    {"ZeroMiniBatch", "check @model.onnx --mini-batch 0", "--mini-batch: must be"},
    {"ZeroBatch", "check @model.onnx --batch 0", "--batch: must be"},
    {"ZeroLags", "measure @model.onnx gradient_autocorrelation:lags=0", "lags must be a whole number from 1"},
    {"ZeroLagsAsOfOld", "measure @model.onnx gradient_autocorrelation --lags 0",
     "lags must be a whole number"},
    {"ThresholdZero", "measure @model.onnx effective_depth:threshold=0", "threshold must be above 0"},
    {"OptionOfAnother", "measure @model.onnx gradient_autocorrelation:threshold=1", "known: lags"},
    {"OptionOfNone", "measure @model.onnx gradient_trace:lags=3", "gradient_trace: has no options"},
    {"AskedForTwice", "measure @model.onnx gradient_autocorrelation gradient_autocorrelation:lags=3",
     "can be asked for once"},
    {"NoInitialWeights", "measure @model.onnx effective_depth", "add --initial FILE.onnx"},
    {"InitialWeightsOfAnotherNetwork",
     "measure @model.onnx effective_depth --initial feedforward:depth=2,width=3 --inputs gaussian:4",
     "initial weights must have the parameters"},
    {"InitialWeightsOfAFamily", "measure feedforward:depth=2 effective_depth --initial feedforward:depth=2",
     "must be an ONNX file"},
    {"SchemeForAFilesInitialWeights", "measure @model.onnx effective_depth --initial @model.onnx --init he",
     "has its own weights"},
    {"UnknownMeasurement", "measure @model.onnx gradient_corelation", "did you mean 'gradient_correlation'?"},
    {"UnknownTap", "measure @model.onnx gradient_correlation --tap nowhere", "unknown tap 'nowhere'"},
    {"UnknownSeverity", "check @model.onnx --fail-on never", "--fail-on: unknown value 'never'"},
    {"UnknownRuleToIgnore", "check @model.onnx --ignore shatterd",
     "--ignore: unknown rule 'shatterd'; did you mean 'shattered'?"},
    {"RulesToIgnoreEndWithAComma", "check @model.onnx --ignore shattered,", "--ignore: unknown rule ''"},
    {"MissingBaseline", "check @model.onnx --baseline @none.jsonl", "none.jsonl"},
    {"BaselineThatIsNoResults", "check @model.onnx --baseline @text.npy", "text.npy"},
    {"BaselineWithoutAVerdict", "check @model.onnx --baseline @readings.jsonl",
     "--baseline: must be results of `check` of one network; got results without a verdict"},
    {"BaselineThatIsOverwritten", "check @model.onnx --baseline @readings.jsonl --json @readings.jsonl",
     "--baseline: must not be the file of --json"},
    {"UnknownForm", "check @model.onnx --format sarf", "did you mean 'sarif'?"},
    {"FormAndResultsOnOneStream", "check @model.onnx --format junit --json -", "--format: needs -o FILE"},
    {"FileOfNoForm", "check @model.onnx -o @out.onnx", "-o: speaks of what --format writes"},
    {"DocumentsOfNoForm", "check @model.onnx --documents https://a", "--documents: speaks of what --format"},
    {"DocumentsInAFolder", "check @model.onnx --format sarif --documents docs",
     "--documents: must be an address"},
    {"FormIntoTheResults", "check @model.onnx --format sarif -o @out.onnx --json @out.onnx",
     "-o: must not be the file of --json, --report or --baseline"},
    {"FormIntoAMissingFolder", "check @model.onnx --format junit -o @none/x.xml", "none/x.xml"},
    // inputs
    {"UnknownInputs", "check @model.onnx --inputs gausian:8", "did you mean 'gaussian'?"},
    {"HalfAGrid", "check shallow --inputs grid:1:2", "grid:from:to:points"},
    {"GridForAVector", "check @model.onnx --inputs grid:-1:1:8", "[8, 1]"},
    {"NoExamples", "check @model.onnx --inputs gaussian:0", "got 0"},
    {"TooManyExamples", "check @model.onnx --inputs gaussian:99999999999", "examples must fit"},
    {"ExamplesSaidTwice", "check @model.onnx --inputs gaussian:8 --batch 9", "say how many"},
    {"MoreExamplesThanThereAre", "check @model.onnx --inputs @five.npy --batch 9", "8 examples are there"},
    {"ScaleZero", "check @model.onnx --inputs @five.npy --scale 0", "scale"},
    {"ScaleNotANumber", "check @model.onnx --inputs @five.npy --scale nan", "--scale: must be finite"},
    {"ScaleOfNoise", "check @model.onnx --scale 255", "gaussian"},
    {"StdZero", "check @model.onnx --inputs @five.npy --std 0", "std"},
    {"MeanOfOtherChannels", "check @images.onnx --inputs cifar10:@cifar.bin --mean 1,2", "mean"},
    {"MeanEndsWithAComma", "check @model.onnx --inputs @five.npy --mean 1,", "--mean: must not end"},
    {"UnknownLayout", "check @images.onnx --inputs cifar10:@cifar.bin --layout hwcn", "hwcn"},
    {"NpyMissing", "check @model.onnx --inputs @none.npy", "none.npy"},
    {"NpyCutInTheMagic", "check @model.onnx --inputs @cut2.npy", "cut2.npy"},
    {"NpyCutInTheHeader", "check @model.onnx --inputs @cut30.npy", "cut30.npy"},
    {"NpyCutInTheNumbers", "check @model.onnx --inputs @cut90.npy", "cut90.npy"},
    {"NpyWrongMagic", "check @model.onnx --inputs @text.npy", "text.npy"},
    {"NpyOfAnotherShape", "check @model.onnx --inputs @seven.npy", "7"},
    {"NpyIsAFolder", "check @model.onnx --inputs npy:@folder.onnx", "folder.onnx"},
    {"CifarMissing", "check @images.onnx --inputs cifar10:@none.bin", "none.bin"},
    {"CifarCut", "check @images.onnx --inputs cifar10:@cut.bin", "cut.bin"},
    {"CifarWrongLabel", "check @images.onnx --inputs cifar10:@label.bin", "label"},
    {"MnistCut", "check @images.onnx --inputs mnist:@short-images-idx3-ubyte", "short-images"},
    {"MnistCutInTheHeader", "check @images.onnx --inputs mnist:@header-images-idx3-ubyte", "header-images"},
    {"MnistWrongMagic", "check @images.onnx --inputs mnist:@wrong-images-idx3-ubyte", "wrong-images"},
    // predictions
    {"NoNetworkToPredict", "predict", "NETWORK is missing"},
    {"NoNameToPredict", "predict feedforward", "the NAME of a measurement is missing"},
    {"UnknownFamilyToPredict", "predict feedforwrad coactivation", "did you mean 'feedforward'?"},
    {"UnknownFamilyOptionToPredict", "predict feedforward:dept=2 coactivation", "did you mean 'depth'?"},
    {"PredictionOfAFile", "predict @model.onnx coactivation", "predictions speak of built-in families"},
    {"PredictionOfAMissingFile", "predict none.onnx coactivation", "predictions speak of built-in families"},
    {"UnknownMeasurementToPredict", "predict feedforward coactivatoin",
     "predict: unknown measurement 'coactivatoin'; did you mean 'coactivation'?"},
    {"MeasurementWithoutTheory", "predict feedforward end_to_end_gain", "no theory speaks of"},
    {"SettingWithoutTheory", "predict residual:norm=batch gradient_correlation", "no theory of"},
    {"GatesWithoutVectors", "predict feedforward gradient_correlation --gates", "Gaussian vector inputs"},
    {"UnknownInputsToPredict", "predict feedforward coactivation --inputs gausian",
     "did you mean 'gaussian'?"},
    {"GridOfVectorsToPredict", "predict feedforward:input=2 coactivation --inputs grid:0:1:8",
     "scalar inputs"},
    {"OneExampleToPredict", "predict feedforward coactivation --inputs gaussian:1",
     "examples must be from 2"},
    {"ExamplesSaidTwiceToPredict", "predict feedforward coactivation --inputs gaussian:8 --batch 9",
     "--batch:"},
    {"UnknownBatchNormToPredict", "predict feedforward coactivation --batch-norm stored", "unknown value"},
    {"PredictionsInAMissingFolder", "predict feedforward:input=9 coactivation --json @none/x.jsonl",
     "none/x.jsonl"},
    // models
    {"ModelMissing", "check @none.onnx", "none.onnx"},
    {"ModelIsAFolder", "check @folder.onnx", "folder.onnx"},
    {"ModelEmpty", "check @empty.onnx", "empty.onnx"},
    {"ModelIsText", "check @text.onnx", "text.onnx"},
    {"ModelCutAt1", "check @cut1.onnx", "cut1.onnx"},
    {"ModelCutAt10", "check @cut10.onnx", "cut10.onnx"},
    {"ModelCutAt50", "check @cut50.onnx", "cut50.onnx"},
    {"ModelCutAt90", "check @cut90.onnx", "cut90.onnx"},
    {"ModelCutAt99", "check @cut99.onnx", "cut99.onnx"},
    {"CheckpointThatIsMissing", "check none.pt", "none.pt: No such file"},
    {"CheckpointOfPyTorch", "check @weights.pt", "weights.pt: is a PyTorch checkpoint"},
    {"CheckpointAsInitialWeights", "measure @model.onnx effective_depth --initial @weights.pt",
     "weights.pt: is a PyTorch checkpoint"},
    {"CheckpointToTrain", "train @weights.pt --data procedural:8", "shatterproof.check(model, x)"},
    // dumps
    {"DumpIntoAFullFolder", "check feedforward:depth=2,input=3 --dump @labelled", "labelled"},
    {"DumpOntoAFile", "check feedforward:depth=2,input=3 --dump @five.npy", "five.npy"},
    {"DumpInPieces", "check feedforward:depth=2,input=3 --mini-batch 8 --dump @pieces", "in one piece"},
    {"DumpOfADump", "check --taps @labelled --dump @pieces", "a dump cannot be made from a dump"},
    {"TapsMissing", "check --taps @none", "none"},
    {"TapsOfNoDump", "check --taps @labelled", "labelled"},
    {"TapsAndANetwork", "check @model.onnx --taps @labelled", "either a network or --taps"},
    {"TapsWithoutANameToMeasure", "measure --taps @labelled", "the NAME of a measurement is missing"},
    {"TapsThatAreNoDump", "measure bimodality --taps @labelled", "cannot be opened: a dump has taps.json"},
    // outputs and the rest
    {"ResultsInAMissingFolder", "check @model.onnx --json @none/x.jsonl", "none/x.jsonl"},
    {"ResultsOntoAFolder", "check @model.onnx --json @folder.onnx", "folder.onnx"},
    {"ResultsIntoAnOption", "check @model.onnx --json=--help", "--json: names a file or folder"},
    {"DumpIntoAnOption", "check @model.onnx --dump=-", "--dump: names a file or folder"},
    {"PageIntoAnOption", "check @model.onnx --report=--quiet", "--report: names a file"},
    {"PictureAsAPage", "check @model.onnx --report @page.svg", "--report: writes FILE.html; got '"},
    {"PictureAsAPageOfResults", "report @readings.jsonl -o @page.pdf", "-o: writes FILE.html; got '"},
    {"PictureAsAPageOfAStudy", "reproduce theorems --report @page.png", "--report: writes FILE.html"},
    {"CheckpointAsANetwork", "build feedforward:depth=2 -o @net.pt", "-o: writes FILE.onnx"},
    {"PageOntoAFolder", "check @none.onnx --report @folder.onnx", "folder.onnx: cannot open for writing"},
    {"NetworkIntoAnOption", "build feedforward:depth=2 -o --seed", "-o: names a file"},
    {"NetworkOntoAFullDevice", "build feedforward:depth=2 -o /dev/full", "/dev/full: cannot write: No space"},
    {"StudyPageOntoAFolder", "reproduce theorems --report @folder.onnx", "folder.onnx"},
    {"StudyIntoAFile", "reproduce theorems --out @five.npy", "five.npy: cannot make the folder"},
    {"CheckpointsIntoAFile", "train thin:depth=6 --data procedural:8 --checkpoint @five.npy",
     "five.npy: cannot make the folder"},
    {"CatalogOntoAFolder", "list rules --json @folder.onnx", "folder.onnx"},
    {"ThresholdsThatAreAFolder", "check @model.onnx --thresholds @folder.onnx",
     "cannot read: Is a directory"},
    {"ThresholdsMissing", "check @model.onnx --thresholds @none.toml", "none.toml"},
    {"ThresholdsNotToml", "check @model.onnx --thresholds @bad.toml", "bad.toml"},
    {"ThresholdsUnknown", "check @model.onnx --thresholds @unknown.toml", "nonsense"},
    {"ThresholdsNotANumber", "check @model.onnx --thresholds @nan.toml", "watch_length"},
    {"BuildWithoutOutput", "build feedforward:depth=2", "-o FILE.onnx is missing"},
    {"BuildWithoutFamily", "build -o @out.onnx", "a family is missing"},
    {"BuildOntoAFolder", "build feedforward:depth=2 -o @folder.onnx", "folder.onnx"},
    {"BuildOfAFile", "build @model.onnx -o @out.onnx", "unknown"},
    {"InitWithoutScheme", "init @model.onnx -o @out.onnx", "--with SCHEME is missing"},
    {"InitWithoutOutput", "init @model.onnx --with he", "-o FILE.onnx is missing"},
    {"EvaluateWithoutInputs", "evaluate @model.onnx", "--inputs is missing"},
    {"EvaluateOfAFamily", "evaluate feedforward:input=5,output=2 --inputs npy:@labelled",
     "speaks of trained weights, which a family does not have: name an ONNX file"},
    {"EvaluateWithoutLabels", "evaluate @model.onnx --inputs @five.npy", "label"},
    {"EvaluateLabelsBeyondTheOutputs", "evaluate @model.onnx --inputs npy:@mislabelled",
     "labels must be from 0 to 2"},
    // fetching
    {"NothingToBeDoneWithData", "data", "data: what to do is missing: fetch"},
    {"UnknownDeedWithData", "data get mnist @fetched", "data: unknown value 'get'"},
    {"NoDatasetToFetch", "data fetch", "the NAME of a data set is missing: cifar10 or mnist"},
    {"UnknownDatasetToFetch", "data fetch cifar11 @fetched", "did you mean 'cifar10'? known: cifar10, mnist"},
    {"NoFolderToFetchInto", "data fetch mnist", "data fetch: the folder DIR is missing"},
    {"FetchFromAFile", "data fetch mnist @fetched --from file:///tmp",
     "--from: must begin with https:// or http:// and a host; got 'file:///tmp'"},
    {"FetchFromNoHost", "data fetch mnist @fetched --from http://", "http:// and a host"},
    {"FetchFromNoHostButAPort", "data fetch mnist @fetched --from http://:80/x", "and a host"},
    {"FetchIntoAFile", "data fetch mnist @five.npy", "five.npy: cannot make the folder"},
    {"FetchFromNobody", "data fetch mnist @fetched --from http://127.0.0.1:1",
     "http://127.0.0.1:1/train-images-idx3-ubyte.gz: cannot be fetched"},
    // studies
    {"NoStudy", "reproduce", "the name of a STUDY is missing"},
    {"UnknownStudy", "reproduce theorem", "unknown study 'theorem'; known: "},
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
    {"NoSweep", "sweep", "the TOML file of a STUDY is missing"},
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

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream stream(line);
  for (std::string word; stream >> word;) {
    if (word == "''") word.clear();
    if (const size_t at = word.find('@'); at != std::string::npos)
      word.replace(at, 1, samples().string() + "/");
    words.push_back(word);
  }
  return words;
}

class BadInput : public testing::TestWithParam<BadInputCase> {};

TEST_P(BadInput, IsSaidInOneLine) {
  const Ran ran = run(words_of(GetParam().line));
  EXPECT_EQ(ran.code, kBadInput);
  EXPECT_EQ(ran.out, "");
  ASSERT_EQ(lines_of(ran.err).size(), 1U) << ran.err;
  EXPECT_THAT(ran.err, testing::StartsWith("shatterproof: "));
  EXPECT_THAT(ran.err, HasSubstr(GetParam().says));
  EXPECT_FALSE(std::filesystem::exists(samples() / "out.onnx"));
}

INSTANTIATE_TEST_SUITE_P(Table, BadInput, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(BadInput, NoWordsShowTheHelpOnStandardError) {
  const Ran ran = run({});
  EXPECT_EQ(ran.code, kBadInput);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("Usage: shatterproof"));
}

TEST(BadInput, ControlCharactersNeverReachTheTerminal) {
  const Ran ran = run({"check", "residual:norm=\x1b[31m\nred"});
  EXPECT_EQ(ran.code, kBadInput);
  EXPECT_EQ(lines_of(ran.err).size(), 1U);
  EXPECT_EQ(ran.err.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace shatterproof::cli
