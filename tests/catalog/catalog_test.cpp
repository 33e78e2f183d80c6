// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/network/operator.h"

namespace shatterproof::catalog_test {
namespace {

using nlohmann::json;

std::vector<json> records_of(const std::string& lines) {
  std::vector<json> records;
  std::istringstream text(lines);
  for (std::string line; std::getline(text, line);) records.push_back(json::parse(line));
  return records;
}

TEST(Catalog, EveryListHasRecordsOfOneKindEachOfAnotherName) {
  for (const CatalogRecord& catalog : catalogs()) {
    std::set<std::string> kinds, names;
    const std::vector<json> records = records_of(catalog.lines());
    for (const json& record : records) {
      kinds.insert(record.at("kind"));
      EXPECT_TRUE(names.insert(record.at("name")).second) << record;
    }
    EXPECT_EQ(kinds.size(), 1U) << catalog.name;
    EXPECT_EQ(catalog_lines(catalog.name), catalog.lines());
  }
}

TEST(Catalog, ListsAllThatTheTablesHold) {
  EXPECT_EQ(records_of(catalog_lines("operators")).size(), operators().size());
  EXPECT_EQ(records_of(catalog_lines("measurements")).size(), measurements().size());
  EXPECT_EQ(records_of(catalog_lines("rules")).size(), rules().size());
}

TEST(Catalog, AnUnknownListNamesTheKnownOnes) {
  EXPECT_THAT([] { catalog_lines("measurement"); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("measurements")));
}

}  // namespace
}  // namespace shatterproof::catalog_test
