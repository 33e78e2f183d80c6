// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/laboratory.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/browser.h"
#include "cli/lab/answer.h"
#include "cli/lab/control.h"
#include "cli/lab/page.h"
#include "cli/records.h"
#include "shatterproof/catalog/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/onnx/export.h"

namespace shatterproof::cli {
namespace {

constexpr std::chrono::milliseconds kLook{20};

// In a time that does not tell how much of it is right.
bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool wants_picture(std::vector<std::pair<std::string, std::string>>& values) {
  const auto found =
      std::find_if(values.begin(), values.end(), [](const auto& one) { return one.first == "detail"; });
  if (found == values.end()) return false;
  if (found->second != "picture") reject_unknown("lab", "detail", found->second, {"picture"});
  values.erase(found);
  return true;
}

}  // namespace

std::string random_token() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw IoError("lab: the system gives no random numbers");
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

Laboratory::Laboratory(LabAdmission admission, LabSetting start)
    : admission_(std::move(admission)), start_(std::move(start)) {}

LabAnswer Laboratory::answer(const LabRequest& request, const Cancellation& gone) {
  const auto& hosts = admission_.hosts;
  if (std::find(hosts.begin(), hosts.end(), request.host) == hosts.end())
    return refusal(403, "lab: this is served to its own address only");
  const std::string_view path = request.path;
  const size_t slash = path.find('/', 1);
  if (slash == std::string_view::npos || !equal(path.substr(1, slash - 1), admission_.token))
    return refusal(403, "lab: open the address that the program printed");
  try {
    return admitted(std::string(path.substr(slash + 1)), request, gone);
  } catch (const std::invalid_argument& error) {
    return refusal(400, printable(error.what(), 1000));
  }
}

LabAnswer Laboratory::admitted(const std::string& part, const LabRequest& request, const Cancellation& gone) {
  auto values = request.query;
  if (part.empty())
    return {.type = "text/html; charset=utf-8",
            .body = lab_page(lab_controls_json(), catalog_lines("measurements"), start_.query())};
  const bool whole = !wants_picture(values);
  const LabSetting setting(values);
  if (part == "results") return results(setting, whole, gone);
  if (part == "study.toml")
    return {.type = "application/toml", .body = setting.study(), .file = "laboratory.toml"};
  if (part == "network.onnx") return network(setting, gone);
  return refusal(404, "lab: there is no such thing here");
}

LabAnswer Laboratory::results(const LabSetting& setting, bool whole, const Cancellation& gone) {
  const auto lock = turn(gone);
  const auto began = std::chrono::steady_clock::now();
  const std::string text = lab_results(setting, whole, training_, gone);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  const nlohmann::json head = {{"network", setting.is_noise() ? setting.word("family") : setting.network()},
                               {"commands", setting.commands()},
                               {"query", setting.query()},
                               {"milliseconds", took.count()}};
  return {.type = "application/jsonl; charset=utf-8", .body = head.dump() + "\n" + text};
}

LabAnswer Laboratory::network(const LabSetting& setting, const Cancellation& gone) {
  if (setting.is_noise()) reject("lab", "noise is no network", setting.word("family"));
  const auto lock = turn(gone);
  const ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "laboratory.onnx";
  export_onnx(lab_network(setting, training_, gone), file);
  return {.type = "application/octet-stream", .body = bytes_of(file), .file = "laboratory.onnx"};
}

std::unique_lock<std::timed_mutex> Laboratory::turn(const Cancellation& gone) {
  const CancellationScope heeds(&gone);
  std::unique_lock lock(computing_, std::defer_lock);
  while (!lock.try_lock_for(kLook)) throw_if_interrupted();
  throw_if_interrupted();
  return lock;
}

}  // namespace shatterproof::cli
