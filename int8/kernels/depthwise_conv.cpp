// Works row by row: an input row is converted and interleaved once, just before the first output
// row that needs it, and kept in a ring of as many rows as the kernel spans.
#include "int8/kernels/depthwise_conv.h"

#include <algorithm>
#include <cstring>

#include "int8/kernels/blocked_conv.h"
#include "int8/kernels/depthwise_plan.h"
#include "int8/kernels/work_split.h"

namespace octet::int8 {
namespace {

constexpr std::int64_t output_cost = 32;  // of one result, in multiplications

class DepthwiseConv final : public BlockedConv {
 public:
  DepthwiseConv(const ConvGeometry& g, const ConvKernels& kernels)
      : BlockedConv(g, kernels), plan_(g, kernels) {
    allocate(plan_.slots, plan_.blocks.size(), plan_.weight_bytes);
  }

  void pack(const std::int8_t* weights) noexcept override;
  std::size_t scratch_bytes(int threads, std::int64_t) const noexcept override {
    return shared_bytes() + static_cast<std::size_t>(threads) * plan_.worker_bytes();
  }
  void run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
           std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept override;
  void run_units(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                 std::int64_t batch, Range units, std::byte* scratch) const noexcept override;

 private:
  // One worker's scratch.
  struct Workspace {
    std::uint8_t* residues;  // plan_.step runs of gathered columns
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
    int in_end = 0;  ///< the input's columns from here on are not read
  };

  void fill_constants(std::int32_t correction, const ConvOutput& out, const ChannelTable& table,
                      BlockMode* modes) const noexcept override;
  Workspace workspace(std::byte* memory) const noexcept;
  void compute(const Region& region, std::size_t block, const Run& run,
               const Workspace& w) const noexcept;
  void load_row(const DepthwiseBlock& p, const std::int8_t* row, int ix, int in_end,
                std::int32_t zero_point, const Workspace& w, std::uint8_t* to) const noexcept;
  void row_one_by_one(DepthwiseArgs args, const DepthwiseBlock& p, const Requantization& r,
                      std::int8_t* y, std::int32_t* values) const noexcept;

