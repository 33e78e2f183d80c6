// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/mend/mend.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "shatterproof/dataset/npy.h"
#include "shatterproof/dataset/teacher.h"
#include "shatterproof/onnx/export.h"
#include "shatterproof/onnx/import.h"
#include "shatterproof/remedy/catalog.h"
#include "shatterproof/run/execution.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::mend_test {
namespace {

using Kind = Remedy::Kind;

constexpr const char* kShattered = "feedforward:depth=30,width=40,norm=batch,input=40,output=10";

MendOptions quick() {
  MendOptions options;
  options.weights.count = 2;
  options.examples.count = 128;
  options.rehearsal_seconds = 60;  // never the limit
  return options;
}

bool has(const std::vector<Remedy>& changes, Kind kind) {
  return std::any_of(changes.begin(), changes.end(), [&](const Remedy& one) { return one.kind == kind; });
}

bool any_draws(const Mended& mended) {
  return std::any_of(mended.trials.begin(), mended.trials.end(), [](const ChangeRecord& trial) {
    return std::any_of(trial.changes.begin(), trial.changes.end(),
                       [](const Remedy& one) { return remedy_of(one.kind).draws; });
  });
}

TEST(Mend, LeavesAHealthyNetworkAlone) {
  const Mended mended = mend(subject_of_family("feedforward:depth=2,width=40,input=40,output=10"), quick());
  EXPECT_FALSE(mended.is_sick());
  EXPECT_TRUE(mended.trials.empty());
  EXPECT_FALSE(mended.network);
}

TEST(Mend, ClearsFindingsOverAllDraws) {
  const Mended mended = mend(subject_of_family(kShattered), quick());
  ASSERT_TRUE(mended.is_sick());
  ASSERT_TRUE(mended.after);
  EXPECT_EQ(worst(mended.after->diagnosis), Severity::info) << short_words_of(mended.changes);
  EXPECT_EQ(mended.after->context.seeds, 2);
  EXPECT_TRUE(mended.trials.back().left.empty()) << "it stops where everything is cleared";
}

TEST(Mend, ChangesTheWeightsWhereThatIsEnough) {
  MendOptions options = quick();
  options.weights.scheme = "gaussian:std=0.07";
  const Mended mended =
      mend(subject_of_family("feedforward:depth=20,width=100,input=100,output=10"), options);
  ASSERT_EQ(mended.changes.size(), 1U) << short_words_of(mended.changes);
  EXPECT_EQ(mended.changes.front().kind, Kind::redraw);
  EXPECT_EQ(worst(mended.after->diagnosis), Severity::info);
}

TEST(Mend, CombinesChangesWhereNoSingleOneClears) {
  // Gradients shatter, and nobody has brought the columns to one scale.
  const TemporaryFolder folder;
  const std::string inputs = (folder.path() / "unscaled.npy").string();
  const at::Tensor noise =
      teacher_batch(subject_of_family(kShattered).network.inputs()[0], 0, 128, 10, 1).inputs[0];
  write_npy(inputs, noise * at::logspace(-3, 3, noise.size(1), 10., noise.options()));
  MendOptions options = quick();
  options.examples.source = inputs;
  options.only = {Kind::standardize_inputs, Kind::add_skips};
  const Mended mended = mend(subject_of_family(kShattered), options);
  EXPECT_EQ(mended.changes.size(), 2U) << short_words_of(mended.changes);
  EXPECT_TRUE(has(mended.changes, Kind::standardize_inputs) && has(mended.changes, Kind::add_skips));
  ASSERT_TRUE(mended.after);
  EXPECT_EQ(worst(mended.after->diagnosis), Severity::info);
}

TEST(Mend, NeverDrawsTrainedWeightsAnewWithoutBeingTold) {
  Subject subject = subject_of_network(drawn_network(subject_of_family(kShattered), {"he", 1, 1}, 1).network);
  MendOptions options = quick();
  options.weights.count = 1;
  options.standing = Provenance::State::trained;
  options.budget = 12;
  const Mended kept = mend(subject, options);
  ASSERT_FALSE(kept.trials.empty());
  EXPECT_FALSE(any_draws(kept));
  options.redraws_trained = true;
  options.budget = 60;
  options.only = {Kind::redraw};
  EXPECT_TRUE(any_draws(mend(subject, options)));
  options.redraws_trained = false;
  EXPECT_THROW(mend(subject, options), std::invalid_argument) << "nothing is left to be tried";
}

TEST(Mend, TriesWhatItIsToldAndNoMoreThanItMay) {
  MendOptions options = quick();
  options.only = {Kind::scale_layer, Kind::add_norm};
  options.without = {Kind::add_norm};
  options.budget = 2;
  const Mended mended = mend(subject_of_family(kShattered), options);
  EXPECT_LE(mended.trials.size(), 2U);
  for (const ChangeRecord& trial : mended.trials) EXPECT_TRUE(has(trial.changes, Kind::scale_layer));
  EXPECT_TRUE(mended.changes.empty()) << "a smaller last layer cures no shattering";
  EXPECT_FALSE(mended.network);
  options.only = {Kind::widen};
  EXPECT_THROW(mend(subject_of_family(kShattered), options), std::invalid_argument);
  options.only = {};
  options.budget = 0;
  EXPECT_THROW(mend(subject_of_family(kShattered), options), std::invalid_argument);
}

TEST(Mend, SaysWhatWasFoundWhenItIsInterrupted) {
  Cancellation cancellation;
  MendOptions options = quick();
  options.only = {Kind::scale_layer, Kind::redraw};
  options.cancellation = &cancellation;
  options.after_trial = [&](const ChangeRecord&) { cancellation.request(); };
  const Mended mended = mend(subject_of_family(kShattered), options);
  EXPECT_TRUE(mended.interrupted);
  EXPECT_EQ(mended.trials.size(), 1U);
  EXPECT_FALSE(mended.network);
  EXPECT_THROW(mend(subject_of_family(kShattered), options), Interrupted) << "before anything was found";
}

TEST(Mend, AtRandomTriesOtherChangesOfTheSameListAndIsDeterministic) {
  MendOptions options = quick();
  options.budget = 3;
  options.at_random = 7;
  const Subject subject = subject_of_family(kShattered);
  const Mended once = mend(subject, options), again = mend(subject, options);
  ASSERT_EQ(once.trials.size(), again.trials.size());
  for (size_t i = 0; i < once.trials.size(); ++i)
    EXPECT_EQ(short_words_of(once.trials[i].changes), short_words_of(again.trials[i].changes));
  options.at_random = 8;
  EXPECT_NE(short_words_of(mend(subject, options).trials.front().changes),
            short_words_of(once.trials.front().changes));
}

TEST(Mend, TrainsBothForTheSameBudget) {
  MendOptions options = quick();
  const Subject subject = subject_of_family(kShattered);
  options.learning.examples = teacher_batch(subject.network.inputs()[0], 0, 256, 10, 1);
  options.learning.steps = 60;
  options.learning.rates = {1e-3, 3e-3};
  const Mended mended = mend(subject, options);
  ASSERT_TRUE(mended.learned_before && mended.learned_after);
  EXPECT_EQ(mended.learned_before->curves.size(), 2U);
  EXPECT_LT(mended.learned_after->best()->loss, mended.learned_before->best()->loss);
}

TEST(Mend, WritesAFileThatRunsAlike) {
  const Mended mended = mend(subject_of_family(kShattered), quick());
  ASSERT_TRUE(mended.network);
  const TemporaryFolder folder;
  const auto path = folder.path() / "mended.onnx";
  export_onnx(*mended.network, path);
  const Network read = import_onnx(path).network;
  RunOptions run;
  run.batch_norm = BatchStatistics::attached;
  const Batch batch = teacher_batch(mended.network->inputs()[0], 0, 32, 10, 2);
  const at::Tensor there = Execution(read, run).outputs(batch).front(),
                   here = Execution(*mended.network, run).outputs(batch).front();
  constexpr double kSinglePrecision = 1e-5;
  EXPECT_LE((there - here).abs().max().item<double>(), kSinglePrecision * here.abs().max().item<double>());
}

}  // namespace
}  // namespace shatterproof::mend_test
