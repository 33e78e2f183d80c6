// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace shatterproof {

/// Processors this process may run on (its CPU affinity), at least 1.
int available_threads();

/// Processors that nothing else keeps busy: those of this process less the machine's load over the last
/// minute, at least 1. Two threads that wait for each other beside other work are slower than one.
int idle_threads();

/// Lets one tensor operation use up to `threads` threads, in LibTorch and in the BLAS under it, whatever its
/// flavour.
void use_threads(int threads);

/// Runs job(0) ... job(count - 1), independent of each other, on up to `threads` threads, each operation
/// inside a job on one thread; with one thread or one job, operations keep the threads they have. Jobs start
/// in order. The first exception (lowest index) is rethrown after the running jobs have ended; jobs not yet
/// started are then left out. On return operations use as many threads as before.
void run_in_parallel(int64_t count, int threads, const std::function<void(int64_t)>& job);

/// The same with operations on one thread in any case, so that a job gives the same bits whatever the number
/// of threads and of jobs.
void run_single_threaded(int64_t count, int threads, const std::function<void(int64_t)>& job);

}  // namespace shatterproof
