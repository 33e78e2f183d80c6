// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "shatterproof/examine/session.h"
#include "shatterproof/examine/subject.h"
#include "shatterproof/results/writer.h"

namespace shatterproof::cli {

/// Reads NETWORK: a family spec, or the path of an ONNX file. Throws std::invalid_argument or IoError.
Subject load_subject(const Arguments& arguments);

/// Reads --init, --seeds, --seed and --as-is.
WeightRequest weight_request(const Arguments& arguments);
/// Reads --scale, --mean and --std.
Preprocessing preprocessing_of(const Arguments& arguments);
/// Reads --inputs, --batch and what prepares them.
ExampleRequest example_request(const Arguments& arguments);
/// Reads everything that says how a subject is drawn and run; progress goes to the console.
SessionOptions session_options(const Arguments& arguments, const Console& console);

/// The writer that --json asks for: a file, or `out` for "-"; empty when it does not.
std::unique_ptr<ResultsWriter> results_writer(const std::string& json, std::ostream& out);

}  // namespace shatterproof::cli
