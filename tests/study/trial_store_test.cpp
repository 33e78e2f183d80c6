// SPDX-License-Identifier: Apache-2.0
#include "study/trial_store.h"

#include <gtest/gtest.h>

#include <fstream>

#include "study/source_hash.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::trial_store_test {
namespace {

namespace fs = std::filesystem;

StudyCase noise() {
  StudyCase one;
  one.source = NoiseSeries{"white"};
  return one;
}

StudyTrial trial() {
  StudyTrial trial{{scalar_reading("effective_rank", .1)}, {}};
  trial.readings.push_back(undefined_reading("train_loss", ReadingType::curve, "step 3: the loss is nan"));
  trial.coverage.nodes = 7;
  return trial;
}

class TrialStoreTest : public testing::Test {
 protected:
  fs::path only_file() const { return fs::directory_iterator(kept_)->path(); }

  TemporaryFolder folder_;
  fs::path kept_ = folder_.path() / "kept";
  TrialStore store_{kept_, "one"};
};

TEST_F(TrialStoreTest, GivesBackWhatWasKeptWithTheReasonsOfWhatIsMissing) {
  EXPECT_FALSE(store_.find(noise(), 1));
  store_.keep(noise(), 1, trial());
  const std::optional<StudyTrial> found = store_.find(noise(), 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->readings.at(0).value(), .1);
  EXPECT_EQ(found->readings.at(1).undefined, "step 3: the loss is nan");
  EXPECT_EQ(found->coverage.nodes, 7);
}

TEST_F(TrialStoreTest, GivesNothingOfAnotherSeedCaseOrProgram) {
  store_.keep(noise(), 1, trial());
  StudyCase other = noise();
  other.inputs = "grid:-1:1:8";
  EXPECT_FALSE(store_.find(noise(), 2));
  EXPECT_FALSE(store_.find(other, 1));
  EXPECT_FALSE(TrialStore(kept_, "two").find(noise(), 1));
}

TEST_F(TrialStoreTest, DoesNotTrustAFileThatSaysItIsOfSomethingElse) {
  store_.keep(noise(), 1, trial());
  const fs::path first = only_file();
  fs::rename(first, folder_.path() / "moved");
  TrialStore(kept_, "one").keep(noise(), 2, trial());
  const fs::path second = only_file();
  fs::rename(folder_.path() / "moved", second);
  EXPECT_FALSE(store_.find(noise(), 2));
}

TEST_F(TrialStoreTest, PassesOverAFileThatWasCutShort) {
  store_.keep(noise(), 1, trial());
  fs::resize_file(only_file(), fs::file_size(only_file()) - 20);
  EXPECT_FALSE(store_.find(noise(), 1));
}

TEST_F(TrialStoreTest, ForgetsItsFilesAndNobodyElses) {
  store_.keep(noise(), 1, trial());
  std::ofstream(kept_ / "mine.txt") << "mine";
  store_.forget(noise());
  EXPECT_EQ(only_file().filename(), "mine.txt");
  fs::remove(kept_ / "mine.txt");
  store_.forget(noise());
  EXPECT_FALSE(fs::exists(kept_));
}

TEST_F(TrialStoreTest, WithoutAFolderKeepsNothing) {
  const TrialStore nowhere("", "one");
  EXPECT_EQ(nowhere.keep(noise(), 1, trial()).readings.size(), 2U);
  EXPECT_FALSE(nowhere.find(noise(), 1));
}

TEST(SourceHash, IsOne) {
  EXPECT_EQ(source_hash().size(), 64U);
}

}  // namespace
}  // namespace shatterproof::trial_store_test
