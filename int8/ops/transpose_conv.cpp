// TRANSPOSE_CONV as ordinary convolutions. The outputs whose distance along each axis is a multiple
// of the stride meet the same taps of the filter, those of one phase, and are a convolution of
// stride 1 of the input with them, in reverse order. Where the stride exceeds the filter, outputs
// between the filters are the bias alone.
#include <algorithm>

#include "base/error.h"
#include "int8/kernels/packed_conv.h"
#include "int8/ops/conv_operands.h"
#include "int8/ops/copy_codes.h"
#include "int8/ops/operand_shapes.h"
#include "int8/ops/strided_bytes.h"

namespace octet::int8 {
namespace {

constexpr std::size_t most_phases = 4096;

/// One axis: tap f of input i lands at i * stride - pad + f.
struct Axis {
  int in, out, kernel, stride, pad;
};

/// The outputs first, first + stride, ..., `count` of them, along an axis. Output first + j *
/// stride sums inputs j - pad + t with taps tap(t), t < taps; tap(t) may lie outside the filter: a
/// zero.
struct AxisPhase {
  int first, count, taps, pad;
  int tap(const Axis& axis, int t) const noexcept {
    return (first + axis.pad) % axis.stride + axis.stride * (taps - 1 - t);
  }
};

/// Those with taps in the filter; output 0 always belongs to one.
std::vector<AxisPhase> phases_of(const Axis& axis) {
  std::vector<AxisPhase> phases;
  for (int first = 0; first < std::min(axis.stride, axis.out); ++first) {
    const int last_input = (first + axis.pad) / axis.stride;  // that reaches output `first`
    const int lowest_tap = (first + axis.pad) % axis.stride;
    if (lowest_tap >= axis.kernel) continue;
    const int in_filter = (axis.kernel - lowest_tap - 1) / axis.stride + 1;
    const int taps = std::max(in_filter, last_input + 1);  // so that the padding is not negative
    phases.push_back({.first = first,
                      .count = (axis.out - first - 1) / axis.stride + 1,
                      .taps = taps,
                      .pad = taps - 1 - last_input});
  }
  return phases;
}

struct Phase {
  PackedConv conv;
  StridedBytes spread;  ///< from the convolution's output to its places in the image
  std::int64_t outputs() const noexcept {
    const ConvGeometry& g = conv.geometry();
    return g.out_h * g.out_w * g.out_c;
  }
};

/// Weights of one phase, [out_c, rows.taps, columns.taps, in_c], out of operands.weights,
/// [out_c, kernel_h, kernel_w, in_c].
std::vector<std::int8_t> phase_weights(const Axis& h, const AxisPhase& rows, const Axis& v,
                                       const AxisPhase& columns, const ConvOperands& operands) {
  const std::span<const std::int8_t> from = operands.weights.values();
  const std::size_t out_c = operands.bias.values().size();
  const auto filter = static_cast<std::size_t>(h.kernel) * static_cast<std::size_t>(v.kernel);
  const std::size_t in_c = from.size() / (out_c * filter);
  std::vector<std::int8_t> weights;
  for (std::size_t c = 0; c < out_c; ++c) {
    for (int ty = 0; ty < rows.taps; ++ty) {
      for (int tx = 0; tx < columns.taps; ++tx) {
        const int fy = rows.tap(h, ty), fx = columns.tap(v, tx);
        if (fy >= h.kernel || fx >= v.kernel) {
          weights.insert(weights.end(), in_c, 0);
          continue;
        }
        const std::size_t at = (c * filter + static_cast<std::size_t>(fy * v.kernel + fx)) * in_c;
        const std::span<const std::int8_t> tap = from.subspan(at, in_c);
        weights.insert(weights.end(), tap.begin(), tap.end());
      }
    }
  }
  return weights;
}

Phase make_phase(const Axis& h, const AxisPhase& rows, const Axis& v, const AxisPhase& columns,
                 const ConvOperands& operands, Isa isa) {
  const std::vector<std::int8_t> weights = phase_weights(h, rows, v, columns, operands);
  const std::int64_t out_c = static_cast<std::int64_t>(operands.bias.values().size());
  const ConvGeometry g{.in_h = h.in,
                       .in_w = v.in,
                       .in_c = static_cast<int>(static_cast<std::int64_t>(weights.size()) /
                                                (out_c * rows.taps * columns.taps)),
                       .out_h = rows.count,
                       .out_w = columns.count,
                       .out_c = static_cast<int>(out_c),
                       .kernel_h = rows.taps,
                       .kernel_w = columns.taps,
                       .pad_top = rows.pad,
                       .pad_left = columns.pad};
  Phase phase{PackedConv(g, isa, weights.data()), {}};
  phase.spread.push({g.out_h, g.out_w * out_c, std::int64_t{h.stride} * v.out * out_c});
  phase.spread.push({g.out_w, out_c, v.stride * out_c});
  phase.spread.push({out_c, 1, 1});
  phase.spread.set_offsets(0, (std::int64_t{rows.first} * v.out + columns.first) * out_c);
  phase.spread.prepare();
  return phase;
}

class TransposeConvStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const Requantization r = operands.requantization();
    const std::int64_t n = args.batch * images;
    if (whole()) {
      phases[0].conv.run(args.in_i8(0), operands.in.zero_point, r, args.out_i8(), n, args.threads,
                         args.scratch);
      return;
    }
    auto* part = reinterpret_cast<std::int8_t*>(args.scratch);
    for (std::int64_t i = 0; i < n; ++i) {
      if (!between.empty()) fill(args.out_i8() + i * out_image);
      for (const Phase& p : phases) {
        p.conv.run(args.in_i8(0) + i * in_image, operands.in.zero_point, r, part, 1, args.threads,
                   args.scratch + part_bytes());
        p.spread.run(part, 0, args.out_i8() + i * out_image, 0, 1, args.threads);
      }
    }
  }
  std::size_t scratch_bytes(int threads, std::int64_t batch) const noexcept override {
    const std::int64_t n = whole() ? batch * images : 1;  // of one run
    std::size_t bytes = 0;
    for (const Phase& p : phases) bytes = std::max(bytes, p.conv.scratch_bytes(threads, n));
    return part_bytes() + bytes;
  }
  std::size_t packed_bytes() const noexcept override {
    std::size_t bytes = operands.copied_bytes();
    for (const Phase& p : phases) bytes += p.conv.packed_bytes();
    return bytes;
  }
  const char* kernel_name() const noexcept override { return phases[0].conv.kernel_name(); }

