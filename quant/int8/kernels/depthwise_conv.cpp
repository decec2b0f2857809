// Works row by row: an input row is converted and interleaved once, just before the first output
// row that needs it, and kept in a ring of as many rows as the kernel spans.
#include "quant/int8/kernels/depthwise_conv.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "quant/int8/kernels/aligned_buffer.h"
#include "quant/int8/kernels/channel_table.h"
#include "quant/int8/kernels/work_split.h"

namespace octet::int8 {
namespace {

constexpr int columns_target = 256;       // outputs in a row that one piece of work computes
constexpr std::int64_t output_cost = 32;  // of one result, in multiplications

struct Piece : ChannelBlock {
  int width = 0, copies = 1;
  std::int64_t weights = 0;
  // Layout of its interleaved rows.
  int super_groups = 0;       // that produce output
  int stored_groups = 0;      // per run: with the further columns' if those are shared
  bool shared_quads = false;  // quads are further groups of one run, not runs of their own
  int entries = 0;            // columns per residue
  std::int64_t row_bytes = 0;
  std::vector<std::int32_t> quads;
};

class DepthwiseConv final : public ConvAlgorithm {
 public:
  DepthwiseConv(const ConvGeometry& g, const ConvKernels& kernels)
      : g_(g), k_(kernels), multiplier_(g.out_c / g.in_c), sums_(g.out_c) {
    plan();
    weights_ = AlignedBuffer(static_cast<std::size_t>(weight_bytes_));
  }

  void pack(const std::int8_t* weights) noexcept override;
  std::size_t packed_bytes() const noexcept override { return weights_.size() + sums_.bytes(); }
  std::size_t scratch_bytes(int threads) const noexcept override {
    return shared_bytes() + static_cast<std::size_t>(threads) * worker_bytes();
  }
  void run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
           std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept override;

 private:
  struct Run {
    const std::int8_t* x;
    std::int32_t input_zero_point;
    const ConvOutput& out;
    ChannelTable table;
    const BlockMode* modes;
  };
  // One worker's scratch.
  struct Workspace {
    std::uint8_t* residues;  // step_ runs of gathered columns
    std::int8_t* expanded;   // a row with each channel repeated `multiplier` times
    std::uint8_t* zero_row;
    std::int8_t* zero_codes;  // a block of the zero point
    std::uint8_t* ring;
    std::int32_t* in_ring;  // which input row each slot holds
    const std::uint8_t** rows;
    std::int32_t* values;  // a row of accumulators, for requantizing one by one
  };
  struct Region {
    std::int64_t sample = 0;
    int row = 0, row_end = 0, column = 0, columns = 0;
  };

  void plan();
  void plan_piece(Piece& p);
  Workspace workspace(std::byte* memory) const noexcept;
  void compute(const Region& region, std::size_t piece, const Run& run,
               const Workspace& w) const noexcept;
  void load_row(const Piece& p, const std::int8_t* row, int ix, std::int32_t zero_point,
                const Workspace& w, std::uint8_t* to) const noexcept;
  void row_one_by_one(DepthwiseArgs args, const Piece& p, const Requantization& r, std::int8_t* y,
                      std::int32_t* values) const noexcept;

  std::size_t shared_bytes() const noexcept {
    return align64(ChannelTable::bytes(slots_)) + align64(pieces_.size() * sizeof(BlockMode));
  }
  std::size_t worker_bytes() const noexcept {
    return align64(residue_bytes_ * static_cast<std::size_t>(step_)) + align64(expanded_bytes_) +
           64 + row_bytes_ * static_cast<std::size_t>(1 + ring_rows_) +
           align64(static_cast<std::size_t>(ring_rows_) * sizeof(std::int32_t)) +
           align64(static_cast<std::size_t>(g_.kernel_h) * sizeof(void*)) + value_bytes_;
  }

