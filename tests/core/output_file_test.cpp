// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/output_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "core/machine.h"
#include "shatterproof/core/error.h"

namespace shatterproof::output_file_test {
namespace {

class OutputFileTest : public testing::Test {
 protected:
  OutputFileTest() { std::filesystem::create_directories(folder_); }
  ~OutputFileTest() override { std::filesystem::remove_all(folder_); }

  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  std::string text(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("shatterproof_output_file_" + std::to_string(getpid()));
};

TEST_F(OutputFileTest, AppearsWhenClosedAndNotBefore) {
  OutputFile file(folder_ / "a");
  file.stream() << "whole";
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a"));
  file.close();
  EXPECT_EQ(text("a"), "whole");
  EXPECT_EQ(files(), 1U);
}

TEST_F(OutputFileTest, LeavesTheOldFileAndNothingElseWithoutClose) {
  std::ofstream(folder_ / "a") << "old";
  {
    OutputFile file(folder_ / "a");
    file.stream() << "half";
  }
  EXPECT_EQ(text("a"), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(OutputFileTest, RefusesAFolderAndAMissingFolderByName) {
  EXPECT_THROW(OutputFile{folder_}, IoError);
  try {
    OutputFile file(folder_ / "missing" / "a");
    FAIL() << "a file in a missing folder was opened";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("missing/a: cannot open"), std::string::npos) << error.what();
  }
}

TEST_F(OutputFileTest, SaysWhenTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  OutputFile file("/dev/full");
  file.stream() << std::string(1 << 20, 'x');
  EXPECT_THROW(file.close(), IoError);
  OutputFile short_one("/dev/full");
  short_one.stream() << 'x';
  EXPECT_THROW(short_one.sync(), IoError) << "nothing may be left in the stream's buffer";
}

// The message of what `act` throws; empty when it throws nothing.
template <typename Act>
std::string refusal(const Act& act) {
  try {
    act();
    return "";
  } catch (const IoError& error) {
    return error.what();
  }
}

TEST_F(OutputFileTest, NamesTheCauseOfAWriteThatFailedEarlier) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  OutputFile file("/dev/full");
  file.stream() << "x" << std::flush << "y";
  EXPECT_EQ(refusal([&] { file.close(); }), "/dev/full: cannot write: No space left on device");
}

TEST_F(OutputFileTest, DoesNotFollowALinkUnderItsTemporaryName) {
  std::ofstream(folder_ / "target") << "precious";
  std::filesystem::create_symlink(
      folder_ / "target", folder_ / ("a." + machine_name() + "." + std::to_string(getpid()) + ".partial"));
  EXPECT_THROW(OutputFile{folder_ / "a"}, IoError);
  EXPECT_EQ(text("target"), "precious");
}

TEST_F(OutputFileTest, IsAskedForBeforeTheWork) {
  require_writable(folder_ / "a");
  require_writable("/dev/null");
  EXPECT_EQ(files(), 0U) << "asking leaves nothing";
  EXPECT_THROW(require_writable(folder_), IoError);
  EXPECT_THROW(require_writable(folder_ / "missing" / "a"), IoError);
  EXPECT_THROW(require_writable(folder_ / "a" / ""), IoError);
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_EQ(refusal([] { require_writable("/dev/full"); }),
            "/dev/full: cannot write: No space left on device");
}

TEST_F(OutputFileTest, IsAskedForAsAFolderToo) {
  require_writable_folder(folder_);
  require_writable_folder(folder_ / "new");
  require_writable_folder(folder_ / "new" / "below" / "");
  require_writable_folder("new_in_the_present_folder");
  require_empty_folder(folder_);
  require_empty_folder(folder_ / "new");
  EXPECT_EQ(files(), 0U);
  std::ofstream(folder_ / "a") << "x";
  require_writable_folder(folder_);
  EXPECT_THROW(require_empty_folder(folder_), IoError);
  EXPECT_THROW(require_writable_folder(folder_ / "a"), IoError) << "is a file";
  EXPECT_THROW(require_writable_folder(folder_ / "a" / "below"), IoError) << "would lie below a file";
}

TEST_F(OutputFileTest, ThatIsOnTheDiskHasStillToBeClosed) {
  OutputFile file(folder_ / "a");
  file.stream() << "whole";
  file.sync();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a"));
  std::filesystem::remove_all(folder_);
  EXPECT_THROW(file.sync(), IoError) << "there is no file to bring to the disk";
}

}  // namespace
}  // namespace shatterproof::output_file_test
