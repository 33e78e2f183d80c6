// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/functional.h"

#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"

namespace shatterproof {

Functional Functional::parse(std::string_view text) {
  if (text == "sum") return {Kind::sum};
  if (text == "random") return {Kind::random};
  if (text == "probe") return {Kind::probe};
  if (text == "loss") return {Kind::loss};
  constexpr std::string_view kLogit = "logit:";
  if (text.starts_with(kLogit)) {
    const auto index = parse_whole_number(text.substr(kLogit.size()));
    if (!index || *index < 0) reject("functional", "logit:K needs a whole number K >= 0", text);
    return {Kind::logit, *index};
  }
  reject_unknown("functional", "functional", text, {"sum", "random", "probe", "logit:K", "loss"});
}

std::string Functional::text() const {
  switch (kind) {
    case Kind::sum:
      return "sum";
    case Kind::random:
      return "random";
    case Kind::probe:
      return "probe";
    case Kind::logit:
      return fmt::format("logit:{}", logit);
    case Kind::loss:
      return "loss";
  }
  return {};
}

}  // namespace shatterproof
