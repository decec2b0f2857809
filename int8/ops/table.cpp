#include "int8/ops/table.h"

#include "int8/kernels/elementwise.h"

namespace octet::int8 {

Table UnaryCodes::table() const noexcept {
  Table table;
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = range.clamp(preclamp[i]);
  return table;
}

void lookup(const Table& table, const std::int8_t* x, std::int8_t* y, std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = table[static_cast<std::size_t>(x[i] + 128)];
}

Kernel<LookupFunction> lookup_kernel(Isa isa) noexcept {
#if defined(__x86_64__)
  if (has_avx512_vnni(isa) && __builtin_cpu_supports("avx512vbmi")) {
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
