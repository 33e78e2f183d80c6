// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/coordinates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "examine/grown_network.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/line_fit.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/examine/settings.h"

namespace shatterproof {
namespace {

// A size may change by 2^(1/4) when the width doubles.
constexpr double kMostSlope = .25;
constexpr size_t kFewestPoints = 3;

// One of the networks that are trained, and where it stands on its axis.
struct Point {
  std::string axis;
  int64_t width = 0, depth = 0;

  double at() const { return static_cast<double>(axis == "width" ? width : depth); }
};

bool is_written_as_mu_p(const CoordinateRequest& request) {
  return request.networks.empty() && Spec::parse(request.family).word("parametrization", "") == "mup";
}

void require(const CoordinateRequest& request) {
  if (!request.networks.empty() && request.networks.size() < kFewestPoints)
    reject(kCoordinates, fmt::format("needs a family, or at least {} networks", kFewestPoints),
           fmt::format("{}", request.networks.size()));
  for (const auto& [name, values] :
       {std::pair("widths", request.widths), std::pair("depths", request.depths)}) {
    const bool goes_up =
        std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
    if (values.size() < kFewestPoints || values.front() < 1 || !goes_up)
      reject(kCoordinates,
             fmt::format("{} must be at least {} numbers from 1 that go up", name, kFewestPoints),
             fmt::format("{} of them", values.size()));
  }
  if (request.steps < 1 || request.seeds < 1 || request.examples < 2)
    reject(kCoordinates, "needs a step, a seed and two examples", "fewer");
  if (!(request.rate > 0) || !std::isfinite(request.rate))
    reject(kCoordinates, "the rate must be a number above 0", fmt::format("{}", request.rate));
  if (request.parametrization == Parametrization::maximal_update && is_written_as_mu_p(request))
    reject(kCoordinates, "the family has parametrization=mup of its own, which would count twice",
           request.family);
}

// A network of a family, or one that was given, and where it stands.
struct Grown {
  Point point;
  GrownNetwork network;
};

std::vector<Grown> grown_from_family(const CoordinateRequest& request) {
  std::vector<Point> points;
  for (const int64_t width : request.widths) points.push_back({"width", width, request.depths[1]});
  for (const int64_t depth : request.depths) points.push_back({"depth", request.widths[0], depth});
  std::vector<Grown> grown;
  for (const Point& point : points)
    grown.push_back({point, grown_network(request.family, point.width, point.depth)});
  return grown;
}

std::vector<Grown> grown_from_networks(const std::vector<Network>& networks) {
  std::vector<Grown> grown;
  for (size_t i = 0; i < networks.size(); ++i) {
    GrownNetwork one = grown_network(networks[i], networks[i + 1 < networks.size() ? i + 1 : 0]);
    const int64_t width = width_of(one);
    if (!grown.empty() && width <= grown.back().point.width)
      reject(kCoordinates, "each network must be wider than the one before",
             fmt::format("{} units after {}", width, grown.back().point.width));
    grown.push_back({{"width", width, 0}, std::move(one)});
  }
  return grown;
}

Transfer transfer_of(double slope, double error) {
  if (std::abs(slope) + error < kMostSlope) return Transfer::transfers;
  if (std::abs(slope) - error < kMostSlope) return Transfer::unclear;
  return slope > 0 ? Transfer::grows : Transfer::shrinks;
}

// Logarithms of every seed's size against those of the axis.
void fit_slope(CoordinateLine& line, const std::vector<double>& x, const std::vector<double>& y) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const bool is_finite = std::all_of(y.begin(), y.end(), [](double one) { return one < kInfinity; });
  const bool has_zero = std::find(y.begin(), y.end(), -kInfinity) != y.end();
  if (!is_finite || has_zero) {
    line.undefined = is_finite ? "a size is zero, which has no logarithm" : "a size is not finite";
    line.slope = line.standard_error = std::numeric_limits<double>::quiet_NaN();
    line.transfer = Transfer::unclear;
    return;
  }
  const LineFit found = line_fit(x, y);
  const double rest = found.y_squares - found.slope * found.slope * found.x_squares;
  line.slope = found.slope;
  line.standard_error = std::sqrt(std::max(0., rest) / (static_cast<double>(x.size()) - 2) / found.x_squares);
  line.transfer = transfer_of(line.slope, line.standard_error);
}

class Lines {
 public:
  Lines(const std::vector<Point>& points, const std::vector<std::vector<TrainedSizes>>& trained)
      : points_(points), trained_(trained) {}

