// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/threads.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "shatterproof/core/interrupt.h"

namespace shatterproof::threads_test {
namespace {

TEST(Threads, AtLeastOneIsAvailable) {
  EXPECT_GE(available_threads(), 1);
}

TEST(RunInParallel, EveryJobRunsOnce) {
  for (const int threads : {0, 1, 2, 7}) {
    std::vector<std::atomic<int>> runs(100);
    run_in_parallel(100, threads, [&](int64_t i) { ++runs[static_cast<size_t>(i)]; });
    for (const auto& count : runs) EXPECT_EQ(count, 1) << threads << " threads";
  }
}

TEST(RunInParallel, NoJobsIsNoWork) {
  run_in_parallel(0, 4, [](int64_t) { FAIL(); });
}

TEST(RunInParallel, UsesSeveralThreadsAndOneForEachOperation) {
  std::mutex mutex;
  std::set<std::thread::id> seen;
  std::atomic<int> waiting{0};
  run_in_parallel(2, 2, [&](int64_t) {
    ++waiting;
    while (waiting < 2) std::this_thread::yield();  // both jobs are on their threads at the same time
    EXPECT_EQ(at::get_num_threads(), 1);
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(seen.size(), 2U);
}

TEST(RunInParallel, OperationsGetTheirThreadsBack) {
  use_threads(2);
  run_in_parallel(4, 2, [](int64_t) {});
  EXPECT_EQ(at::get_num_threads(), 2);
  EXPECT_THROW(run_in_parallel(4, 2, [](int64_t) { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(at::get_num_threads(), 2);
}

TEST(RunSingleThreaded, HoldsForOneThreadAndOneJobToo) {
  use_threads(2);
  for (const auto& [jobs, threads] : {std::pair(1, 1), {1, 2}, {3, 1}, {3, 2}}) {
    run_single_threaded(jobs, threads, [](int64_t) { EXPECT_EQ(at::get_num_threads(), 1); });
    EXPECT_EQ(at::get_num_threads(), 2);
  }
}

TEST(RunInParallel, TheExceptionOfTheLowestIndexIsRethrown) {
  for (const int threads : {1, 2, 4}) {
    try {
      run_in_parallel(4, threads, [](int64_t i) {
        // The later ones fail first.
        std::this_thread::sleep_for(std::chrono::milliseconds(10 * (4 - i)));
        throw std::out_of_range(std::to_string(i));
      });
      FAIL() << "nothing was thrown";
    } catch (const std::out_of_range& error) {
      EXPECT_STREQ(error.what(), "0") << threads << " threads";
    }
  }
}

TEST(RunInParallel, AfterAnExceptionNoFurtherJobStarts) {
  std::atomic<int> started{0};
  EXPECT_THROW(run_in_parallel(1000, 2,
                               [&](int64_t) {
                                 ++started;
                                 throw std::runtime_error("stop");
                               }),
               std::runtime_error);
  EXPECT_LE(started, 2);
}

TEST(RunInParallel, AllRunningJobsEndBeforeTheExceptionLeaves) {
  std::atomic<bool> second_ended{false};
  std::atomic<bool> second_started{false};
  EXPECT_THROW(run_in_parallel(2, 2,
                               [&](int64_t i) {
                                 if (i == 0) {
                                   while (!second_started) std::this_thread::yield();
                                   throw std::runtime_error("first");
                                 }
                                 second_started = true;
                                 std::this_thread::sleep_for(std::chrono::milliseconds(20));
                                 second_ended = true;
                               }),
               std::runtime_error);
  EXPECT_TRUE(second_ended);
}

TEST(RunInParallel, MatrixProductsAreThoseOfOneThread) {
  const at::Tensor a = at::arange(64 * 64, at::kFloat).view({64, 64}) / 4096;
  const at::Tensor expected = a.mm(a);
  std::vector<at::Tensor> products(8);
  run_in_parallel(8, 2, [&](int64_t i) { products[static_cast<size_t>(i)] = a.mm(a); });
  for (const at::Tensor& product : products) EXPECT_TRUE(at::allclose(product, expected, 1e-6, 0));
}

TEST(Interrupt, ThrowsFromTheSafePointUntilCleared) {
  clear_interrupt();
  EXPECT_NO_THROW(throw_if_interrupted());
  request_interrupt();
  EXPECT_THROW(throw_if_interrupted(), Interrupted);
  EXPECT_THROW(throw_if_interrupted(), Interrupted);
  clear_interrupt();
  EXPECT_NO_THROW(throw_if_interrupted());
}

TEST(Interrupt, ReachesJobsOnOtherThreads) {
  clear_interrupt();
  EXPECT_THROW(run_in_parallel(100, 2,
                               [](int64_t i) {
                                 if (i == 3) request_interrupt();
                                 throw_if_interrupted();
                               }),
               Interrupted);
  clear_interrupt();
}

}  // namespace
}  // namespace shatterproof::threads_test
