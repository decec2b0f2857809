#include "deploy/io.h"

namespace octet::deploy {

std::string_view io_name(Io io) noexcept {
  switch (io) {
    case Io::int8:
      return "int8";
    case Io::uint8:
      return "uint8";
    case Io::float32:
      return "float32";
  }
  return "?";
}

std::optional<Io> parse_io(std::string_view name) noexcept {
  for (const Io io : {Io::int8, Io::uint8, Io::float32}) {
    if (name == io_name(io)) return io;
  }
  return std::nullopt;
}

}  // namespace octet::deploy
