#include "interop/checkpoint/pack.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace octet {
namespace {

class Packer {
 public:
  template <class T>
  void number(const T& v) {
    raw(std::as_bytes(std::span(&v, 1)));
  }
  void text(const std::string& s) {
    number(s.size());
    raw(std::as_bytes(std::span(s)));
  }
  void raw(std::span<const std::byte> b) { bytes.insert(bytes.end(), b.begin(), b.end()); }

  std::vector<std::byte> bytes;
};

class Unpacker {
 public:
  explicit Unpacker(std::span<const std::byte> bytes) : left_(bytes) {}

  template <class T>
  T number() {
    T v{};
    raw(std::as_writable_bytes(std::span(&v, 1)));
    return v;
  }
  std::string text() {
    std::string s(checked(number<std::size_t>()), '\0');
    raw(std::as_writable_bytes(std::span(s)));
    return s;
  }
  void raw(std::span<std::byte> to) {
    std::ranges::copy(left_.first(checked(to.size())), to.data());
    left_ = left_.subspan(to.size());
  }

 private:
  std::size_t checked(std::size_t n) const {
    OCTET_CHECK(n <= left_.size(), "packed checkpoint: cut off");
    return n;
  }
  std::span<const std::byte> left_;
};

template <class T>
void write(Packer& w, const std::map<std::string, T>& values) {
  w.number(values.size());
  for (const auto& [name, value] : values) {
    w.text(name);
    if constexpr (std::is_same_v<T, std::string>) {
      w.text(value);
    } else {
      w.number(value);
    }
  }
}

template <class T>
void read(Unpacker& r, std::map<std::string, T>& values) {
  for (auto left = r.number<std::size_t>(); left > 0; --left) {
    std::string name = r.text();
    if constexpr (std::is_same_v<T, std::string>) {
      values[std::move(name)] = r.text();
    } else {
      values[std::move(name)] = r.number<T>();
    }
  }
}

}  // namespace

std::vector<std::byte> pack(const Checkpoint& c) {
  Packer w;
  write(w, c.integers);
  write(w, c.numbers);
  write(w, c.texts);
  w.number(c.tensors.size());
  for (const auto& [name, tensor] : c.tensors) {
    w.text(name);
    w.number(tensor.dtype());
    w.number(tensor.shape().rank());
    for (int i = 0; i < tensor.shape().rank(); ++i) w.number(tensor.shape()[i]);
    w.raw({tensor.raw(), tensor.bytes()});
  }
  return std::move(w.bytes);
}

Checkpoint unpack(std::span<const std::byte> bytes) {
  Unpacker r(bytes);
  Checkpoint c;
  read(r, c.integers);
  read(r, c.numbers);
  read(r, c.texts);
  for (auto left = r.number<std::size_t>(); left > 0; --left) {
    const std::string name = r.text();
    const auto type = r.number<ElementType>();
    std::vector<std::int64_t> shape(static_cast<std::size_t>(r.number<int>()));
    for (std::int64_t& extent : shape) extent = r.number<std::int64_t>();
    Tensor t = Tensor::empty(Shape(std::span<const std::int64_t>(shape)), type);
    r.raw({t.raw(), t.bytes()});
    c.tensors[name] = std::move(t);
  }
  return c;
}

}  // namespace octet
