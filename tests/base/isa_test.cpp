#include "base/simd/isa.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/simd/simd.h"

namespace {

using namespace octet;

/// OCTET_MAX_ISA for a scope.
class MaxIsa {
 public:
  explicit MaxIsa(const char* value) {
    if (const char* now = std::getenv("OCTET_MAX_ISA")) before_ = now;
    ::setenv("OCTET_MAX_ISA", value, 1);
  }
  ~MaxIsa() {
    if (before_) {
      ::setenv("OCTET_MAX_ISA", before_->c_str(), 1);
    } else {
      ::unsetenv("OCTET_MAX_ISA");
    }
  }
  MaxIsa(const MaxIsa&) = delete;
  MaxIsa& operator=(const MaxIsa&) = delete;

 private:
  std::optional<std::string> before_;
};

std::string refusal(const char* value) {
  const MaxIsa cap(value);
  try {
    best_isa();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST_CASE("an ISA's name is read back as it") {
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx_vnni, Isa::avx512, Isa::avx512_vnni,
                        Isa::amx_int8, Isa::neon_dot}) {
    CHECK(parse_isa(isa_name(isa)) == isa);
  }
  CHECK(!parse_isa(""));
  CHECK(!parse_isa("mmx"));
}

TEST_CASE("OCTET_MAX_ISA caps what the machine has") {
  const auto isas = available_isas();
  CHECK(isas.back() == Isa::portable);
  CHECK(std::is_sorted(isas.rbegin(), isas.rend()));
  for (const Isa isa : isas) {
    const MaxIsa cap(std::string(isa_name(isa)).c_str());
    CHECK(best_isa() == isa);
  }
  const MaxIsa none("");
  CHECK(best_isa() == isas.front());
}

TEST_CASE("OCTET_MAX_ISA: a name of no ISA of the architecture is an error") {
#if defined(__x86_64__)
  const std::string known = "amx_int8, avx512_vnni, avx512, avx_vnni, avx2, portable";
  const char* foreign = "neon_dot";
#elif defined(__aarch64__)
  const std::string known = "neon_dot, portable";
  const char* foreign = "avx2";
#else
  const std::string known = "portable";
  const char* foreign = "avx2";
#endif
  for (const char* name : {"mmx", "AVX2", " avx2", foreign}) {
    CHECK(refusal(name).ends_with("OCTET_MAX_ISA: expected one of " + known + ", got \"" + name +
                                  "\""));
  }
}

TEST_CASE("a dispatch table's kernel is that of the ISA") {
  constexpr Dispatch<int> table{{1, 2, 3, 4}};
  static_assert(table(Isa::portable) == 1);
  static_assert(table(Isa::neon_dot) == 4);
  static_assert(table(Isa::avx2) == 2);
  static_assert(table(Isa::avx_vnni) == 2);
  static_assert(table(Isa::avx512) == 3);
  static_assert(table(Isa::avx512_vnni) == 3);
  static_assert(table(Isa::amx_int8) == 3);
}

TEST_CASE("float kernels of an ISA") {
  static_assert(simd_of(Isa::portable) == Simd::portable);
  static_assert(simd_of(Isa::avx2) == Simd::avx2);
  static_assert(simd_of(Isa::avx_vnni) == Simd::avx2);
  static_assert(simd_of(Isa::avx512) == Simd::avx512);
  static_assert(simd_of(Isa::avx512_vnni) == Simd::avx512);
  static_assert(simd_of(Isa::amx_int8) == Simd::avx512);
  static_assert(simd_of(Isa::neon_dot) == Simd::neon);
}

}  // namespace
