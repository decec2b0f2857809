// Damaged files: whatever the bytes, parsing gives a graph or an Error, and touches nothing else.
#include <doctest/doctest.h>

#include <cstring>
#include <memory>

#include "base/error.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tests/support.h"

namespace {

/// Parses a copy of exactly the given size, so that AddressSanitizer sees the first byte beyond it.
/// True if a graph came out; its constants were read.
bool parses(std::span<const std::byte> bytes) {
  const std::shared_ptr<std::byte[]> copy(new std::byte[bytes.size()]);
  if (!bytes.empty()) std::memcpy(copy.get(), bytes.data(), bytes.size());
  try {
    const octet::int8::Graph graph = octet::parse_tflite({copy.get(), bytes.size()}, copy);
    return !octet::test::describe(graph).empty();
  } catch (const octet::Error& error) {
    CHECK(std::strlen(error.what()) > 0);
    return false;
  }
}

TEST_SUITE("tflite") {
  TEST_CASE("every truncation of a file is refused") {
    const std::vector<std::byte> file = octet::serialize_tflite(octet::test::small_graph());
    for (std::size_t n = 0; n < file.size(); ++n) {
      CAPTURE(n);
      CHECK_FALSE(parses(std::span(file).first(n)));
    }
    CHECK(parses(file));
  }

  TEST_CASE("every single bit flip gives a graph or an error") {
    std::vector<std::byte> file = octet::serialize_tflite(octet::test::small_graph());
    int graphs = 0, errors = 0;
    for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
      CAPTURE(bit);
      const std::byte mask{static_cast<unsigned char>(1u << (bit % 8))};
      file[bit / 8] ^= mask;
      ++(parses(file) ? graphs : errors);
      file[bit / 8] ^= mask;
    }
    // Weights and padding may be anything; tables may not.
    CHECK(graphs > 400);
    CHECK(errors > 400);
  }

  TEST_CASE("random damage of a larger file") {
    const std::vector<std::byte> file = octet::serialize_tflite(octet::test::every_op_graph());
    auto rng = octet::test::rng(1);
    for (int round = 0; round < 2000; ++round) {
      std::vector<std::byte> damaged = file;
      const auto changes = 1 + rng() % 4;
      for (std::uint64_t i = 0; i < changes; ++i) {
        // Offsets and sizes are 4 bytes: also overwrite whole ones.
        const std::size_t at = rng() % (damaged.size() - 4);
        const auto value = static_cast<std::uint32_t>(rng() >> (rng() % 64));
        std::memcpy(&damaged[at], &value, rng() % 2 ? 1 : 4);
      }
      parses(damaged);
    }
  }
}

}  // namespace
