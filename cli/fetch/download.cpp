// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/download.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <array>
#include <exception>
#include <memory>
#include <new>
#include <span>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof::cli {
namespace {

constexpr long kSecondsToConnect = 30;
constexpr long kSilentSeconds = 60;
constexpr long kMostRedirections = 10;

// One request. libcurl calls back from C, which no exception may cross: it is kept and thrown afterwards.
class Transfer {
 public:
  Transfer(const std::string& url, int64_t bytes, PartialFile& file,
           const std::function<void(int64_t)>& progress)
      : url_(url), bytes_(bytes), file_(file), progress_(progress) {
    if (!curl_) throw std::bad_alloc();
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, url.starts_with("https:") ? "https" : "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMostRedirections);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, kSecondsToConnect);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, kSilentSeconds);
    set(CURLOPT_USERAGENT, "shatterproof/" SHATTERPROOF_VERSION);
    set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(file.size()));
    set(CURLOPT_ERRORBUFFER, cause_.data());
    set(CURLOPT_WRITEFUNCTION, &Transfer::receive);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::look);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
  }

  CURLcode run() {
    const CURLcode code = curl_easy_perform(curl_.get());
    if (refusal_) std::rethrow_exception(refusal_);
    return code;
  }

  std::string cause(CURLcode code) const {
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_HTTP_RETURNED_ERROR) return fmt::format("the server answers {}", status);
    return fmt::format("cannot be fetched: {}", cause_[0] != '\0' ? cause_.data() : curl_easy_strerror(code));
  }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(curl_.get(), option, value);
    if (code != CURLE_OK) throw IoError(fmt::format("libcurl: {}", curl_easy_strerror(code)));
  }

  // Whether `step` went well; what it throws is kept.
  template <typename Step>
  bool attempt(const Step& step) {
    try {
      step();
      return true;
    } catch (...) {
      refusal_ = std::current_exception();
      return false;
    }
  }

  static size_t receive(const char* data, size_t, size_t count, void* transfer) {
    Transfer& self = *static_cast<Transfer*>(transfer);
    return self.attempt([&] { self.append({data, count}); }) ? count : CURL_WRITEFUNC_ERROR;
  }

  static int look(void* transfer, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    Transfer& self = *static_cast<Transfer*>(transfer);
    const auto step = [&] {
      throw_if_interrupted();
      self.progress_(self.file_.size());
    };
    return self.attempt(step) ? 0 : 1;
  }

  void append(std::span<const char> data) {
    if (static_cast<int64_t>(data.size()) > bytes_ - file_.size()) {
      file_.clear();
      throw IoError(
          fmt::format("{}: is longer than the published file, which has {} bytes", shown_url(url_), bytes_));
    }
    file_.append(data);
  }

  const std::string& url_;
  int64_t bytes_;
  PartialFile& file_;
  const std::function<void(int64_t)>& progress_;
  std::exception_ptr refusal_;
  std::array<char, CURL_ERROR_SIZE> cause_ = {};
  std::unique_ptr<CURL, void (*)(CURL*)> curl_{curl_easy_init(), curl_easy_cleanup};
};

}  // namespace

std::string shown_url(std::string_view url) {
  constexpr size_t kLongest = 2000;
  constexpr std::string_view kScheme = "://";
  const size_t scheme = url.find(kScheme);
  const size_t host = scheme == std::string_view::npos ? 0 : scheme + kScheme.size();
  const std::string_view authority = url.substr(host, url.find_first_of("/?#", host) - host);
  const size_t at = authority.rfind('@');
  const size_t shown = at == std::string_view::npos ? host : host + at + 1;
  return printable(std::string(url.substr(0, host)) + std::string(url.substr(shown)), kLongest);
}

void download(const std::string& url, int64_t bytes, PartialFile& file,
              const std::function<void(int64_t)>& progress) {
  const bool in_the_middle = file.size() > 0;
  Transfer transfer(url, bytes, file, progress);
  const CURLcode code = transfer.run();
  if (code == CURLE_OK) return;
  if (code == CURLE_RANGE_ERROR && in_the_middle) {
    file.clear();
    return download(url, bytes, file, progress);
  }
  std::string line = fmt::format("{}: {}", shown_url(url), transfer.cause(code));
  if (file.size() > 0) {
    line +=
        fmt::format("; {} of {} bytes are kept, and the same command goes on from there", file.size(), bytes);
  }
  throw IoError(line);
}

}  // namespace shatterproof::cli
