// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/blas_kernels.h"

#include <dlfcn.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace shatterproof::blas_kernels_test {
namespace {

constexpr const char* kVariable = "OPENBLAS_CORETYPE";

class BlasKernels : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* value = std::getenv(kVariable)) before_ = value;
  }
  void TearDown() override { before_ ? setenv(kVariable, before_->c_str(), 1) : unsetenv(kVariable); }

 private:
  std::optional<std::string> before_;
};

TEST_F(BlasKernels, WhoSaysWhichIsHeeded) {
  setenv(kVariable, "PRESCOTT", 1);
  EXPECT_EQ(faster_blas_kernels(), "");
}

// Only where the loaded OpenBLAS takes the processor for the oldest of its kind.
TEST_F(BlasKernels, AreAskedForWhereTheProcessorIsNotKnown) {
  unsetenv(kVariable);
  const auto name = reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  const bool is_unknown = name && std::string(name()) == "Prescott";
  const std::string kernels = faster_blas_kernels();
  EXPECT_TRUE(is_unknown || kernels.empty()) << kernels;
  EXPECT_THAT(kernels, testing::AnyOf("", "HASWELL", "SKYLAKEX"));
}

}  // namespace
}  // namespace shatterproof::blas_kernels_test
