// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace shatterproof::cli {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr size_t kMostValues = 64;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string made;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      made += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0) throw refusal(400, "lab: '%' must begin two hexadecimal digits");
    made += static_cast<char>(16 * high + low);
    i += 2;
  }
  return made;
}

std::vector<std::pair<std::string, std::string>> values_of(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> values;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    const size_t equals = std::min(one.find('='), one.size());
    if (!one.empty())
      values.emplace_back(decoded(one.substr(0, equals)),
                          equals < one.size() ? decoded(one.substr(equals + 1)) : "");
    if (values.size() > kMostValues) throw refusal(400, "lab: too many settings");
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return values;
}

std::string lower(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return made;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view next_line(std::string_view& head) {
  const size_t end = std::min(head.find(kLineEnd), head.size());
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(std::min(end + kLineEnd.size(), head.size()));
  return line;
}

void read_request_line(std::string_view line, LabRequest& request) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last ||
      (line.substr(last + 1) != "HTTP/1.1" && line.substr(last + 1) != "HTTP/1.0"))
    throw refusal(400, "lab: this is no HTTP/1 request");
  if (line.substr(0, first) != "GET") throw refusal(405, "lab: takes GET only");
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!target.starts_with('/') || target.find(' ') != std::string_view::npos)
    throw refusal(400, "lab: the target must be a path");
  const size_t question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  if (question < target.size()) request.query = values_of(target.substr(question + 1));
}

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

LabAnswer refusal(int status, std::string_view why) {
  LabAnswer answer;
  answer.status = status;
  answer.body = std::string(why) + "\n";
  return answer;
}

LabRequest parse_request(std::string_view head) {
  LabRequest request;
  read_request_line(next_line(head), request);
  bool named = false;
  for (std::string_view line = next_line(head); !line.empty(); line = next_line(head)) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) throw refusal(400, "lab: a header must have a name");
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "host" && named) throw refusal(400, "lab: one Host header, not two");
    if (name == "host") request.host = lower(value);
    named = named || name == "host";
    if (name == "transfer-encoding" || (name == "content-length" && value != "0"))
      throw refusal(413, "lab: takes no body");
  }
  return request;
}

std::string to_bytes(const LabAnswer& answer) {
  std::string bytes = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
      "X-Frame-Options: DENY\r\nCross-Origin-Resource-Policy: same-origin\r\n"
      "Cross-Origin-Opener-Policy: same-origin\r\n"
      "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
      "img-src data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
      "'none'\r\n",
      answer.status, reason(answer.status), answer.type, answer.body.size());
  if (answer.status == 405) bytes += "Allow: GET\r\n";
  if (!answer.file.empty())
    bytes += fmt::format("Content-Disposition: attachment; filename=\"{}\"\r\n", answer.file);
  return bytes + "\r\n" + answer.body;
}

}  // namespace shatterproof::cli
