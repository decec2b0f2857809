// TensorBoard's event files: records of TFRecord (length, its checksum, data, its checksum), each
// the protobuf message Event, of which scalars need a few fields.
#include <bit>
#include <cstdint>

#include "base/printable.h"
#include "report/curves.h"

namespace octet::report {
namespace {

template <class T>
std::string little_endian(T value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

/// CRC32C (Castagnoli), rotated and offset as TFRecord has it.
std::uint32_t masked_crc(const std::string& bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
  }
  return std::rotr(~crc, 15) + 0xa282ead8U;
}

std::string record(const std::string& data) {
  const std::string length = little_endian(std::uint64_t{data.size()});
  return length + little_endian(masked_crc(length)) + data + little_endian(masked_crc(data));
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7U) bytes += static_cast<char>(0x80 | (value & 0x7f));
  return bytes + static_cast<char>(value);
}

// Fields of a message, by number.
std::string field(int number, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(number) << 3U) + varint(value);
}
std::string field(int number, const std::string& bytes) {
  return varint(static_cast<std::uint64_t>(number) << 3U | 2U) + varint(bytes.size()) + bytes;
}
std::string field(int number, double value) {
  return varint(static_cast<std::uint64_t>(number) << 3U | 1U) +
         little_endian(std::bit_cast<std::uint64_t>(value));
}
std::string field(int number, float value) {
  return varint(static_cast<std::uint64_t>(number) << 3U | 5U) +
         little_endian(std::bit_cast<std::uint32_t>(value));
}

}  // namespace

std::string event_file(const std::vector<PhaseCurves>& phases) {
  // Event: wall_time 1, step 2, file_version 3, summary 5; Summary: value 1; its tag 1,
  // simple_value 2.
  double start = 0;
  for (const PhaseCurves& phase : phases) {
    if (start == 0 && !phase.epochs.empty()) start = phase.epochs[0].time;
  }
  std::string file = record(field(1, start) + field(3, std::string("brain.Event:2")));
  for (const PhaseCurves& phase : phases) {
    for (const EpochFigures& epoch : phase.epochs) {
      std::string values;
      for (const auto& [name, value] : epoch.figures) {
        values += field(1, field(1, printable_text(phase.phase + "/" + name)) +
                               field(2, static_cast<float>(value)));
      }
      file += record(field(1, epoch.time) + field(2, static_cast<std::uint64_t>(epoch.epoch)) +
                     field(5, values));
    }
  }
  return file;
}

}  // namespace octet::report
