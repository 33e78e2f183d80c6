// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/threads.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "shatterproof/core/interrupt.h"

namespace shatterproof {
namespace {

template <typename Function>
Function* loaded_function(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

// at::set_num_threads does not reach OpenBLAS's pthread flavour, whose threads then fight with ours.
void set_blas_threads(int threads) {
  if (auto* set = loaded_function<void(int)>("openblas_set_num_threads")) set(threads);
}

int blas_threads() {
  auto* count = loaded_function<int()>("openblas_get_num_threads");
  return count ? count() : 1;
}

// Takes the BLAS down to one thread, and on leaving the scope gives operations the threads they had.
class SingleThreadedOperations {
 public:
  SingleThreadedOperations() : threads_(at::get_num_threads()), blas_threads_(blas_threads()) {
    set_blas_threads(1);
  }
  ~SingleThreadedOperations() {
    at::set_num_threads(threads_);
    set_blas_threads(blas_threads_);
  }
  SingleThreadedOperations(const SingleThreadedOperations&) = delete;
  SingleThreadedOperations& operator=(const SingleThreadedOperations&) = delete;

 private:
  int threads_, blas_threads_;
};

}  // namespace

int available_threads() {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  if (sched_getaffinity(0, sizeof processors, &processors) != 0) return 1;
  return std::max(1, CPU_COUNT(&processors));
}

int idle_threads() {
  double load = 0;
  if (getloadavg(&load, 1) != 1) load = 0;
  return std::clamp(available_threads() - static_cast<int>(std::lround(load)), 1, available_threads());
}

void use_threads(int threads) {
  at::set_num_threads(std::max(1, threads));
  set_blas_threads(std::max(1, threads));
}

void run_in_parallel(int64_t count, int threads, const std::function<void(int64_t)>& job) {
  const int64_t workers = std::min<int64_t>(std::max(1, threads), count);
  if (workers <= 1) {
    for (int64_t i = 0; i < count; ++i) job(i);
    return;
  }
  const SingleThreadedOperations scope;
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr first_error;
  int64_t first_error_index = count;
  const Cancellation* token = current_cancellation();
  auto work = [&] {
    const CancellationScope heeds(token);
    at::set_num_threads(1);  // OpenMP's count belongs to the thread that sets it
    for (int64_t i = next++; i < count; i = next++) {
      try {
        job(i);
      } catch (...) {
        next = count;
        const std::lock_guard lock(mutex);
        if (i < first_error_index) {
          first_error_index = i;
          first_error = std::current_exception();
        }
      }
    }
  };
  {
    std::vector<std::jthread> pool;
    for (int64_t i = 1; i < workers; ++i) pool.emplace_back(work);
    work();
  }
  if (first_error) std::rethrow_exception(first_error);
}

void run_single_threaded(int64_t count, int threads, const std::function<void(int64_t)>& job) {
  const SingleThreadedOperations scope;
  at::set_num_threads(1);
  run_in_parallel(count, threads, job);
}

}  // namespace shatterproof