  DepthwisePlan plan_;
};

void DepthwiseConv::pack(const std::int8_t* weights) noexcept {
  const std::int64_t per_channel = g_.weights_per_channel();
  begin_pack(weights);
  for (const DepthwiseBlock& p : plan_.blocks) {
    std::byte* to = weights_.as<std::byte>() + p.weights;
    for (int q = 0; q < 4; ++q) {
      for (int ky = 0; ky < g_.kernel_h; ++ky) {
        for (int quad : plan_.quad_columns) {
          for (int phase = 0; phase < plan_.phases; ++phase) {
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
      take(align64(plan_.residue_bytes * static_cast<std::size_t>(plan_.step))));
  w.expanded = reinterpret_cast<std::int8_t*>(take(align64(plan_.expanded_bytes)));
  w.zero_codes = reinterpret_cast<std::int8_t*>(take(64));
  w.zero_row = reinterpret_cast<std::uint8_t*>(take(plan_.row_bytes));
  w.ring = reinterpret_cast<std::uint8_t*>(
      take(plan_.row_bytes * static_cast<std::size_t>(plan_.ring_rows)));
  w.in_ring = reinterpret_cast<std::int32_t*>(
      take(align64(static_cast<std::size_t>(plan_.ring_rows) * sizeof(std::int32_t))));
  w.rows = reinterpret_cast<const std::uint8_t**>(
      take(align64(static_cast<std::size_t>(g_.kernel_h) * sizeof(void*))));
  w.values = reinterpret_cast<std::int32_t*>(memory);
  return w;
}

void DepthwiseConv::load_row(const DepthwiseBlock& p, const std::int8_t* row, int ix, int in_end,
                             std::int32_t zero_point, const Workspace& w,
                             std::uint8_t* to) const noexcept {
  const std::int8_t* from = row + std::int64_t{ix} * g_.in_c + p.first;
  std::int64_t stride = g_.in_c;
  const std::size_t runs = p.shared_quads ? 1 : plan_.quad_columns.size();
  if (p.channels == 4 * k_.lanes && plan_.multiplier == 1) {
    const ImageRow image{row + p.first, stride, in_end, w.zero_codes, zero_point};
    for (std::size_t t = 0; t < runs; ++t) {
      k_.depthwise.interleave_image(to + (p.shared_quads ? 0 : p.quads[t]), image,
                                    ix + plan_.quad_columns[t], plan_.step, p.stored_groups);
    }
    return;
  }
  const int before = std::clamp(-ix, 0, p.entries * plan_.step);
  const int inside =
      static_cast<int>(std::clamp(in_end - std::max(ix, 0), 0, p.entries * plan_.step - before));
  if (plan_.multiplier > 1) {
    for (int i = before; i < before + inside; ++i) {
      const std::int8_t* pixel = row + std::int64_t{ix + i} * g_.in_c;
      for (int c = 0; c < p.channels; ++c)
        w.expanded[i * p.channels + c] = pixel[(p.first + c) / plan_.multiplier];
    }
    from = w.expanded;
    stride = p.channels;
  }
  // Residue r: columns r, r + step, ... of the region.
  const std::int64_t entry = std::int64_t{p.width} * k_.element_bytes;
  for (int r = 0; r < plan_.step; ++r) {
    std::uint8_t* residue = w.residues + static_cast<std::size_t>(r) * plan_.residue_bytes;
    const int zeros = std::clamp((before - r + plan_.step - 1) / plan_.step, 0, p.entries);
    const int end =
        std::clamp((before + inside - r + plan_.step - 1) / plan_.step, zeros, p.entries);
    if (zeros > 0) k_.fill(residue, std::int64_t{zeros} * p.width, zero_point);
    if (end > zeros) {
      k_.depthwise.gather(residue + zeros * entry,
                          from + (std::int64_t{zeros} * plan_.step + r) * stride,
                          stride * plan_.step, end - zeros, p.channels, p.width, zero_point);
    }
    if (end < p.entries) {
      k_.fill(residue + end * entry, std::int64_t{p.entries - end} * p.width, zero_point);
    }
  }
  for (std::size_t t = 0; t < runs; ++t) {
    const std::uint8_t* columns[4];
    for (int e = 0; e < k_.unit; ++e) {
      const int column = plan_.quad_columns[t] + e;
      columns[e] = w.residues +
                   static_cast<std::size_t>(column % plan_.step) * plan_.residue_bytes +
                   column / plan_.step * entry;
    }
    k_.depthwise.interleave(to + (p.shared_quads ? 0 : p.quads[t]), columns, p.stored_groups);
  }
}

void DepthwiseConv::compute(const Region& region, std::size_t block, const Run& run,
                            const Workspace& w) const noexcept {
  const DepthwiseBlock& p = plan_.blocks[block];
  const BlockMode& mode = run.modes[block];
  const std::int64_t last_row = std::int64_t{region.row_end - 1} * g_.stride_h - g_.pad_top +
                                std::int64_t{g_.kernel_h - 1} * g_.dilation_h;
  if (region.row * g_.stride_h < g_.pad_top || last_row >= g_.in_h)
    k_.fill(w.zero_row, p.row_bytes / k_.element_bytes, run.input_zero_point);
  std::memset(w.zero_codes, run.input_zero_point, 64);
  std::fill_n(w.in_ring, plan_.ring_rows, -1);

  DepthwiseArgs args{};
  args.rows = w.rows;
  args.kernel_h = g_.kernel_h;
  args.quads = p.quads.data();
  args.quad_count = static_cast<int>(p.quads.size());
  args.phases = plan_.phases;
  const int groups = plan_.phases == 2 ? (region.columns + 1) / 2 : region.columns;
  args.super_groups = (groups + p.copies - 1) / p.copies;
  args.weights = weights_.as<std::uint8_t>() + p.weights;
  args.width = p.width;
  args.copies = p.copies;
  args.columns = region.columns;
  args.out.constants = ChannelTable::at(run.table, plan_.slots, p.slot);
  args.out.epilogue = mode.epilogue;
  args.out.any_left = mode.any_left;
  args.out.channels = p.channels;
  args.out.stride = g_.out_c;
  if (const Requantization* r = run.out.requantization) {
    args.out.zero_point = r->output_zero_point;
    args.out.lo = r->lo;
    args.out.hi = r->hi;
  }

  const DepthwiseRows* accumulators = run.out.accumulators;
  const auto kernel = accumulators    ? accumulators->*plan_.kernel
                      : run.out.acc   ? k_.depthwise.accumulators
                      : mode.any_left ? k_.depthwise.codes.row_any
                                      : k_.depthwise.codes.*plan_.kernel;
  const std::int8_t* image = run.x + region.sample * g_.in_h * g_.in_w * g_.in_c;
  const int ix = region.column * g_.stride_w - g_.pad_left;
  for (int oy = region.row; oy < region.row_end; ++oy) {
    for (int ky = 0; ky < g_.kernel_h; ++ky) {
      const int iy = oy * g_.stride_h - g_.pad_top + ky * g_.dilation_h;
      if (iy < 0 || iy >= g_.in_h) {
        w.rows[ky] = w.zero_row;
        continue;
      }
      const int slot = iy % plan_.ring_rows;
      std::uint8_t* row = w.ring + static_cast<std::size_t>(slot) * plan_.row_bytes;
      if (w.in_ring[slot] != iy) {
        load_row(p, image + std::int64_t{iy} * g_.in_w * g_.in_c, ix, region.in_end,
                 run.input_zero_point, w, row);
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

void DepthwiseConv::row_one_by_one(DepthwiseArgs args, const DepthwiseBlock& p,
                                   const Requantization& r, std::int8_t* y,
                                   std::int32_t* values) const noexcept {
  const std::int64_t stride = args.out.stride;
  args.out.epilogue = Epilogue::accumulators;
  args.out.acc = values;
  args.out.stride = p.channels;
  k_.depthwise.accumulators(args);
  requantize_rows(k_, {values, p.channels, args.columns, p.first, p.channels}, r, y, stride);
}

void DepthwiseConv::fill_constants(std::int32_t correction, const ConvOutput& out,
                                   const ChannelTable& table, BlockMode* modes) const noexcept {
  for (std::size_t i = 0; i < plan_.blocks.size(); ++i) {
    const DepthwiseBlock& p = plan_.blocks[i];
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
}

void DepthwiseConv::run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                        std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept {
  const Run run = bind(x, input_zero_point, out, scratch);
  const WorkSplit work(batch * g_.out_h * g_.out_w * g_.out_c *
                           (std::int64_t{g_.kernel_h} * g_.kernel_w + output_cost),
                       pool);
  const auto block_count = static_cast<std::int64_t>(plan_.blocks.size());
  const std::int64_t row_tiles = work.parts(batch * plan_.column_regions * block_count, g_.out_h);
  const std::int64_t items = batch * plan_.column_regions * row_tiles * block_count;
  const std::int64_t tasks = work.tasks(items);
  std::byte* workers = scratch + shared_bytes();

  pool.run(tasks, [&](std::int64_t task, int worker) {
    const Workspace w =
        workspace(workers + static_cast<std::size_t>(worker) * plan_.worker_bytes());
    for (std::int64_t item = task * items / tasks; item < (task + 1) * items / tasks; ++item) {
      std::int64_t rest = item;
      const auto block = static_cast<std::size_t>(rest % block_count);
      rest /= block_count;
      Region region;
      const std::int64_t row_tile = rest % row_tiles;
      rest /= row_tiles;
      region.row = static_cast<int>(row_tile * g_.out_h / row_tiles);
      region.row_end = static_cast<int>((row_tile + 1) * g_.out_h / row_tiles);
      region.column = static_cast<int>(rest % plan_.column_regions) * plan_.columns;
      region.columns =
          static_cast<int>(std::min<std::int64_t>(plan_.columns, g_.out_w - region.column));
      region.sample = rest / plan_.column_regions;
      region.in_end = static_cast<int>(g_.in_w);
      compute(region, block, run, w);
    }
  });
}

void DepthwiseConv::run_units(const std::int8_t* x, std::int32_t input_zero_point,
                              const ConvOutput& out, std::int64_t, Range units,
                              std::byte* scratch) const noexcept {
  const Run run = bind(x, input_zero_point, out, scratch);
  const Workspace w = workspace(scratch + shared_bytes());
  const Range rows = one_row() ? Range{0, 1} : units;
  const Range columns = one_row() ? units : Range{0, g_.out_w};
  Region region{.row = static_cast<int>(rows.begin), .row_end = static_cast<int>(rows.end)};
  for (region.column = static_cast<int>(columns.begin); region.column < columns.end;
       region.column += plan_.columns) {
    region.columns =
        static_cast<int>(std::min<std::int64_t>(plan_.columns, columns.end - region.column));
    region.in_end = static_cast<int>(g_.in_w);
    if (one_row()) {  // what lies behind may be written meanwhile
      const std::int64_t read = std::int64_t{region.column + region.columns - 1} * g_.stride_w -
                                g_.pad_left + std::int64_t{g_.kernel_w - 1} * g_.dilation_w + 1;
      region.in_end = static_cast<int>(std::clamp<std::int64_t>(read, 0, g_.in_w));
    }
    for (std::size_t block = 0; block < plan_.blocks.size(); ++block) {
      compute(region, block, run, w);
    }
  }
}

}  // namespace

std::unique_ptr<ConvAlgorithm> make_depthwise_conv(const ConvGeometry& g,
                                                   const ConvKernels& kernels) {
  return std::make_unique<DepthwiseConv>(g, kernels);
}

}  // namespace octet::int8
