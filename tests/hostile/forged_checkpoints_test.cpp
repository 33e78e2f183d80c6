// SPDX-License-Identifier: Apache-2.0
// Checkpoints that no training has written, with checksums that are right.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "tests/hostile/attack.h"
#include "tests/support/command_runner.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::cli::forged_checkpoints_test {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChecksumDigits = 8;

std::string checked(const std::string& text) {
  return text +
         fmt::format("{:08x}", crc32_z(0, reinterpret_cast<const unsigned char*>(text.data()), text.size()));
}

class ForgedCheckpoints : public testing::Test {
 protected:
  ForgedCheckpoints() {
    const Ran ran = train("whole");
    if (ran.code != kHealthy) throw std::runtime_error(ran.err);
    const auto files = fs::directory_iterator(folder_.path() / "whole");
    whole_ = bytes_of(files->path());
    name_ = files->path().filename();
  }

  std::vector<std::string> words(const std::string& folder) const {
    return {"train",
            "thin:depth=6",
            "--data",
            "procedural:16",
            "--batch",
            "8",
            "--epochs",
            "2",
            "--measure",
            "gradient_confusion@1",
            "--checkpoint",
            folder_.file(folder),
            "--resume",
            "--keep",
            "1",
            "--threads",
            "1",
            "-o",
            folder_.file("trained.onnx")};
  }
  Ran train(const std::string& folder) const { return run(words(folder)); }

  void resume(Attack& attack, const std::string& what, const std::string& bytes) const {
    fs::remove_all(folder_.path() / "forged");
    fs::create_directory(folder_.path() / "forged");
    write_bytes(folder_.path() / "forged" / name_, bytes);
    attack.run(what, words("forged"));
    std::vector<std::string> anyway = words("forged");
    anyway.push_back("--resume-anyway");
    attack.run(what + ", anyway", anyway);
  }

  // Format line, header, tensors.
  size_t header_begin() const { return whole_.find('\n') + 1; }
  size_t header_end() const { return whole_.find('\n', header_begin()); }
  std::string with_header(const std::string& header) const {
    return checked(whole_.substr(0, header_begin()) + header +
                   whole_.substr(header_end(), whole_.size() - kChecksumDigits - header_end()));
  }

  const TemporaryFolder folder_;
  std::string whole_;
  fs::path name_;
};

TEST_F(ForgedCheckpoints, OfOtherValues) {
  Attack attack("values in a checkpoint");
  const nlohmann::json header =
      nlohmann::json::parse(whole_.substr(header_begin(), header_end() - header_begin()));
  for (const auto& [key, ignored] : header.items()) {
    for (const std::string& value : hostile_json()) {
      nlohmann::json forged = header;
      forged[key] = "put the value here";
      std::string text = forged.dump();
      text.replace(text.find("\"put the value here\""), 20, value);
      resume(attack, fmt::format("{} = {}", key, value), with_header(text));
    }
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

TEST_F(ForgedCheckpoints, MutatedAtRandom) {
  Attack attack("mutated checkpoints");
  std::mt19937_64 random = generator("checkpoints");
  const std::string header = whole_.substr(header_begin(), header_end() - header_begin());
  for (int64_t i = 0; i < times(60); ++i) {
    resume(attack, fmt::format("header {}", i), with_header(mutated(header, hostile_json(), random)));
    resume(attack, fmt::format("bytes {}", i), mutated(whole_, hostile_json(), random));
    resume(attack, fmt::format("cut {}", i), whole_.substr(0, random() % whole_.size()));
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

}  // namespace
}  // namespace shatterproof::cli::forged_checkpoints_test
