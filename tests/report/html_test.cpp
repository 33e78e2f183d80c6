// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/report/html.h"

#include <sstream>

#include "shatterproof/results/reader.h"
#include "shatterproof/results/writer.h"
#include "tests/results/sample.h"

namespace shatterproof::html_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kOpening = "<script id=\"results\" type=\"text/plain\">";

// What a browser finds in the element of the results: everything up to the next "</script".
std::string embedded(const std::string& page) {
  const size_t begin = page.find(kOpening) + kOpening.size();
  return page.substr(begin, page.find("</script", begin) - begin);
}

size_t count_of(const std::string& text, std::string_view piece) {
  size_t count = 0;
  for (size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++count;
  return count;
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \n");
  return text.substr(first, text.find_last_not_of(" \n") + 1 - first);
}

TEST(HtmlReport, HoldsTheResultsWordForWord) {
  const std::string results = "{\"kind\":\"context\",\"schema\":1,\"network\":\"x\"}\n";
  const std::string page = html_report(results, "");
  EXPECT_EQ(trimmed(embedded(page)) + "\n", results);
  EXPECT_THAT(page, HasSubstr("<!doctype html>"));
  EXPECT_THAT(page, Not(HasSubstr("@results@")));
  EXPECT_THAT(page, Not(HasSubstr("@measurements@")));
}

TEST(HtmlReport, NoNameCanEndTheElementItStandsIn) {
  Results results = sample_results();
  results.context.network = "</script><script>alert(1)</script><!--";
  std::ostringstream lines;
  ResultsWriter writer(lines);
  writer.write(results.context);
  writer.close();
  const std::string plain = html_report("", "");
  const std::string page = html_report(lines.str(), lines.str());
  EXPECT_EQ(count_of(page, "<script"), count_of(plain, "<script"));
  EXPECT_EQ(count_of(page, "</script"), count_of(plain, "</script"));
  EXPECT_EQ(count_of(page, "<!--"), count_of(plain, "<!--"));
  // And it is read back as it was.
  std::istringstream stream(trimmed(embedded(page)));
  EXPECT_EQ(read_results(stream, "page").context.network, results.context.network);
}

TEST(HtmlReport, AsksTheNetworkForNothing) {
  const std::string page = html_report("", "");
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* loader : {"<link rel=\"stylesheet", "<script src", "@import url(", "fetch(\"http"})
    EXPECT_THAT(page, Not(HasSubstr(loader))) << loader;
}

TEST(HtmlReport, IsAPureFunction) {
  EXPECT_EQ(html_report("{}\n", "{}\n"), html_report("{}\n", "{}\n"));
}

TEST(HtmlReport, PlaceholdersInTheResultsStayText) {
  const std::string page =
      html_report("{\"network\":\"@results@ @measurements@\"}", "{\"name\":\"@results@\"}");
  EXPECT_EQ(trimmed(embedded(page)), "{\"network\":\"@results@ @measurements@\"}");
}

}  // namespace
}  // namespace shatterproof::html_test
