#include "interop/c99/byte_moves.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "int8/ops/of_constants.h"

namespace octet::c99 {
namespace {

using Values = std::vector<std::vector<std::byte>>;

std::vector<std::byte*> pointers(Values& values) {
  std::vector<std::byte*> all;
  for (auto& v : values) all.push_back(v.data());
  return all;
}

/// The step's outputs, of inputs where byte i, counted over all of them, is byte_at(i).
template <class F>
Values outputs_of(const int8::Step& step, std::span<const std::size_t> bytes, const F& byte_at) {
  Values in, out;
  std::int64_t i = 0;
  for (const int t : step.inputs) {
    auto& x = in.emplace_back(bytes[static_cast<std::size_t>(t)]);
    for (std::byte& b : x) b = byte_at(i++);
  }
  for (const int t : step.outputs) out.emplace_back(bytes[static_cast<std::size_t>(t)]);
  const std::vector<std::byte*> x = pointers(in);
  int8::run_alone(step, {x.begin(), x.end()}, pointers(out));
  return out;
}

/// Where a byte of an output is from: a byte of the inputs, counted over all of them; or -1.
using Sources = std::vector<std::int64_t>;

std::vector<Sources> find_sources(const int8::Step& step, std::span<const std::size_t> bytes,
                                  Values& values) {
  const auto digit = [](int d) {
    return [d](std::int64_t i) { return static_cast<std::byte>(i >> (8 * d)); };
  };
  std::int64_t total = 0;
  for (const int t : step.inputs)
    total += static_cast<std::int64_t>(bytes[static_cast<std::size_t>(t)]);
  values = outputs_of(step, bytes, digit(0));
  const Values inverse = outputs_of(step, bytes, [&](std::int64_t i) { return ~digit(0)(i); });
  std::vector<Sources> sources;
  for (std::size_t k = 0; k < values.size(); ++k) {
    Sources& s = sources.emplace_back(values[k].size());
    for (std::size_t i = 0; i < s.size(); ++i) {
      const bool moved = values[k][i] != inverse[k][i];
      s[i] = moved ? std::to_integer<std::int64_t>(values[k][i]) : -1;
    }
  }
  for (int d = 1; total >> (8 * d) != 0; ++d) {
    const Values higher = outputs_of(step, bytes, digit(d));
    for (std::size_t k = 0; k < higher.size(); ++k) {
      for (std::size_t i = 0; i < higher[k].size(); ++i) {
        if (sources[k][i] >= 0)
          sources[k][i] |= std::to_integer<std::int64_t>(higher[k][i]) << (8 * d);
      }
    }
  }
  return sources;
}

/// Joins neighbours that are of one form and equally far apart, once.
std::vector<ByteBox> join(const std::vector<ByteBox>& boxes) {
  std::vector<ByteBox> joined;
  for (std::size_t i = 0; i < boxes.size();) {
    ByteBox box = boxes[i];
    const auto alike = [&](std::size_t j) {
      return j < boxes.size() && boxes[j].run == box.run && boxes[j].dims == boxes[i].dims;
    };
    std::size_t end = i + 1;
    if (alike(end) && box.dims.size() < ByteBox::most_dims) {
      const std::int64_t in = boxes[end].from - box.from, out = boxes[end].to - box.to;
      while (alike(end) && boxes[end].from - boxes[end - 1].from == in &&
             boxes[end].to - boxes[end - 1].to == out) {
        ++end;
      }
      box.dims.insert(box.dims.begin(), {static_cast<std::int64_t>(end - i), in, out});
    }
    joined.push_back(std::move(box));
    i = end;
  }
  return joined;
}

/// The bytes whose source is within [begin, end), as boxes of offsets to `begin`.
std::vector<ByteBox> boxes_of(const Sources& sources, std::int64_t begin, std::int64_t end) {
  std::vector<ByteBox> boxes;
  for (std::size_t i = 0; i < sources.size();) {
    const std::int64_t first = sources[i];
    std::size_t next = i + 1;
    if (first >= begin && first < end) {
      while (next < sources.size() && sources[next] < end &&
             sources[next] - first == static_cast<std::int64_t>(next - i)) {
        ++next;
      }
      boxes.push_back(
          {first - begin, static_cast<std::int64_t>(i), static_cast<std::int64_t>(next - i), {}});
    }
    i = next;
  }
  for (std::size_t before = boxes.size() + 1; boxes.size() < before;) {
    before = boxes.size();
    boxes = join(boxes);
  }
  return boxes;
}

/// The bytes that are no input's; their sources become `begin` and those that follow, unless all
/// are the same.
std::vector<std::int8_t> take_constants(Sources& sources, const std::vector<std::byte>& values,
                                        std::int64_t begin) {
  std::vector<std::int8_t> constant;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i] < 0) constant.push_back(std::to_integer<std::int8_t>(values[i]));
  }
  if (std::adjacent_find(constant.begin(), constant.end(), std::not_equal_to<>()) ==
      constant.end()) {
    constant.resize(std::min<std::size_t>(constant.size(), 1));
    return constant;
  }
  for (std::int64_t& s : sources) {
    if (s < 0) s = begin++;
  }
  return constant;
}

}  // namespace

std::vector<ByteMoves> find_moves(const int8::Step& step, std::span<const std::size_t> bytes) {
  Values values;
  std::vector<Sources> sources = find_sources(step, bytes, values);
  std::vector<ByteMoves> all;
  for (std::size_t k = 0; k < sources.size(); ++k) {
    ByteMoves& moves = all.emplace_back();
    moves.bytes = static_cast<std::int64_t>(sources[k].size());
    std::int64_t total = 0;
    for (const int t : step.inputs)
      total += static_cast<std::int64_t>(bytes[static_cast<std::size_t>(t)]);
    moves.constant = take_constants(sources[k], values[k], total);
    const auto add = [&](int input, std::int64_t begin, std::int64_t end) {
      std::vector<ByteBox> boxes = boxes_of(sources[k], begin, end);
      if (!boxes.empty()) moves.parts.push_back({input, std::move(boxes)});
    };
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      const auto n = static_cast<std::int64_t>(bytes[static_cast<std::size_t>(step.inputs[i])]);
      add(static_cast<int>(i), begin, begin + n);
      begin += n;
    }
    add(ByteMoves::constant_bytes, total, total + static_cast<std::int64_t>(moves.constant.size()));
  }
  return all;
}

std::vector<std::int8_t> find_table(const int8::Step& step, std::span<const std::size_t> bytes) {
  const auto n = static_cast<std::int64_t>(bytes[static_cast<std::size_t>(step.inputs[0])]);
  std::vector<std::int8_t> table;
  for (std::int64_t first = -128; first < 128; first += n) {
    const Values y =
        outputs_of(step, bytes, [&](std::int64_t i) { return static_cast<std::byte>(first + i); });
    for (const std::byte b : y[0]) table.push_back(std::to_integer<std::int8_t>(b));
  }
  table.resize(256);
  return table;
}

}  // namespace octet::c99
