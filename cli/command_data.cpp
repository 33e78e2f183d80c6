// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/fetch/download.h"
#include "cli/fetch/fetch.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof::cli {
namespace {

struct DataArguments {
  std::string action, dataset, folder, from;
};

std::string names_of_sources() {
  std::string names;
  for (const DatasetSource& source : dataset_sources()) names += (names.empty() ? "" : " or ") + source.name;
  return names;
}

void require_words(const DataArguments& arguments) {
  if (arguments.action.empty()) throw std::invalid_argument("data: what to do is missing: fetch");
  one_of("data", arguments.action, "", {"fetch"});
  if (arguments.dataset.empty()) {
    throw std::invalid_argument("data fetch: the NAME of a data set is missing: " + names_of_sources());
  }
}

// Where the files come from: checksums are the same everywhere.
std::string folder_url(const std::string& url) {
  const bool is_web = url.starts_with("https://") || url.starts_with("http://");
  const std::string shown = shown_url(url);
  const size_t host = shown.find("://") + 3;
  if (!is_web || host >= shown.size() || shown.find_first_of("/:?#", host) == host)
    reject("--from", "must begin with https:// or http:// and a host", "'" + shown + "'");
  return url.ends_with('/') ? url : url + "/";
}

// Lines that change a few times a second, not with every packet.
class ProgressLine {
 public:
  explicit ProgressLine(const Console& console) : console_(console) {}

  void operator()(const PublishedFile& file, int64_t bytes) {
    constexpr double kMebibyte = 1 << 20;
    std::string line =
        fmt::format("{}  {:.1f} of {:.1f} MiB", file.name, static_cast<double>(bytes) / kMebibyte,
                    static_cast<double>(file.bytes) / kMebibyte);
    if (line == shown_) return;
    console_.progress(line);
    shown_ = std::move(line);
  }

 private:
  const Console& console_;
  std::string shown_;
};

Fetched fetch_with_talk(const DatasetSource& source, const std::string& folder, const Console& console) {
  const FetchTalk talk{.progress = ProgressLine(console), .remark = [&](const std::string& line) {
                         console.progress("");
                         console.say(line);
                       }};
  try {
    Fetched fetched = fetch(source, folder, talk);
    console.progress("");
    return fetched;
  } catch (const Interrupted&) {
    console.progress("");
    console.say(fmt::format("what came is kept in {}; the same command goes on from there", folder));
    throw;
  }
}

int fetch_dataset(const DataArguments& arguments, const Console& console) {
  require_words(arguments);
  DatasetSource source = dataset_source(arguments.dataset);
  if (arguments.folder.empty()) throw std::invalid_argument("data fetch: the folder DIR is missing");
  if (!arguments.from.empty()) source.url = folder_url(arguments.from);
  const Fetched fetched = fetch_with_talk(source, arguments.folder, console);
  if (fetched.downloaded == 0) console.say("nothing was downloaded: what was there is what is published");
  for (const std::filesystem::path& file : fetched.files) console.out << file.string() << '\n';
  console.say("to train on them: " + shell_line(training_words(source, arguments.folder)));
  return kHealthy;
}

}  // namespace

Command add_data(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("data", "Fetch a data set: download it, check its checksums, unpack it");
  auto arguments = std::make_shared<DataArguments>();
  app->add_option("action", arguments->action, "fetch")->type_name("fetch");
  app->add_option("name", arguments->dataset, "The data set: " + names_of_sources())->type_name("NAME");
  app->add_option("folder", arguments->folder, "Where its files go; made when it is not there")
      ->type_name("DIR");
  app->add_option("--from", arguments->from,
                  "Another place that has the same files (where they are published)")
      ->type_name("URL");
  return {app, [arguments](const Console& console) { return fetch_dataset(*arguments, console); }};
}

}  // namespace shatterproof::cli
