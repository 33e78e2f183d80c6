// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "network/operators/contract.h"
#include "network/operators/einsum.h"
#include "network/operators/families.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

constexpr std::string_view kEllipsis = "...";

/// What an equation's letters and ellipsis stand for.
struct Labels {
  std::map<char, int64_t> sizes;   ///< of each letter
  std::map<char, int64_t> counts;  ///< how often it occurs among the inputs
  std::vector<int64_t> broadcast;  ///< the axes that the ellipses stand for
};

void read_term(const OperatorCall& call, const std::string& term, const at::Tensor& x, Labels& labels) {
  const size_t dots = term.find(kEllipsis);
  const auto letters = static_cast<int64_t>(term.size() - (dots == term.npos ? 0 : kEllipsis.size()));
  const bool fits = dots == term.npos ? letters == x.dim() : letters <= x.dim();
  if (!fits) {
    reject_call(call, fmt::format("'{}' names the axes of the input", printable(term)),
                shape_text(x.sizes()));
  }
  int64_t axis = 0;
  for (size_t i = 0; i < term.size(); ++i) {
    if (i == dots) {
      const at::IntArrayRef axes =
          x.sizes().slice(static_cast<size_t>(axis), static_cast<size_t>(x.dim() - letters));
      labels.broadcast = at::infer_size(labels.broadcast, axes);
      axis += x.dim() - letters;
      i += kEllipsis.size() - 1;
      continue;
    }
    ++labels.counts[term[i]];
    int64_t& size = labels.sizes.try_emplace(term[i], 1).first->second;
    size = std::max(size, x.size(axis++));
  }
}

std::vector<std::string> terms_of(const OperatorCall& call, std::string inputs) {
  std::vector<std::string> terms;
  for (size_t comma = inputs.find(','); comma != inputs.npos; comma = inputs.find(',')) {
    terms.push_back(inputs.substr(0, comma));
    inputs.erase(0, comma + 1);
  }
  terms.push_back(std::move(inputs));
  if (terms.size() != call.inputs.size())
    reject_call(call, fmt::format("the equation has {} terms", call.inputs.size()),
                fmt::format("{}", terms.size()));
  return terms;
}

std::string equation_of(const OperatorCall& call) {
  std::string equation = call.node.text("equation", "");
  std::erase(equation, ' ');
  return equation;
}

/// The sizes of every product on the way, each in no particular order of its axes.
std::vector<std::vector<int64_t>> products(const OperatorCall& call) {
  const std::string equation = equation_of(call);
  const size_t arrow = equation.find("->");
  const std::vector<std::string> terms = terms_of(call, equation.substr(0, arrow));
  Labels labels;
  for (size_t i = 0; i < terms.size(); ++i) read_term(call, terms[i], input_of(call, i), labels);
  std::string read = arrow == equation.npos ? "" : equation.substr(arrow);
  for (const auto& [letter, count] : labels.counts) {
    if (arrow == equation.npos && count == 1) read += letter;
  }
  std::vector<std::vector<int64_t>> products;
  for (size_t i = terms.size(); i-- > 0;) {
    std::vector<int64_t> sizes = labels.broadcast;
    for (const auto& [letter, size] : labels.sizes) {
      const bool met =
          std::any_of(terms.begin(), terms.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                      [letter = letter](const std::string& term) { return term.find(letter) != term.npos; });
      if (met && read.find(letter) != read.npos) sizes.push_back(size);
    }
    products.push_back(std::move(sizes));
    read += terms[i];
  }
  return products;
}

std::vector<at::Tensor> einsum(const OperatorCall& call) {
  for (const std::vector<int64_t>& sizes : products(call))
    check_size(call, sizes, call.inputs[0].element_size());
  return {at::einsum(equation_of(call), at::TensorList(call.inputs.data(), call.inputs.size()))};
}

std::vector<at::Tensor> det(const OperatorCall& call) {
  return {at::linalg_det(floating_input(call, 0))};
}

/// Sums of all that came before along an axis, each number included or not; from the end with `reverse`.
std::vector<at::Tensor> cum_sum(const OperatorCall& call) {
  at::Tensor x = input_of(call, 0);
  if (x.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  const int64_t axis = axis_of(call, scalar_input(call, 1).to<int64_t>(), x.dim());
  const bool reverse = call.node.integer("reverse", 0) != 0;
  if (reverse) x = x.flip(axis);
  if (call.node.integer("exclusive", 0) != 0) {
    std::vector<int64_t> shift(static_cast<size_t>(2 * (x.dim() - axis)), 0);  // last axis first
    shift[shift.size() - 2] = 1;
    shift[shift.size() - 1] = -1;
    x = at::constant_pad_nd(x, shift, 0);
  }
  const at::Tensor sums = at::cumsum(x, axis, x.scalar_type());
  return {reverse ? sums.flip(axis) : sums};
}

constexpr OperatorRow kAlgebraRows[] = {
    {{"CumSum", OperatorRole::arithmetic, true, 2, 2, cum_sum}, {"11, 14"}},
    {{"Det", OperatorRole::arithmetic, true, 1, 1, det}, {"11, 22"}},
    {{"Einsum", OperatorRole::linear, true, 1, kAnyNumber, einsum},
     {"12", OrderRule::by_role, Export::alike, largest_einsum_product}},
};

}  // namespace

double largest_einsum_product(const OperatorCall& call) {
  double largest = 0;
  for (const std::vector<int64_t>& sizes : products(call)) {
    double numbers = 1;
    for (const int64_t size : sizes) numbers *= static_cast<double>(size);
    largest = std::max(largest, numbers);
  }
  return largest;
}

std::span<const OperatorRow> algebra_operators() {
  return kAlgebraRows;
}

}  // namespace shatterproof
