// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/onnx/import.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "onnx/batch_axis.h"
#include "onnx/evaluation.h"
#include "onnx/folded_normalization.h"
#include "onnx/folding.h"
#include "onnx/foreign_file.h"
#include "onnx/free_axes.h"
#include "onnx/graph_draft.h"
#include "onnx/metadata.h"
#include "onnx/model_file.h"
#include "onnx/sequence_rewriting.h"
#include "onnx/sharing.h"
#include "onnx/vocabulary.h"
#include "onnx/work_budget.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

std::string producer_of(const onnx::ModelProto& model) {
  const std::string& name = model.producer_name();
  return printable(model.producer_version().empty() ? name
                                                    : fmt::format("{} {}", name, model.producer_version()));
}

void note_count(std::vector<std::string>& notes, int64_t count, std::string_view what) {
  if (count > 0) notes.push_back(fmt::format("{} {}", count, what));
}

// Outputs that say nothing of the input (constants, sizes, the input itself) and inputs that nothing reads.
void drop_idle_ends(GraphDraft& draft, std::vector<std::string>& notes) {
  const auto dependent = data_dependent_values(draft);
  std::unordered_set<std::string> given;
  for (const Input& input : draft.inputs) given.insert(input.name);
  std::erase_if(draft.outputs, [&](const std::string& value) {
    const bool idle = !dependent.contains(value) || given.contains(value);
    if (idle)
      notes.push_back(
          fmt::format("output '{}' left out: no node computes it from an input", printable(value)));
    return idle;
  });
  if (draft.outputs.empty()) reject("graph", "some output must be computed from an input", "none");
  drop_dead_nodes(draft);
  std::unordered_set<std::string> read;
  for (const Node& node : draft.nodes) read.insert(node.inputs.begin(), node.inputs.end());
  std::erase_if(draft.inputs, [&](const Input& input) {
    if (read.contains(input.name)) return false;
    notes.push_back(fmt::format("input '{}' left out: no output depends on it", printable(input.name)));
    return true;
  });
}

ImportedModel imported(const std::filesystem::path& path, const onnx::ModelProto& proto,
                       const ImportOptions& options, int64_t byte_limit) {
  ImportedModel model;
  model.producer = producer_of(proto);
  model.ir_version = proto.ir_version();
  model.opset = operator_set_of(proto);
  TensorReader tensors(path, byte_limit);
  GraphDraft draft = read_graph(proto, nodes_of(proto, path, byte_limit), tensors);
  for (const auto& initializer : proto.graph().initializer())
    model.stored_numbers += draft.constants.at(initializer.name()).numel();
  note_count(model.notes, tensors.doubles(), "tensor(s) of 64-bit floats rounded to float32");
  note_count(model.notes, tensors.halves(), "tensor(s) of 16-bit floats widened to float32");
  check_one_producer(draft);
  name_nodes(draft);
  note_count(model.notes, drop_dead_nodes(draft), "node(s) left out: they reach no output");
  sort_nodes(draft);
  unwrap_sequences(draft);
  check_operators(draft);
  Folding folding = fold_constants(draft, byte_limit - tensors.bytes());
  note_count(model.notes, folding.nodes, "node(s) over constants replaced by what they compute");
  drop_idle_ends(draft, model.notes);
  fix_axes(draft, options.shapes);
  for (std::string& note : settle_sharing(draft, folding.moved)) model.notes.push_back(std::move(note));
  drop_unused_constants(draft);
  std::erase_if(folding.aliases, [&](const Alias& alias) { return !draft.constants.contains(alias.name); });
  model.aliases = std::move(folding.aliases);

  // Two examples together and one by one are compared, which holds a few runs' values at once.
  constexpr int64_t kRunsHeld = 3;
  BatchFinding batch = free_batch_axis(draft, options.memory_limit > 0 ? byte_limit / kRunsHeld : byte_limit);
  model.batch_axis = batch.axis;
  model.batch = batch.batch;
  model.batch_verified = batch.verified;
  model.alike_axes = batch.alike_axes;
  model.notes.insert(model.notes.end(), batch.notes.begin(), batch.notes.end());
  find_vocabularies(draft);
  model.network = marked(network_of(draft), proto, draft.literals);
  FoldedNormalization folded = folded_normalization(draft, proto.producer_name());
  model.folded_normalization = folded.found;
  model.folded_into = std::move(folded.nodes);
  return model;
}

// The file's own bytes are held until all that is in them has been read.
void require_fit(const std::filesystem::path& path, int64_t byte_limit) {
  std::error_code none;
  const uintmax_t bytes = std::filesystem::file_size(path, none);
  if (!none && bytes > static_cast<uintmax_t>(byte_limit) / 2) {
    if (const std::string kind = foreign_kind(path); !kind.empty())
      throw IoError(fmt::format("{}: {}", printable(path.string()), kind));
    reject(printable(path.filename().string()),
           fmt::format("the file and what is read from it must fit into {} bytes", byte_limit),
           fmt::format("a file of {} bytes", bytes));
  }
}

}  // namespace

ImportedModel import_onnx(const std::filesystem::path& path, const ImportOptions& options) {
  const int64_t byte_limit = options.memory_limit > 0 ? options.memory_limit : half_of_memory();
  require_fit(path, byte_limit);
  const onnx::ModelProto proto = read_model(path);
  const std::string file = printable(path.filename().string());
  const WorkBudget budget;
  try {
    ImportedModel model = imported(path, proto, options, byte_limit);
    require_within_budget();
    return model;
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{}: {}", file, error.what()));
  } catch (const c10::Error& error) {
    const std::string_view text = error.what_without_backtrace();
    throw std::invalid_argument(fmt::format("{}: {}", file, text.substr(0, text.find('\n'))));
  } catch (const std::bad_alloc&) {
    throw std::invalid_argument(fmt::format("{}: model: must fit into memory; got more", file));
  }
}

}  // namespace shatterproof
