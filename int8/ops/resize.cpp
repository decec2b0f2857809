#include "int8/ops/resize_bilinear.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/copy_codes.h"
#include "int8/ops/node_view.h"
#include "int8/reference/resize.h"

namespace octet::int8 {
namespace {

/// What both resizes share: a task is some rows of one output image.
class ResizeStep : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    std::int8_t* y = args.out_i8();
    const std::int64_t in_image = std::int64_t{in_h} * in_w * channels;
    const std::int64_t row = std::int64_t{out_w} * channels;
    for_sample_tasks(args.threads, args.batch * images, out_h, elements_per_task / row,
                     [&](std::int64_t image, std::int64_t begin, std::int64_t end) {
                       write_rows(x + image * in_image, static_cast<std::size_t>(begin),
                                  static_cast<std::size_t>(end), y + (image * out_h + begin) * row);
                     });
  }
  // Units are rows of a single image.
  std::int64_t unit_bytes() const noexcept override { return images == 1 ? out_w * channels : 0; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    const std::int64_t row = in_w * channels;
    const Range first = rows_of(units.begin), last = rows_of(units.end - 1);
    return {first.begin * row, last.end * row};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    write_rows(args.in_i8(0), static_cast<std::size_t>(units.begin),
               static_cast<std::size_t>(units.end), args.out_i8() + units.begin * unit_bytes());
  }
  int in_h = 1, in_w = 1, out_h = 1, out_w = 1;
  std::int64_t channels = 1, images = 1;

 private:
  /// Input rows of an output row; they ascend.
  virtual Range rows_of(std::int64_t out_y) const noexcept = 0;
  /// Rows begin .. end - 1 of an output image; y is the first.
  virtual void write_rows(const std::int8_t* image, std::size_t begin, std::size_t end,
                          std::int8_t* y) const noexcept = 0;
};

class NearestStep final : public ResizeStep {
 public:
  std::size_t packed_bytes() const noexcept override {
    return (rows.size() + columns.size()) * sizeof(std::int32_t);
  }
  const char* kernel_name() const noexcept override { return "copy"; }
  std::vector<std::int32_t> rows, columns;

 private:
  Range rows_of(std::int64_t out_y) const noexcept override {
    const std::int32_t row = rows[static_cast<std::size_t>(out_y)];
    return {row, row + 1};
  }
  void write_rows(const std::int8_t* image, std::size_t begin, std::size_t end,
                  std::int8_t* y) const noexcept override {
    const std::int64_t row = out_w * channels;
    for (std::size_t out_y = begin; out_y < end; ++out_y, y += row) {
      if (out_y > begin && rows[out_y] == rows[out_y - 1]) {
        copy_codes(y, y - row, row);
        continue;
      }
      const std::int8_t* line = image + std::int64_t{rows[out_y]} * in_w * channels;
      std::int8_t* to = y;
      for (const std::int32_t column : columns) {
        copy_codes(to, line + column * channels, channels);
        to += channels;
      }
    }
  }
};

class BilinearStep final : public ResizeStep {
 public:
  std::size_t packed_bytes() const noexcept override {
    return (rows.size() + columns.size()) * sizeof(BilinearTap);
  }
  const char* kernel_name() const noexcept override { return kernel.name; }
  std::vector<BilinearTap> rows, columns;
  Rounding rounding = Rounding::single_rounding;
  Kernel<BilinearFunction> kernel;

 private:
  Range rows_of(std::int64_t out_y) const noexcept override {
    const BilinearTap& tap = rows[static_cast<std::size_t>(out_y)];
    return {tap.lo, std::max(tap.lo, tap.hi) + 1};
  }
  void write_rows(const std::int8_t* image, std::size_t begin, std::size_t end,
                  std::int8_t* y) const noexcept override {
    for (std::size_t out_y = begin; out_y < end; ++out_y, y += out_w * channels) {
      const BilinearTap& v = rows[out_y];
      kernel.run({.top = image + std::int64_t{v.lo} * in_w * channels,
                  .bottom = image + std::int64_t{v.hi} * in_w * channels,
                  .weight_top = v.weight_lo,
                  .weight_bottom = v.weight_hi,
                  .taps = columns.data(),
                  .columns = out_w,
                  .channels = channels},
                 rounding, y);
    }
  }
};

template <class S>
std::unique_ptr<S> create_resize(const NodeView& node) {
  node.expect_operands(2, 2);
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  node.expect_rank(x, 4);
  const std::vector<std::int32_t> size = node.i32_constant(1);
  OCTET_CHECK(size.size() == 2 && size[0] >= 1 && size[1] >= 1, quoted(node.input(1)),
              ": expected height and width >= 1, got ", to_string(size));
  constexpr std::int32_t limit = 1 << 20;  // positions in 1/1024 pixels stay exact
  OCTET_CHECK(x.shape[1] <= limit && x.shape[2] <= limit && size[0] <= limit && size[1] <= limit,
              "resize: expected sizes up to 2^20, got ", to_string(x.shape), " to ",
              to_string(size));
  node.expect_output_shape({x.shape[0], size[0], size[1], x.shape[3]});
  auto step = new_step<S>(node);
  step->images = x.shape[0];
  step->in_h = x.shape[1];
  step->in_w = x.shape[2];
  step->channels = x.shape[3];
  step->out_h = size[0];
  step->out_w = size[1];
  return step;
}

}  // namespace

std::unique_ptr<Step> create_resize_nearest(const NodeView& node) {
  auto step = create_resize<NearestStep>(node);
  const auto a = node.attributes<ResizeAttributes>();
  step->rows = nearest_indices(step->in_h, step->out_h, a);
  step->columns = nearest_indices(step->in_w, step->out_w, a);
  return step;
}

std::unique_ptr<Step> create_bilinear(const NodeView& node, BilinearTaps& taps,
                                      Kernel<BilinearFunction> (&kernel)(Isa)) {
  const auto a = node.attributes<ResizeAttributes>();
  OCTET_CHECK(!(a.align_corners && a.half_pixel_centers),
              "align_corners and half_pixel_centers exclude each other");
  node.expect_operands(2, 2);
  node.expect_same_params(node.input(0), node.output());
  auto step = create_resize<BilinearStep>(node);
  step->rows = taps(step->in_h, step->out_h, a);
  step->columns = taps(step->in_w, step->out_w, a);
  step->rounding = node.rounding();
  step->kernel = kernel(isa_for_channels(node.isa(), step->channels));
  return step;
}

std::unique_ptr<Step> create_resize_bilinear(const NodeView& node) {
  return create_bilinear(node, bilinear_taps, bilinear_kernel);
}

}  // namespace octet::int8