  ConvGeometry g_;
  const ConvKernels& k_;
  int multiplier_;
  int step_ = 2;    // input columns from one group to the next
  int phases_ = 1;  // outputs of one group
  int ring_rows_ = 1;
  int columns_ = 1;  // outputs of a full region's row
  int column_regions_ = 1;
  std::vector<int> quad_columns_;  // first input column of each quad that has taps
  std::vector<Piece> pieces_;
  int slots_ = 0;
  std::int64_t weight_bytes_ = 0;
  std::size_t residue_bytes_ = 0, expanded_bytes_ = 0, row_bytes_ = 0, value_bytes_ = 0;
  void (*kernel_)(const DepthwiseArgs&) = nullptr;
  AlignedBuffer weights_;
  WeightSums sums_;
};

void DepthwiseConv::plan() {
  step_ = std::max(2, g_.stride_w);
  phases_ = g_.stride_w == 1 ? 2 : 1;
  ring_rows_ = (g_.kernel_h - 1) * g_.dilation_h + 1;
  column_regions_ = static_cast<int>(ceil_div(g_.out_w, columns_target));
  columns_ = static_cast<int>(ceil_div(g_.out_w, column_regions_));
  column_regions_ = static_cast<int>(ceil_div(g_.out_w, columns_));

  for (int kx = 0; kx < g_.kernel_w; ++kx) {
    for (int phase = 0; phase < phases_; ++phase) {
      const int column = (kx * g_.dilation_w + phase) / k_.unit * k_.unit;
      if (quad_columns_.empty() || quad_columns_.back() < column) quad_columns_.push_back(column);
    }
  }
  const int quads = static_cast<int>(quad_columns_.size());
  const bool plain = g_.dilation_w == 1;
  kernel_ = k_.depthwise.row_any;
  if (plain && g_.kernel_h == 3 && g_.kernel_w == 3 && quads == 4 / k_.unit)
    kernel_ = k_.depthwise.row_3x3;
  if (plain && g_.kernel_h == 5 && g_.kernel_w == 5 && quads == 1 + 4 / k_.unit)
    kernel_ = k_.depthwise.row_5x5;

  const int block = 4 * k_.lanes;
  for (int first = 0; first < g_.out_c;) {
    const int left = g_.out_c - first;
    Piece p;
    p.width = 8;
    while (p.width < block && p.width < left) p.width *= 2;
    // A piece of less than three quarters is better cut in two.
    if (p.width > 8 && left < p.width && 4 * left <= 3 * p.width) p.width /= 2;
    p.copies = block / p.width;
    p.first = first;
    p.channels = std::min(left, p.width);
    p.slot = slots_;
    p.padded = block;
    p.weights = weight_bytes_;
    plan_piece(p);
    slots_ += p.padded;
    weight_bytes_ += std::int64_t{block} * 4 * g_.kernel_h * quads * phases_;
    first += p.channels;
    pieces_.push_back(std::move(p));
  }
}

void DepthwiseConv::plan_piece(Piece& p) {
  const int groups = phases_ == 2 ? (columns_ + 1) / 2 : columns_;
  const int last_column = quad_columns_.back();
  p.super_groups = (groups + p.copies - 1) / p.copies;
  p.shared_quads = p.copies == 1 && std::all_of(quad_columns_.begin(), quad_columns_.end(),
                                                [&](int c) { return c % step_ == 0; });
  p.stored_groups = p.super_groups + (p.shared_quads ? last_column / step_ : 0);
  const std::int64_t group_bytes = std::int64_t{k_.lanes} * 4 * 4;
  for (std::size_t t = 0; t < quad_columns_.size(); ++t) {
    const std::int64_t groups_before =
        p.shared_quads ? quad_columns_[t] / step_ : static_cast<std::int64_t>(t) * p.stored_groups;
    p.quads.push_back(static_cast<std::int32_t>(groups_before * group_bytes));
  }
  const std::int64_t runs = p.shared_quads ? 1 : static_cast<std::int64_t>(quad_columns_.size());
  p.row_bytes = runs * p.stored_groups * group_bytes;
  p.entries = p.super_groups * p.copies + (last_column + k_.unit - 1) / step_ + 1;

  // A gather may write a whole block past its last entry.
  const int slack = 4 * k_.lanes;
  residue_bytes_ =
      std::max(residue_bytes_, align64(static_cast<std::size_t>(p.entries * p.width + slack) *
                                       static_cast<std::size_t>(k_.element_bytes)));
  row_bytes_ = std::max(row_bytes_, static_cast<std::size_t>(p.row_bytes));
  value_bytes_ =
      std::max(value_bytes_, align64(static_cast<std::size_t>(columns_) *
                                     static_cast<std::size_t>(p.width) * sizeof(std::int32_t)));
  if (multiplier_ > 1) {
    expanded_bytes_ = std::max(expanded_bytes_, static_cast<std::size_t>(p.entries) *
                                                    static_cast<std::size_t>(step_) *
                                                    static_cast<std::size_t>(p.width));
  }
}

void DepthwiseConv::pack(const std::int8_t* weights) noexcept {
  const std::int64_t per_channel = g_.weights_per_channel();
  sums_.compute(weights, per_channel);
  for (const Piece& p : pieces_) {
    std::byte* to = weights_.as<std::byte>() + p.weights;
    for (int q = 0; q < 4; ++q) {
      for (int ky = 0; ky < g_.kernel_h; ++ky) {
        for (int quad : quad_columns_) {
          for (int phase = 0; phase < phases_; ++phase) {
            for (int lane = 0; lane < k_.lanes; ++lane) {
              const int c = k_.depthwise.position(q, lane) % p.width;
              for (int e = 0; e < k_.unit; ++e, to += k_.element_bytes) {
                const int column = quad + e - phase;
                const int kx = column / g_.dilation_w;
                std::int16_t w = 0;
                if (c < p.channels && column >= 0 && column % g_.dilation_w == 0 &&
                    kx < g_.kernel_w)
                  w = weights[(p.first + c) * per_channel + ky * g_.kernel_w + kx];
                if (k_.element_bytes == 1) {
                  const auto narrow = static_cast<std::int8_t>(w);
                  std::memcpy(to, &narrow, 1);
                } else {
                  std::memcpy(to, &w, 2);
                }
              }
            }
          }
        }
      }
    }
  }
}

DepthwiseConv::Workspace DepthwiseConv::workspace(std::byte* memory) const noexcept {
  Workspace w{};
  const auto take = [&](std::size_t bytes) {
    std::byte* p = memory;
    memory += bytes;
    return p;
  };
  w.residues = reinterpret_cast<std::uint8_t*>(
      take(align64(residue_bytes_ * static_cast<std::size_t>(step_))));
  w.expanded = reinterpret_cast<std::int8_t*>(take(align64(expanded_bytes_)));
  w.zero_codes = reinterpret_cast<std::int8_t*>(take(64));
  w.zero_row = reinterpret_cast<std::uint8_t*>(take(row_bytes_));
  w.ring = reinterpret_cast<std::uint8_t*>(take(row_bytes_ * static_cast<std::size_t>(ring_rows_)));
  w.in_ring = reinterpret_cast<std::int32_t*>(
      take(align64(static_cast<std::size_t>(ring_rows_) * sizeof(std::int32_t))));
  w.rows = reinterpret_cast<const std::uint8_t**>(
      take(align64(static_cast<std::size_t>(g_.kernel_h) * sizeof(void*))));
  w.values = reinterpret_cast<std::int32_t*>(memory);
  return w;
}

void DepthwiseConv::load_row(const Piece& p, const std::int8_t* row, int ix,
                             std::int32_t zero_point, const Workspace& w,
                             std::uint8_t* to) const noexcept {
  const std::int8_t* from = row + std::int64_t{ix} * g_.in_c + p.first;
  std::int64_t stride = g_.in_c;
  const std::size_t runs = p.shared_quads ? 1 : quad_columns_.size();
  if (p.channels == 4 * k_.lanes && multiplier_ == 1) {
    const ImageRow image{row + p.first, stride, g_.in_w, w.zero_codes, zero_point};
    for (std::size_t t = 0; t < runs; ++t) {
      k_.depthwise.interleave_image(to + (p.shared_quads ? 0 : p.quads[t]), image,
                                    ix + quad_columns_[t], step_, p.stored_groups);
    }
    return;
  }
  const int before = std::clamp(-ix, 0, p.entries * step_);
  const int inside = std::clamp(g_.in_w - std::max(ix, 0), 0, p.entries * step_ - before);
  if (multiplier_ > 1) {
    for (int i = before; i < before + inside; ++i) {
      const std::int8_t* pixel = row + std::int64_t{ix + i} * g_.in_c;
      for (int c = 0; c < p.channels; ++c)
        w.expanded[i * p.channels + c] = pixel[(p.first + c) / multiplier_];
    }
    from = w.expanded;
    stride = p.channels;
  }
  // Residue r: columns r, r + step, ... of the region.
  const std::int64_t entry = std::int64_t{p.width} * k_.element_bytes;
  for (int r = 0; r < step_; ++r) {
    std::uint8_t* residue = w.residues + static_cast<std::size_t>(r) * residue_bytes_;
    const int zeros = std::clamp((before - r + step_ - 1) / step_, 0, p.entries);
    const int end = std::clamp((before + inside - r + step_ - 1) / step_, zeros, p.entries);
    if (zeros > 0) k_.fill(residue, std::int64_t{zeros} * p.width, zero_point);
    if (end > zeros) {
      k_.depthwise.gather(residue + zeros * entry,
                          from + (std::int64_t{zeros} * step_ + r) * stride, stride * step_,
                          end - zeros, p.channels, p.width, zero_point);
    }
    if (end < p.entries) {
      k_.fill(residue + end * entry, std::int64_t{p.entries - end} * p.width, zero_point);
    }
  }
  for (std::size_t t = 0; t < runs; ++t) {
    const std::uint8_t* columns[4];
    for (int e = 0; e < k_.unit; ++e) {
      const int column = quad_columns_[t] + e;
      columns[e] = w.residues + static_cast<std::size_t>(column % step_) * residue_bytes_ +
                   column / step_ * entry;
    }
    k_.depthwise.interleave(to + (p.shared_quads ? 0 : p.quads[t]), columns, p.stored_groups);
  }
}

void DepthwiseConv::compute(const Region& region, std::size_t piece, const Run& run,
                            const Workspace& w) const noexcept {
  const Piece& p = pieces_[piece];
  const BlockMode& mode = run.modes[piece];
  k_.fill(w.zero_row, p.row_bytes / k_.element_bytes, run.input_zero_point);
  std::memset(w.zero_codes, run.input_zero_point, 64);
  std::fill_n(w.in_ring, ring_rows_, -1);

  DepthwiseArgs args{};
  args.rows = w.rows;
  args.kernel_h = g_.kernel_h;
  args.quads = p.quads.data();
  args.quad_count = static_cast<int>(p.quads.size());
  args.phases = phases_;
  const int groups = phases_ == 2 ? (region.columns + 1) / 2 : region.columns;
  args.super_groups = (groups + p.copies - 1) / p.copies;
  args.weights = weights_.as<std::uint8_t>() + p.weights;
  args.width = p.width;
  args.copies = p.copies;
  args.columns = region.columns;
  args.out.constants = run.table.at(p.slot);
  args.out.epilogue = mode.epilogue;
  args.out.any_left = mode.any_left;
  args.out.channels = p.channels;
  args.out.stride = g_.out_c;
  if (const Requantization* r = run.out.requantization) {
    args.out.zero_point = r->output_zero_point;
    args.out.lo = r->lo;
    args.out.hi = r->hi;
  }

  const auto kernel = mode.any_left ? k_.depthwise.row_any : kernel_;
  const std::int8_t* image = run.x + region.sample * g_.in_h * g_.in_w * g_.in_c;
  const int ix = region.column * g_.stride_w - g_.pad_left;
  for (int oy = region.row; oy < region.row_end; ++oy) {
    for (int ky = 0; ky < g_.kernel_h; ++ky) {
      const int iy = oy * g_.stride_h - g_.pad_top + ky * g_.dilation_h;
      if (iy < 0 || iy >= g_.in_h) {
        w.rows[ky] = w.zero_row;
        continue;
      }
      const int slot = iy % ring_rows_;
      std::uint8_t* row = w.ring + static_cast<std::size_t>(slot) * row_bytes_;
      if (w.in_ring[slot] != iy) {
        load_row(p, image + std::int64_t{iy} * g_.in_w * g_.in_c, ix, run.input_zero_point, w, row);
        w.in_ring[slot] = iy;
      }
      w.rows[ky] = row;
    }
    const std::int64_t at =
        ((region.sample * g_.out_h + oy) * g_.out_w + region.column) * g_.out_c + p.first;
    if (run.out.acc) {
      args.out.acc = run.out.acc + at;
      kernel(args);
    } else if (mode.one_by_one) {
      row_one_by_one(args, p, *run.out.requantization, run.out.y + at, w.values);
    } else {
      args.out.y = run.out.y + at;
      kernel(args);
    }
  }
}

void DepthwiseConv::row_one_by_one(DepthwiseArgs args, const Piece& p, const Requantization& r,
                                   std::int8_t* y, std::int32_t* values) const noexcept {
  const std::int64_t stride = args.out.stride;
  args.out.epilogue = Epilogue::accumulators;
  args.out.acc = values;
  args.out.stride = p.channels;
  kernel_(args);
  for (int ox = 0; ox < args.columns; ++ox) {
    for (int c = 0; c < p.channels; ++c) {
      y[ox * stride + c] = requantize_one(values[ox * p.channels + c], p.first + c, r);
    }
  }
}

void DepthwiseConv::run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                        std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept {
  const ChannelTable table(scratch, slots_);
  auto* modes = reinterpret_cast<BlockMode*>(scratch + align64(ChannelTable::bytes(slots_)));
  const std::int32_t correction = k_.zero_point_free ? 0 : input_zero_point + k_.offset;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece& p = pieces_[i];
    constexpr int most = 64;
    alignas(64) std::int32_t natural[4][most] = {};
    modes[i] = fill_channels(k_, sums_, p.first, p.channels, correction, out,
                             {natural[0], natural[1], natural[2], natural[3]});
    const ChannelConstantsOut to = table.out(p.slot);
    std::int32_t* const rows[] = {to.start, to.left, to.multiplier, to.right};
    // Kernels keep the order of channels within fours.
    for (int slot = 0; slot < p.padded; slot += 4) {
      const int c = k_.depthwise.position(slot / k_.lanes, slot % k_.lanes) % p.width;
      for (int row = 0; row < 4; ++row) std::memcpy(rows[row] + slot, natural[row] + c, 16);
    }
  }
  const Run run{x, input_zero_point, out, table, modes};

