#include "int8/kernels/packed_conv.h"

#include <algorithm>

#include "base/error.h"
#include "int8/kernels/amx_int8.h"
#include "int8/kernels/conv_algorithm.h"
#include "int8/kernels/dense_conv.h"
#include "int8/kernels/depthwise_conv.h"
#include "int8/kernels/long_rows.h"

namespace octet::int8 {
namespace {

bool any_geometry(const ConvGeometry&) {
  return true;
}

// The SIMD kernels keep a window of input rows in scratch, addressed by 32-bit offsets. Dilations
// out of all proportion are left to the portable kernel.
bool dense_geometry(const ConvGeometry& g) {
  constexpr std::int64_t limit = std::int64_t{1} << 28;
  const std::int64_t span_h = std::int64_t{g.kernel_h - 1} * g.dilation_h + 1;
  const std::int64_t span_w = std::int64_t{g.kernel_w - 1} * g.dilation_w + 1;
  const std::int64_t columns = std::min<std::int64_t>(g.out_w, 512) * g.stride_w + span_w;
  const std::int64_t channels = std::max({g.in_c, g.out_c, std::int64_t{64}});
  return span_h < limit && columns < limit && span_h * columns < limit &&
         span_h * columns * channels < limit;
}

#if defined(OCTET_AMX)
// Where tiles are filled well enough to be worth the way of the accumulators through memory.
bool amx_geometry(const ConvGeometry& g) {
  if (!dense_geometry(g)) return false;
  constexpr int tile_bytes = 64;
  const std::int64_t group_c = g.in_c / g.groups;
  const bool merged = g.dilation_w == 1 && g.groups == 1;  // taps of a row, as in DenseConv
  const std::int64_t segments = std::int64_t{g.kernel_h} * (merged ? 1 : g.kernel_w);
  const std::int64_t bytes = std::int64_t{merged ? g.kernel_w : 1} * group_c;
  // Cycles for 16 pixels of 16 channels.
  const std::int64_t tiles = segments * ((bytes + tile_bytes - 1) / tile_bytes) * 16 + 32;
  const std::int64_t vectors = segments * ((bytes + 3) / 4) * 8;
  return g.out_c / g.groups > 8 && tiles < vectors;
}
#endif

// A single input channel is one group, but reads as dense: no channels to vectorize over.
bool depthwise_geometry(const ConvGeometry& g) {
  return g.groups == g.in_c && g.groups > 1 && dense_geometry(g);
}

template <const ConvKernels& kernels>
std::unique_ptr<ConvAlgorithm> depthwise(const ConvGeometry& g) {
  return make_depthwise_conv(g, kernels);
}
template <const ConvKernels& kernels>
std::unique_ptr<ConvAlgorithm> dense(const ConvGeometry& g) {
  return make_dense_conv(g, kernels);
}

// Best first; the portable one, which accepts everything, last.
constexpr ConvKernel kernels[] = {
#if defined(OCTET_AMX)
    {Isa::amx_int8, "qs8_qc8w_conv_amx_int8", amx_geometry, dense<amx_int8_kernels>},
#endif
#if defined(__x86_64__)
    {Isa::avx512_vnni, "qs8_qc8w_dwconv_avx512_vnni", depthwise_geometry,
     depthwise<avx512_vnni_kernels>},
    {Isa::avx512_vnni, "qs8_qc8w_conv_avx512_vnni", dense_geometry, dense<avx512_vnni_kernels>},
    {Isa::avx_vnni, "qs8_qc8w_dwconv_avx_vnni", depthwise_geometry, depthwise<avx_vnni_kernels>},
    {Isa::avx_vnni, "qs8_qc8w_conv_avx_vnni", dense_geometry, dense<avx_vnni_kernels>},
    {Isa::avx2, "qs8_qc8w_dwconv_avx2", depthwise_geometry, depthwise<avx2_kernels>},
    {Isa::avx2, "qs8_qc8w_conv_avx2", dense_geometry, dense<avx2_kernels>},
#elif defined(OCTET_NEON_DOT)
    {Isa::neon_dot, "qs8_qc8w_dwconv_neon_dot", depthwise_geometry, depthwise<neon_dot_kernels>},
    {Isa::neon_dot, "qs8_qc8w_conv_neon_dot", dense_geometry, dense<neon_dot_kernels>},
#endif
    {Isa::portable, "qs8_qc8w_conv_portable", any_geometry, make_portable_conv},
};

const ConvKernel& select(const ConvGeometry& g, Isa cap) {
  const std::vector<Isa> available = available_isas();
  for (const ConvKernel& k : kernels) {
    if (k.isa > cap || !k.accepts(g)) continue;
    if (std::find(available.begin(), available.end(), k.isa) != available.end()) return k;
  }
  return std::end(kernels)[-1];
}

const DepthwiseRows* accumulators(Isa isa) noexcept {
#if defined(__x86_64__)
  if (isa == Isa::avx512_vnni) return &avx512_vnni_accumulators;
  if (isa == Isa::avx_vnni) return &avx_vnni_accumulators;
  if (isa == Isa::avx2) return &avx2_accumulators;
#elif defined(OCTET_NEON_DOT)
  if (isa == Isa::neon_dot) return &neon_dot_accumulators;
#endif
  return nullptr;
}

}  // namespace

struct PackedConv::Impl {
  explicit Impl(const ConvGeometry& g, Isa isa)
      : geometry(g),
        kernel(select(with_long_rows(g), isa)),
        // The portable one, which all others must equal, takes the geometry as it is.
        algorithm(kernel.make(kernel.isa == Isa::portable ? g : with_long_rows(g))) {}
  ConvGeometry geometry;
  const ConvKernel& kernel;
  std::unique_ptr<ConvAlgorithm> algorithm;
};

PackedConv::PackedConv(const ConvGeometry& geometry, Isa isa, const std::int8_t* weights)
    : impl_(std::make_unique<Impl>(geometry, isa)) {
  if (weights) pack(weights);
}
PackedConv::~PackedConv() = default;
PackedConv::PackedConv(PackedConv&&) noexcept = default;
PackedConv& PackedConv::operator=(PackedConv&&) noexcept = default;

void PackedConv::pack(const std::int8_t* weights) noexcept {
  impl_->algorithm->pack(weights);
}
void PackedConv::prepare(std::int32_t input_zero_point, const Requantization& out) {
  impl_->algorithm->prepare(input_zero_point, {.requantization = &out});
}
void PackedConv::prepare_accumulators(std::int32_t input_zero_point) {
  impl_->algorithm->prepare(input_zero_point, {});
}
const ConvGeometry& PackedConv::geometry() const noexcept {
  return impl_->geometry;
}
const char* PackedConv::kernel_name() const noexcept {
  return impl_->kernel.name;
}
std::size_t PackedConv::scratch_bytes(int threads, std::int64_t batch) const noexcept {
  return impl_->algorithm->scratch_bytes(threads, batch);
}
std::size_t PackedConv::packed_bytes() const noexcept {
  return impl_->algorithm->packed_bytes();
}

void PackedConv::run(const std::int8_t* x, std::int32_t input_zero_point, const Requantization& out,
                     std::int8_t* y, std::int64_t batch, ThreadPool& pool,
                     std::byte* scratch) const noexcept {
  impl_->algorithm->run(x, input_zero_point, {&out, y, nullptr}, batch, pool, scratch);
}

std::int64_t PackedConv::unit_bytes(std::int64_t batch) const noexcept {
  return impl_->algorithm->unit_bytes(batch);
}
Range PackedConv::bytes_read(Range units, std::int64_t batch) const noexcept {
  return impl_->algorithm->bytes_read(units, batch);
}
void PackedConv::run_units(const std::int8_t* x, std::int32_t input_zero_point,
                           const Requantization& out, std::int8_t* y, std::int64_t batch,
                           Range units, std::byte* scratch) const noexcept {
  impl_->algorithm->run_units(x, input_zero_point, {&out, y, nullptr}, batch, units, scratch);
}

void PackedConv::run_accumulators(const std::int8_t* x, std::int32_t input_zero_point,
                                  std::int32_t* acc, std::int64_t batch, ThreadPool& pool,
                                  std::byte* scratch) const noexcept {
  const ConvOutput out{.acc = acc, .accumulators = accumulators(impl_->kernel.isa)};
  impl_->algorithm->run(x, input_zero_point, out, batch, pool, scratch);
}

}  // namespace octet::int8
