// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/remedy/catalog.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "shatterproof/architecture/catalog.h"
#include "tests/remedy/change.h"

namespace shatterproof::catalog_test {
namespace {

TEST(Remedies, HaveOneRecordOfEveryKind) {
  EXPECT_EQ(remedies().size(), static_cast<size_t>(Remedy::Kind::look_at) + 1);
  for (const RemedyRecord& record : remedies()) {
    EXPECT_EQ(parse_remedy_kind(record.name), record.kind);
    EXPECT_EQ(&remedy_of(record.kind), &record);
    EXPECT_FALSE(record.sentence.empty() || record.applies.empty()) << record.name;
    for (const Remedy& form : record.forms) EXPECT_EQ(form.kind, record.kind) << record.name;
  }
}

std::vector<Network> networks() {
  std::vector<Network> all;
  for (const char* family :
       {"feedforward:depth=2,width=6,input=6,output=3", "feedforward:depth=2,width=6,input=6,crelu=true",
        "feedforward:depth=2,width=6,input=6,activation=tanh", "residual:depth=3,width=6,input=6",
        "transformer_post_norm:depth=2,width=12,heads=2,tokens=5,input=12",
        "conv_feedforward:depth=4,width=4,bottleneck=4"})
    all.push_back(initialize(build_family(family), "he", 1).network);
  Network constant = all.front();
  constant.set_parameter("layer_2.weight", at::zeros({6, 6}));
  all.push_back(constant);
  NetworkBuilder builder("small_gains");
  const std::string gain = builder.parameter("norm.weight", at::full({6}, .02), true);
  const std::string norm = builder.node("LayerNormalization", "norm", {builder.input("input", {6}), gain});
  builder.output(builder.linear(norm, {"readout", 6, 2, false, "", ""}));
  all.push_back(builder.build());
  return all;
}

TEST(Remedies, HaveFormsThatSomeNetworkTakes) {
  const std::vector<Network> all = networks();
  for (const RemedyRecord& record : remedies()) {
    for (const Remedy& form : record.forms) {
      EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                              [&](const Network& network) { return changed(network, form).has_value(); }))
          << record.name << " " << form.scheme;
    }
  }
}

// Which says of `mend` what it may do to weights that somebody trained.
TEST(Remedies, SayWhetherWeightsAreDrawnAnew) {
  for (const Network& network : networks()) {
    for (const RemedyRecord& record : remedies()) {
      for (const Remedy& form : record.forms) {
        const auto made = changed(network, form);
        if (!made || record.draws || form.kind == Remedy::Kind::scale_layer) continue;
        for (const Parameter& parameter : network.parameters())
          EXPECT_TRUE(number(made->network, parameter.name).equal(parameter.value)) << record.name;
      }
    }
  }
}

TEST(SeveralRemedies, AreMadeInAnOrderInWhichNoneUndoesAnother) {
  std::vector<Remedy> changes = {{.kind = Remedy::Kind::scale_layer, .value = 3},
                                 {.kind = Remedy::Kind::add_skips, .value = .5},
                                 {.kind = Remedy::Kind::redraw, .scheme = "orthogonal"}};
  sort_for_making(changes);
  EXPECT_EQ(changes.front().kind, Remedy::Kind::redraw);
  EXPECT_EQ(changes.back().kind, Remedy::Kind::scale_layer);
  const Network network = networks().front();
  const auto all = changed(network, examples_for(network), changes, 1);
  ASSERT_TRUE(all);
  const auto weights = changed(network, {.kind = Remedy::Kind::redraw, .scheme = "orthogonal"});
  expect_equal(number(all->network, "readout.weight"), 3 * number(weights->network, "readout.weight"));
  changes.push_back({.kind = Remedy::Kind::widen, .value = 9});
  EXPECT_FALSE(changed(network, examples_for(network), changes, 1)) << "one of them cannot be made";
}

TEST(Remedies, StandInTheDocument) {
  const std::string path = fmt::format("{}/docs/remedies.md", SHATTERPROOF_SOURCE);
  const std::string begin = "<!-- The changes, written by a test. -->\n",
                    end = "<!-- The end of the changes. -->\n";
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::string page = text.str(),
              table = "| change | what it does | where | what is predicted | from |\n|---|---|---|---|---|\n";
  for (const RemedyRecord& record : remedies()) {
    table +=
        fmt::format("| `{}`{} | {} | {} | {} | {} |\n", record.name, record.forms.empty() ? ", by hand" : "",
                    record.sentence, record.applies, record.predicts, record.reference);
  }
  const size_t first = page.find(begin), last = page.find(end);
  ASSERT_TRUE(first != std::string::npos && last != std::string::npos) << path;
  if (std::getenv("SHATTERPROOF_WRITE_PAGES")) {
    page.replace(first + begin.size(), last - first - begin.size(), table);
    std::ofstream(path) << page;
    return;
  }
  EXPECT_EQ(page.substr(first + begin.size(), last - first - begin.size()), table)
      << "run this test with SHATTERPROOF_WRITE_PAGES=1";
}

}  // namespace
}  // namespace shatterproof::catalog_test
