// SPDX-License-Identifier: Apache-2.0
#include "live_coverage.h"

#include <fmt/format.h>
#include <torch/extension.h>

#include "shatterproof/network/layer.h"

namespace py = pybind11;

namespace shatterproof::python {

CoverageRecord live_coverage(const Network& graph, const py::object& live) {
  const Structure derived = structure(graph);
  CoverageRecord coverage;
  coverage.nodes = static_cast<int64_t>(graph.nodes().size());
  const py::gil_scoped_acquire lock;
  size_t i = 0;
  for (const py::handle node : live.attr("graph").attr("nodes")) {
    const Node& own = graph.nodes()[i];
    if (node.attr("is_opaque").cast<bool>()) {
      coverage.skipped.push_back({own.name, fmt::format("{} is not known: derivatives pass, it is no layer",
                                                        node.attr("function").cast<std::string>())});
    } else if (derived.depends_on_input[i] && !operator_of(own).differentiable) {
      coverage.skipped.push_back({own.name, fmt::format("{} has no derivative", own.op)});
    }
    ++i;
  }
  coverage.measured = coverage.nodes - static_cast<int64_t>(coverage.skipped.size());
  return coverage;
}

}  // namespace shatterproof::python