  ConvOperands operands;
  std::vector<Phase> phases;
  std::vector<std::int8_t> between;  ///< codes of a pixel that no tap reaches, if there are any
  std::int64_t in_image = 0, out_image = 0, images = 1;

 private:
  /// One phase is the whole output.
  bool whole() const noexcept { return phases.size() == 1 && between.empty(); }

  void fill(std::int8_t* image) const noexcept {
    const auto pixel = static_cast<std::int64_t>(between.size());
    for (std::int64_t at = 0; at < out_image; at += pixel) {
      copy_codes(image + at, between.data(), pixel);
    }
  }

  /// The output of one phase of one image, if it is not the whole image.
  std::size_t part_bytes() const noexcept {
    if (whole()) return 0;
    std::int64_t most = 0;
    for (const Phase& p : phases) most = std::max(most, p.outputs());
    return static_cast<std::size_t>((most + 63) / 64 * 64);
  }
};

}  // namespace

std::unique_ptr<Step> create_transpose_conv(const NodeView& node) {
  const TransposeConvShape s = transpose_conv_shape_of(node);
  const auto a = node.attributes<TransposeConvAttributes>();
  const TensorDef& w = node.input(1);
  const TensorDef& x = node.input(2);
  const Dims& shape = s.out;
  const Axis rows{.in = x.shape[1],
                  .out = shape[1],
                  .kernel = w.shape[1],
                  .stride = a.stride_h,
                  .pad = s.pad_top};
  const Axis columns{.in = x.shape[2],
                     .out = shape[2],
                     .kernel = w.shape[2],
                     .stride = a.stride_w,
                     .pad = s.pad_left};
  auto step = new_step<TransposeConvStep>(node, {2});
  step->operands =
      read_conv_operands(node, {.data = 2, .weights = 1, .bias = 3, .activation = a.activation});
  const std::vector<AxisPhase> row_phases = phases_of(rows), column_phases = phases_of(columns);
  const std::size_t phases = row_phases.size() * column_phases.size();
  OCTET_CHECK(phases <= most_phases, "strides: expected at most ", most_phases,
              " combinations of offsets into the filter, got ", phases);
  for (const AxisPhase& r : row_phases) {
    for (const AxisPhase& c : column_phases) {
      step->phases.push_back(make_phase(rows, r, columns, c, step->operands, node.isa()));
    }
  }
  step->operands.weights = {};  // packed now
  for (Phase& p : step->phases) {
    p.conv.prepare(step->operands.in.zero_point, step->operands.requantization());
  }
  if (a.stride_h > w.shape[1] || a.stride_w > w.shape[2]) {
    const Requantization r = step->operands.requantization();
    for (int c = 0; c < shape[3]; ++c) step->between.push_back(requantize_channel(0, c, r));
  }
  step->in_image = std::int64_t{x.shape[1]} * x.shape[2] * x.shape[3];
  step->out_image = std::int64_t{shape[1]} * shape[2] * shape[3];
  step->images = x.shape[0];
  step->macs = element_count(x.shape) * w.shape[0] * w.shape[1] * w.shape[2];
  return step;
}

}  // namespace octet::int8
