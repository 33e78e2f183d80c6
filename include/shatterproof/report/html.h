// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace shatterproof {

/// The page that shows a results file: one HTML document that needs no other file and no network.
///
/// `results` is the text of a results file, `measurements` the lines of `list measurements --json -`, which
/// the page quotes beside the numbers. Both go into the page as they are, except that no "<" is left in them
/// (in JSON it stands only inside of text, where \u003c means the same), so that nothing they hold can end
/// the element they stand in. The page reads what `read_results` reads; check first what comes from
/// elsewhere. A pure function; O(length).
std::string html_report(std::string_view results, std::string_view measurements);

}  // namespace shatterproof
