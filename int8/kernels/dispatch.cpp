#include "int8/kernels/dispatch.h"

#include "base/simd/cpu.h"
#include "int8/kernels/elementwise.h"

namespace octet::int8 {

Kernel<AddFunction> add_kernel(Isa isa) noexcept {
  return select_kernel<AddFunction>(isa, OCTET_KERNELS(add));
}

Kernel<MeanFunction> mean_kernel(Isa isa) noexcept {
  return select_kernel<MeanFunction>(isa, OCTET_KERNELS(mean));
}

Kernel<MinMaxFunction> minimum_kernel(Isa isa) noexcept {
  return select_kernel<MinMaxFunction>(isa, OCTET_KERNELS(minimum));
}

Kernel<MinMaxFunction> maximum_kernel(Isa isa) noexcept {
  return select_kernel<MinMaxFunction>(isa, OCTET_KERNELS(maximum));
}

Kernel<MulFunction> mul_kernel(Isa isa) noexcept {
  return select_kernel<MulFunction>(isa, OCTET_KERNELS(mul));
}

Kernel<PoolRowFunction> average_pool_kernel(Isa isa) noexcept {
  return select_kernel<PoolRowFunction>(isa, OCTET_KERNELS(average_pool_row));
}

Kernel<PoolRowFunction> max_pool_kernel(Isa isa) noexcept {
  return select_kernel<PoolRowFunction>(isa, OCTET_KERNELS(max_pool_row));
}

Kernel<PreluFunction> prelu_kernel(Isa isa) noexcept {
  return select_kernel<PreluFunction>(isa, OCTET_KERNELS(prelu));
}

Kernel<QuantizeFunction> quantize_kernel(Isa isa) noexcept {
  return select_kernel<QuantizeFunction>(isa, OCTET_KERNELS(quantize));
}

Kernel<DequantizeFunction> dequantize_kernel(Isa isa) noexcept {
  return select_kernel<DequantizeFunction>(isa, OCTET_KERNELS(dequantize));
}

Kernel<BilinearFunction> bilinear_kernel(Isa isa) noexcept {
  return select_kernel<BilinearFunction>(isa, OCTET_KERNELS(bilinear_row));
}

Kernel<SoftmaxFunction> softmax_kernel(Isa isa) noexcept {
  return select_kernel<SoftmaxFunction>(isa, OCTET_KERNELS(softmax_row));
}

Kernel<LookupFunction> lookup_kernel(Isa isa) noexcept {
#if defined(__x86_64__)
  if (has_avx512_vnni(isa) && cpu_features().avx512_vbmi) {
    return {lookup_avx512_vbmi, "table_avx512_vbmi"};
  }
#endif
  Kernel<LookupFunction> kernel =
      select_kernel<LookupFunction>(isa, {.avx2 = OCTET_X86(lookup_avx2),
                                          .neon = OCTET_NEON(lookup_neon),
                                          .portable = lookup,
                                          .avx2_name = "table_avx2",
                                          .neon_name = "table_neon"});
  if (kernel.run == lookup) kernel.name = "table_portable";
  return kernel;
}

}  // namespace octet::int8