  std::vector<CoordinateLine> all() const {
    std::vector<CoordinateLine> lines;
    const size_t steps = trained_.front().front().sizes.size();
    for (const char* axis : {"width", "depth"}) {
      for (size_t step = 0; step < steps; ++step) {
        for (const char* layers : {"input", "hidden", "readout"}) {
          for (const bool is_change : {false, true}) {
            if (is_change && step == 0) continue;
            CoordinateLine line = of(axis, step, layers, is_change);
            if (line.at.size() >= kFewestPoints) lines.push_back(std::move(line));
          }
        }
      }
    }
    return lines;
  }

 private:
  CoordinateLine of(const std::string& axis, size_t step, const std::string& layers, bool is_change) const {
    CoordinateLine line{
        .axis = axis, .step = static_cast<int64_t>(step), .layers = layers, .is_change = is_change};
    std::vector<double> x, y;
    for (size_t i = 0; i < points_.size(); ++i) {
      if (points_[i].axis != axis) continue;
      double sum = 0;
      for (const TrainedSizes& one : trained_[i]) {
        const auto& sizes = is_change ? one.changes[step] : one.sizes[step];
        const auto found = sizes.find(layers);
        if (found == sizes.end()) return {};
        sum += found->second;
        x.push_back(std::log(points_[i].at()));
        y.push_back(std::log(found->second) / 2);
      }
      line.at.push_back(points_[i].at());
      line.sizes.push_back(std::sqrt(sum / static_cast<double>(trained_[i].size())));
    }
    fit_slope(line, x, y);
    return line;
  }

  const std::vector<Point>& points_;
  const std::vector<std::vector<TrainedSizes>>& trained_;  // per point and seed
};

ContextRecord context_of(const CoordinateRequest& request) {
  ContextRecord context = context_of_library();
  context.network = request.family;
  context.inputs = fmt::format("gaussian, {} examples", request.examples);
  context.initializer = request.scheme;
  context.examples = request.examples;
  context.seed = request.first_seed;
  context.seeds = request.seeds;
  context.functional = "loss";
  context.batch_norm = "attached";
  context.dtype = "float32";
  const bool is_mu_p =
      request.parametrization == Parametrization::maximal_update || is_written_as_mu_p(request);
  context.note = fmt::format("{} parametrization, Adam at {}, {} steps", is_mu_p ? "mu-P" : "standard",
                             request.rate, request.steps);
  return context;
}

std::string name_of(const CoordinateLine& line) {
  return line.is_change ? "coordinate_change" : "coordinate_size";
}

}  // namespace

std::string_view to_string(Transfer transfer) {
  switch (transfer) {
    case Transfer::transfers:
      return "transfers";
    case Transfer::grows:
      return "grows";
    case Transfer::shrinks:
      return "shrinks";
    case Transfer::unclear:
      return "unclear";
  }
  return "";
}

const CoordinateLine* Coordinates::find(const std::string& axis, int64_t step, const std::string& layers,
                                        bool is_change) const {
  for (const CoordinateLine& line : lines) {
    if (line.axis == axis && line.step == step && line.layers == layers && line.is_change == is_change)
      return &line;
  }
  return nullptr;
}

Coordinates coordinates(const CoordinateRequest& request) {
  const CancellationScope heeds(request.cancellation);
  require(request);
  const std::vector<Grown> grown =
      request.networks.empty() ? grown_from_family(request) : grown_from_networks(request.networks);
  std::vector<Point> points;
  for (const Grown& one : grown) points.push_back(one.point);
  std::vector<std::vector<TrainedSizes>> trained(
      grown.size(), std::vector<TrainedSizes>(static_cast<size_t>(request.seeds)));
  const auto base = static_cast<double>(points[0].width);
  run_in_parallel(static_cast<int64_t>(grown.size()) * request.seeds, request.threads, [&](int64_t job) {
    const auto i = static_cast<size_t>(job / request.seeds), seed = static_cast<size_t>(job % request.seeds);
    trained[i][seed] = trained_sizes(grown[i].network, request, base / static_cast<double>(points[i].width),
                                     request.first_seed + seed);
  });
  return {context_of(request), Lines(points, trained).all()};
}

void write(ResultsWriter& writer, const Coordinates& coordinates) {
  writer.write(coordinates.context);
  for (const CoordinateLine& line : coordinates.lines) {
    Reading curve = curve_reading(name_of(line), line.axis, line.at, line.sizes);
    curve.case_name = fmt::format("against {}, step {}", line.axis, line.step);
    curve.tap = line.layers;
    curve.n = coordinates.context.seeds;
    const std::string name = name_of(line) + "_slope";
    Reading slope = line.undefined.empty() ? scalar_reading(name, line.slope)
                                           : undefined_reading(name, ReadingType::scalar, line.undefined);
    slope.case_name = curve.case_name;
    slope.tap = line.layers;
    slope.n = coordinates.context.seeds;
    if (slope.is_defined()) slope.standard_error = {line.standard_error};
    writer.write(curve);
    writer.write(slope);
  }
}

}  // namespace shatterproof
