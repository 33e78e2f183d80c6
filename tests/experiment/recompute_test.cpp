// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/grid.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/results/writer.h"
#include "shatterproof/run/dump.h"
#include "shatterproof/run/execution.h"

namespace shatterproof::recompute_test {
namespace {

// Leaves a dump of a run and the readings made in it where tests/recompute.py looks for them.
TEST(Recompute, LeavesADumpAndItsReadings) {
  const char* given = std::getenv("SHATTERPROOF_RECOMPUTE");
  const std::filesystem::path folder =
      given ? given : std::filesystem::temp_directory_path() / "recompute_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const Network network =
      initialize(build_family("residual:depth=6,width=40,norm=batch,beta=0.3,crelu=true"), "he", 3).network;
  Batch batch;
  batch.inputs = {grid(-2, 2, 64)};
  batch.along_path = true;
  const std::vector<std::string> names = {"gradient_correlation", "gradient_autocorrelation", "coactivation"};

  TapDump dump(folder / "dump");
  Observer* observer = &dump;
  Execution(network, RunOptions{}).run(batch, {&observer, 1});
  dump.close(network);
  ResultsWriter right((folder / "right.jsonl").string()), wrong((folder / "wrong.jsonl").string());
  for (ResultsWriter* writer : {&right, &wrong}) writer->write(ContextRecord());
  for (Reading reading : measure(network, batch, names, {}).readings) {
    ASSERT_TRUE(reading.is_defined()) << reading.undefined;
    right.write(reading);
    reading.values.back() += 1e-4;
    wrong.write(reading);
  }
  right.close();
  wrong.close();
  if (!given) std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace shatterproof::recompute_test
