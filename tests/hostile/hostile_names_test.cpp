// SPDX-License-Identifier: Apache-2.0
// Names from files on their way to the terminal.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/hostile/attack.h"
#include "tests/onnx/model_writing.h"
#include "tests/support/command_runner.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::cli::hostile_names_test {
namespace {

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = {"\x1b[2J\x1b[31mred",
                                               std::string("a\0b", 3),
                                               "bell\a",
                                               "back\b\b\b",
                                               "\xc2\x9b"
                                               "2J",
                                               "del\x7f",
                                               "\xff\xfe",
                                               "line\nfeed",
                                               "carriage\rreturn",
                                               "\xe2\x80\xae"
                                               "override",
                                               "<script>alert(1)</script>",
                                               "</script>",
                                               "%s%n",
                                               "../../etc/passwd",
                                               std::string(100'000, 'n'),
                                               std::string(30'000, '\x1b')};
  return all;
}

// small_model with another name for everything.
ModelWriter named(const std::string& name) {
  ModelWriter model(13);
  model.input(name + "x", {-1, 4}).output(name + "y").initializer(ramp(name + "W", {4, 3}));
  model.initializer(ramp(name + "b", {3}));
  model.node("MatMul", {name + "x", name + "W"}, {name + "p"}, name + "product");
  model.node("Add", {name + "p", name + "b"}, {name + "s"}, name + "sum");
  model.node("Relu", {name + "s"}, {name + "y"}, name + "relu");
  model.proto.set_producer_name(name);
  return model;
}

TEST(HostileNames, OfNetworks) {
  Attack attack("names in networks");
  const TemporaryFolder folder;
  const std::string file = folder.file("x.onnx"), results = folder.file("r.jsonl");
  for (const std::string& name : names()) {
    const std::string what = name.substr(0, 20);
    named(name).write(file);
    attack.run("check " + what, {"check", file, "--batch", "8", "--json", results, "--no-rehearsal"});
    attack.run("check in lines " + what, {"check", file, "--batch", "8", "--json", "-", "--no-rehearsal"});
    attack.run("page of " + what, {"report", results, "-o", folder.file("page.html")});
    attack.run("measure " + what, {"measure", file, "effective_rank", "--batch", "8", "--seeds", "1"});
    attack.run("tap " + what, {"measure", file, "effective_rank", "--tap", name});
    attack.run("shape " + what, {"check", file, "--shape", name + "=3"});
    attack.run("init " + what, {"init", file, "--with", "he", "-o", folder.file("y.onnx")});
    ModelWriter unknown = named(name);
    unknown.last_node().set_op_type(name.substr(0, 1000));
    unknown.write(file);
    attack.run("operator " + what, {"check", file});
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

// What JSON shows of a control character is an escape of its own.
TEST(HostileNames, StayTheSameInResults) {
  const TemporaryFolder folder;
  const std::string file = folder.file("x.onnx");
  named("\x1b[2J\xc2\x9b\x7f").write(file);
  const Ran ran = run({"check", file, "--batch", "8", "--json", "-", "--no-rehearsal", "--quiet"});
  ASSERT_NE(ran.code, kBadInput) << ran.err;
  std::string all;
  for (const std::string& line : lines_of(ran.out)) {
    const nlohmann::json record = nlohmann::json::parse(line);
    if (record["kind"] == "graph") all += record["nodes"].dump();
  }
  const nlohmann::json expected =
      "\x1b[2J\xc2\x9b\x7f"
      "relu";
  EXPECT_NE(all.find(expected.dump()), std::string::npos);
}

TEST(HostileNames, OfDumps) {
  Attack attack("names in dumps");
  const TemporaryFolder folder;
  run({"check", "residual:depth=2,width=4,input=3", "--seeds", "1", "--batch", "8", "--no-rehearsal",
       "--dump", folder.file("dump")});
  const std::string taps = folder.file("dump") + "/taps.json";
  const nlohmann::json whole = nlohmann::json::parse(bytes_of(taps));
  for (const std::string& name : names()) {
    for (const char* key : {"name", "op", "kind", "forward"}) {
      nlohmann::json forged = whole;
      for (nlohmann::json& tap : forged) tap[key] = name;
      write_bytes(taps, forged.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
      attack.run(fmt::format("{} {}", key, name.substr(0, 20)), {"check", "--taps", folder.file("dump")});
    }
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

}  // namespace
}  // namespace shatterproof::cli::hostile_names_test
