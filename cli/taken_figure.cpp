// SPDX-License-Identifier: Apache-2.0
#include "cli/taken_figure.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/address.h"
#include "cli/records.h"
#include "shatterproof/core/error.h"

namespace shatterproof::cli {
namespace {

using nlohmann::json;

std::string from_base64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int count =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (count < 0) throw IoError("figure: the browser's answer cannot be read");
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;  // which it takes for zeros
  bytes.resize(static_cast<size_t>(count) - padding);
  return bytes;
}

// What the page says of itself, see web/src/take.ts.
json answer_in(const std::string& document) {
  constexpr std::string_view kBegin = "<pre id=\"taken\">", kEnd = "</pre>";
  const size_t begin = document.rfind(kBegin);
  const size_t end = document.find(kEnd, begin);
  if (begin == std::string::npos || end == std::string::npos)
    throw IoError("figure: the browser has drawn no figure; the page of `report` may say why");
  const size_t first = begin + kBegin.size();
  const json answer = json::parse(from_base64(document.substr(first, end - first)), nullptr, false);
  if (!answer.is_object() || !answer.contains("figures"))
    throw IoError("figure: the browser's answer cannot be read");
  return answer;
}

std::vector<std::string> names_in(const json& figures) {
  std::vector<std::string> names;
  for (const json& one : figures) names.push_back(one["name"]);
  return names;
}

// Nothing was drawn: says what there is.
[[noreturn]] void reject_request(const json& figures, const FigureRequest& request) {
  if (figures.empty()) reject("figure", "the results must have something to draw", "numbers only");
  const auto found = std::find_if(figures.begin(), figures.end(),
                                  [&](const json& one) { return one["name"] == request.figure; });
  if (!request.figure.empty() && found == figures.end())
    reject_unknown("--figure", "figure", request.figure, names_in(figures));
  const json& figure = request.figure.empty() ? figures.front() : *found;
  const std::vector<std::string> panels = figure["panels"];
  if (panels.empty())
    reject("--panel", fmt::format("figure '{}' has one panel", std::string(figure["name"])), request.panel);
  // Titles have commas.
  throw std::invalid_argument(fmt::format("--panel: unknown panel '{}'; known: '{}'",
                                          printable(request.panel), fmt::join(panels, "', '")));
}

std::string printed_bytes(const std::filesystem::path& path) {
  std::string bytes = std::filesystem::exists(path) ? bytes_of(path) : "";
  if (bytes.empty()) throw IoError("figure: the browser has printed nothing");
  return bytes;
}

}  // namespace

std::string taken_figure(const Browser& browser, const std::string& results, const FigureRequest& request) {
  const ScratchFolder folder;
  const std::filesystem::path page = folder.path() / "page.html";
  write_report(page.string(), results);
  const auto address = [&](const std::string& form) {
    std::string text = fmt::format("file://{}#take?form={}&width={}", percent_encoded(page.string(), "/"),
                                   form, request.width);
    if (!request.figure.empty()) text += "&figure=" + percent_encoded(request.figure);
    if (!request.panel.empty()) text += "&panel=" + percent_encoded(request.panel);
    return text;
  };
  // What is printed says nothing of itself, so that it is drawn once to see that it is there.
  const std::string form = request.form == "png" ? "png" : "svg";
  const json answer = answer_in(browser.document(address(form)));
  if (!answer.contains(form)) reject_request(answer.at("figures"), request);
  if (request.form == "svg") return answer.at("svg").get<std::string>() + "\n";
  if (request.form == "png") return from_base64(answer.at("png"));
  const std::filesystem::path pdf = folder.path() / "figure.pdf";
  browser.print(address("pdf"), pdf);
  return printed_bytes(pdf);
}

}  // namespace shatterproof::cli
