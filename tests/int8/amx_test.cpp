// The AMX kernels on every way to cut pixels and channels into tiles. Tile loads escape the address
// sanitizer: scratch ends where the next page may not be read.
#include <doctest/doctest.h>

#include "int8/kernels/amx_int8.h"

#if defined(OCTET_AMX)
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "int8/kernels/dense_conv.h"
#include "tests/int8/conv_cases.h"
#include "tests/int8/isas.h"

namespace octet::int8 {
namespace {

using namespace conv_test;

/// `size` bytes in front of a page that must not be touched.
class FencedBytes {
 public:
  explicit FencedBytes(std::size_t size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t pages = (size + page - 1) / page * page;
    mapped_ = pages + page;
    start_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(start_ != MAP_FAILED);
    auto* bytes = static_cast<std::byte*>(start_);
    REQUIRE(mprotect(bytes + pages, page, PROT_NONE) == 0);
    data_ = bytes + pages - size;
  }
  ~FencedBytes() { munmap(start_, mapped_); }
  FencedBytes(const FencedBytes&) = delete;
  FencedBytes& operator=(const FencedBytes&) = delete;
  std::byte* data() const noexcept { return data_; }

 private:
  void* start_ = nullptr;
  std::size_t mapped_ = 0;
  std::byte* data_ = nullptr;
};

void check(const ConvGeometry& g, std::int64_t batch, Random& random) {
  CAPTURE(describe(g));
  CAPTURE(batch);
  ThreadPool one(1);
  const Data d = make_data(g, batch, random() % 2 ? Codes::uniform : Codes::extreme, random);
  const PackedConv portable(g, Isa::portable, d.weights.data());
  const auto conv = make_dense_conv(g, amx_int8_kernels);
  conv->pack(d.weights.data());
  const FencedBytes scratch(conv->scratch_bytes(1, batch));
  std::vector<std::int32_t> expected_acc(outputs(g, batch)), acc(outputs(g, batch));
  portable.run_accumulators(d.x.data(), d.zero_point, expected_acc.data(), batch, one, nullptr);
  conv->run(d.x.data(), d.zero_point, {nullptr, nullptr, acc.data()}, batch, one, scratch.data());
  CHECK(acc == expected_acc);
  for (const Rounding rounding : {Rounding::single_rounding, Rounding::double_rounding}) {
    for (const Factors f : all_factors) {
      const Scaling s = make_scaling(g, d, f, rounding, random);
      std::vector<std::int8_t> expected(outputs(g, batch)), y(outputs(g, batch));
      portable.run(d.x.data(), d.zero_point, s.r, expected.data(), batch, one, nullptr);
      conv->run(d.x.data(), d.zero_point, {&s.r, y.data(), nullptr}, batch, one, scratch.data());
      CHECK(y == expected);
    }
  }
}

TEST_SUITE_BEGIN("int8 amx");

TEST_CASE("AMX: rows shorter and longer than a tile, strides, tails of channels") {
  const std::vector<Isa> isas = octet::test::isas_under_test();
  if (std::find(isas.begin(), isas.end(), Isa::amx_int8) == isas.end()) {
    MESSAGE("not run: this machine has no AMX");
    return;
  }
  Random random = test::rng(900);
  for (const int columns : {1, 3, 7, 14, 15, 16, 17, 31, 33}) {
    for (const int stride : {1, 2, 3}) {
      const int height = between(random, 1, 12), in_c = between(random, 1, 70);
      check(geometry(height * stride, columns * stride, in_c, between(random, 9, 70), 3, 3, stride,
                     stride, 1, 1, 1, 1),
            between(random, 1, 2), random);
      check(geometry(height * stride, columns * stride, in_c, between(random, 9, 40), 1, 1, stride,
                     stride, 0, 0, 0, 0),
            between(random, 1, 2), random);
    }
  }
  for (const int out_c : {1, 8, 9, 16, 17, 24, 25, 32, 33, 48, 64, 65}) {
    check(square(6, 12, out_c, 3, 1, 1), 1, random);
    check(geometry(5, 5, 10, out_c, 3, 3, 1, 1, 0, 2, 1, 2, 1, 1, 2), 2, random);  // dilated
  }
  for (const int batch : {1, 15, 16, 17, 33, 50}) check(matrix(100, 40), batch, random);
  check(square(9, 36, 60, 3, 2, 1, 3), 2, random);                    // groups
  check(square(40, 64, 32, 3, 1, 1), 1, random);                      // several blocks of pixels
  check(geometry(2, 600, 8, 16, 3, 3, 1, 1, 1, 1, 1, 1), 1, random);  // blocks of columns
}

TEST_SUITE_END();

}  // namespace
}  // namespace octet::int8
#endif
