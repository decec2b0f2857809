// Resampling of images.
#include <algorithm>
#include <cmath>

#include "core/ops/resize_taps.h"
#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/op_list.h"

namespace octet::onnx {
namespace {

/// Where an output of an axis lies in the input, and the pixel that is nearest.
using Position = double (*)(double x, double in, double out, double scale);
using Rounding = double (*)(double x);

Position position_of(const std::string& name) {
  if (name == "asymmetric") return [](double x, double, double, double scale) { return x / scale; };
  if (name == "align_corners")
    return [](double x, double in, double out, double) {
      return out == 1 ? 0 : x * (in - 1) / (out - 1);
    };
  if (name == "half_pixel")
    return [](double x, double, double, double scale) { return (x + 0.5) / scale - 0.5; };
  if (name == "pytorch_half_pixel")
    return [](double x, double, double out, double scale) {
      return out > 1 ? (x + 0.5) / scale - 0.5 : 0;
    };
  OCTET_CHECK(name == "half_pixel_symmetric", "coordinate_transformation_mode: '", one_line(name),
              "' is not read");
  return [](double x, double in, double out, double scale) {
    return in / 2 * (1 - out / (scale * in)) + (x + 0.5) / scale - 0.5;
  };
}

Rounding rounding_of(const std::string& name) {
  if (name == "floor") return [](double x) { return std::floor(x); };
  if (name == "ceil") return [](double x) { return std::ceil(x); };
  if (name == "round_prefer_ceil") return [](double x) { return std::floor(x + 0.5); };
  OCTET_CHECK(name == "round_prefer_floor", "nearest_mode: '", one_line(name), "' is not known");
  return [](double x) { return std::ceil(x - 0.5); };
}

/// How the file resamples an axis.
struct Rule {
  bool nearest;
  std::string coordinates, rounding;
  Position position = position_of(coordinates);
  Rounding rounded = rounding_of(rounding);
};

/// Whether the op reads the file's places along an axis with these taps.
bool agrees(const Rule& rule, const PoolVector<ResizeTap>& taps, std::int64_t in, double scale) {
  const auto out = static_cast<std::int64_t>(taps.size());
  for (std::int64_t i = 0; i < out; ++i) {
    double expected = rule.position(static_cast<double>(i), static_cast<double>(in),
                                    static_cast<double>(out), scale);
    if (rule.nearest) expected = rule.rounded(expected);
    expected = std::clamp(expected, 0.0, static_cast<double>(in - 1));
    const ResizeTap& t = taps[static_cast<std::size_t>(i)];
    const double got = static_cast<double>(t.lo) +
                       static_cast<double>(t.weight) * static_cast<double>(t.hi - t.lo);
    if (std::abs(got - expected) > 1e-4) return false;
  }
  return true;
}

/// The ops to try: those with an int8 form first.
std::vector<Resize2dOp> candidates(const Rule& rule, int h, int w, double scale_h, double scale_w) {
  const auto kind = rule.nearest ? Interpolation::nearest : Interpolation::bilinear;
  std::vector<Resize2dOp> ops;
  for (const Coordinates c :
       {Coordinates::asymmetric, Coordinates::half_pixel, Coordinates::align_corners})
    ops.emplace_back(h, w, kind, c);
  for (const Coordinates c : {Coordinates::asymmetric, Coordinates::half_pixel,
                              Coordinates::align_corners, Coordinates::pytorch_half_pixel}) {
    for (const NearestMode m : {NearestMode::round_prefer_floor, NearestMode::round_prefer_ceil,
                                NearestMode::floor, NearestMode::ceil}) {
      ops.emplace_back(h, w, kind, c, ResizeOptions{m});
      if (c != Coordinates::align_corners)
        ops.emplace_back(h, w, kind, c, ResizeOptions{m, scale_h, scale_w});
    }
  }
  return ops;
}

Value resized(OpNode& node, const Value& given, const Rule& rule, const Extents& out,
              const std::vector<double>& scales) {
  OCTET_CHECK(given.rank() == 4, "expected an image, got ", text(given.dims));
  const auto same = [&](std::size_t d) { return out[d] == given.dims[d]; };
  OCTET_CHECK(same(0) && (same(1) || same(3)), "expected an image resized in height and width, ",
              text(given.dims), " to ", text(out));
  const bool channels_first = same(1);
  const std::size_t h = channels_first ? 2 : 1, w = h + 1;
  for (const std::size_t d : {h, w})
    OCTET_CHECK(out[d] > 0 && out[d] <= (1 << 16), "expected an extent of 1 to 2^16, got ", out[d]);
  Value x = arrange(node.graph, given,
                    channels_first ? std::vector{0, 2, 3, 1} : std::vector{0, 1, 2, 3});
  Pool pool;
  for (const Resize2dOp& op :
       candidates(rule, static_cast<int>(out[h]), static_cast<int>(out[w]), scales[h], scales[w])) {
    if (!agrees(rule, row_taps(pool, x.dims[h], op), x.dims[h], scales[h]) ||
        !agrees(rule, column_taps(pool, x.dims[w], op), x.dims[w], scales[w])) {
      continue;
    }
    x.dims = out;
    x.node = node.graph.op(std::make_shared<Resize2dOp>(op), {x.node}, node_shape(x.dims, x.order));
    return x;
  }
  fail("from ", text(given.dims), " to ", text(out), " with ", rule.coordinates, " and ",
       rule.rounding, ": no resampling here reads the same pixels");
}

Value scaled(OpNode& node, const Rule& rule, std::vector<double> scales) {
  const Value x = node.activation(0);
  OCTET_CHECK(scales.size() == x.rank(), "scales: expected ", x.rank(), ", got ", scales.size());
  Extents out = x.dims;
  for (std::size_t d = 0; d < out.size(); ++d) {
    if (scales[d] == 1) continue;
    OCTET_CHECK(scales[d] > 0 && scales[d] < 1e6, "scales: got ", scales[d]);
    out[d] = static_cast<std::int64_t>(std::floor(static_cast<double>(out[d]) * scales[d]));
  }
  return resized(node, x, rule, out, scales);
}

std::vector<double> reals_of(const Constant& c) {
  std::vector<double> v;
  for (std::int64_t i = 0; i < c.size(); ++i) v.push_back(c.at(i));
  return v;
}

bool is_nearest(const std::string& mode) {
  OCTET_CHECK(mode == "nearest" || mode == "linear", "mode: expected nearest or linear, got '",
              one_line(mode), "'");
  return mode == "nearest";
}

/// Numbers for some axes as numbers for all.
template <class T>
std::vector<T> for_all_axes(const OpNode& node, std::vector<T> given, std::vector<T> all) {
  const std::vector<std::int64_t> axes = node.ints("axes");
  if (axes.empty()) return given;
  OCTET_CHECK(given.size() == axes.size(), "expected ", axes.size(), " numbers, got ",
              given.size());
  for (std::size_t i = 0; i < axes.size(); ++i) all[resolve_axis(axes[i], all.size())] = given[i];
  return all;
}

}  // namespace

void import_upsample(OpNode& node) {
  const Rule rule{is_nearest(node.string("mode", "nearest")), "asymmetric", "floor"};
  std::vector<double> scales;
  if (node.opset() < 9) {
    for (const float s : node.numbers("scales")) scales.push_back(double{s});
  } else {
    scales = reals_of(*node.reals(1, "scales"));
  }
  node.set(scaled(node, rule, std::move(scales)));
}

void import_resize(OpNode& node) {
  const bool old = node.opset() < 11;
  const Rule rule{is_nearest(node.string("mode", "nearest")),
                  old ? "asymmetric" : node.string("coordinate_transformation_mode", "half_pixel"),
                  old ? "floor" : node.string("nearest_mode", "round_prefer_floor")};
  OCTET_CHECK(node.integer("antialias", 0) == 0, "antialias: expected 0");
  OCTET_CHECK(node.integer("exclude_outside", 0) == 0, "exclude_outside: expected 0");
  const std::string policy = node.string("keep_aspect_ratio_policy", "stretch");
  OCTET_CHECK(policy == "stretch", "keep_aspect_ratio_policy: expected stretch");
  node.ignore({"cubic_coeff_a", "extrapolation_value", "nearest_mode"});
  const Value x = node.activation(0);
  const std::size_t at = node.opset() < 11 ? 1 : 2;
  if (node.has(at) && node.constant(at, "scales")->size() > 0) {
    std::vector<double> scales = reals_of(*node.reals(at, "scales"));
    scales = for_all_axes(node, std::move(scales), std::vector<double>(x.rank(), 1));
    node.set(scaled(node, rule, std::move(scales)));
    return;
  }
  OCTET_CHECK(node.has(3), "expected scales or sizes");
  const Extents out = for_all_axes(node, int_list(*node.constant(3, "sizes")), x.dims);
  OCTET_CHECK(out.size() == x.rank(), "sizes: expected ", x.rank(), ", got ", text(out));
  std::vector<double> scales;
  for (std::size_t d = 0; d < out.size(); ++d)
    scales.push_back(static_cast<double>(out[d]) / static_cast<double>(x.dims[d]));
  node.set(resized(node, x, rule, out, scales));
}

}  // namespace octet::onnx