  const WorkSplit work(batch * g_.out_h * g_.out_w * g_.out_c *
                       (std::int64_t{g_.kernel_h} * g_.kernel_w + output_cost));
  const auto piece_count = static_cast<std::int64_t>(pieces_.size());
  const std::int64_t strips = work.parts(batch * column_regions_ * piece_count, g_.out_h);
  const std::int64_t items = batch * column_regions_ * strips * piece_count;
  const std::int64_t tasks = work.tasks(items);
  std::byte* workers = scratch + shared_bytes();

  pool.run(tasks, [&](std::int64_t task, int worker) {
    const Workspace w = workspace(workers + static_cast<std::size_t>(worker) * worker_bytes());
    for (std::int64_t item = task * items / tasks; item < (task + 1) * items / tasks; ++item) {
      std::int64_t rest = item;
      const auto piece = static_cast<std::size_t>(rest % piece_count);
      rest /= piece_count;
      Region region;
      const std::int64_t strip = rest % strips;
      rest /= strips;
      region.row = static_cast<int>(strip * g_.out_h / strips);
      region.row_end = static_cast<int>((strip + 1) * g_.out_h / strips);
      region.column = static_cast<int>(rest % column_regions_) * columns_;
      region.columns = std::min(columns_, g_.out_w - region.column);
      region.sample = rest / column_regions_;
      compute(region, piece, run, w);
    }
  });
}

}  // namespace

std::unique_ptr<ConvAlgorithm> make_depthwise_conv(const ConvGeometry& g,
                                                   const ConvKernels& kernels) {
  return std::make_unique<DepthwiseConv>(g, kernels);
}

}  // namespace octet::int8
