#include "int8/engine/streams.h"

#include <cstring>

#include "base/error.h"

namespace octet::int8 {

Streams::Streams(const Model::Impl& model, int batch)
    : model_(model), batch_(static_cast<std::size_t>(batch)), memory_(bytes(model, batch)) {
  reset(0, batch);
}

std::size_t Streams::bytes(const Model::Impl& model, int batch) {
  constexpr std::size_t most = std::size_t{1} << 60;  // far above any limit
  const auto samples = static_cast<std::size_t>(batch);
  if (model.state_bytes > most / samples)
    throw MemoryError(text_of("states of ", batch, " samples: more than ", most, " bytes"));
  return model.state_bytes * samples;
}

template <class F>
void Streams::for_states(int first, const F& f) noexcept {
  std::byte* memory = memory_.get();
  for (const State& s : model_.graph.states) {
    const std::size_t size = model_.bytes[static_cast<std::size_t>(s.input)];
    f(s, size, memory + size * static_cast<std::size_t>(first));
    memory += size * batch_;
  }
}

void Streams::reset(int first, int n) noexcept {
  for_states(first, [n](const State& s, std::size_t size, std::byte* memory) {
    for (int i = 0; i < n; ++i, memory += size) std::memcpy(memory, s.initial.data, size);
  });
}

void Streams::load(const Instance& instance, int first, int n) noexcept {
  for_states(first, [&](const State& s, std::size_t size, const std::byte* memory) {
    std::memcpy(instance.address(s.input), memory, size * static_cast<std::size_t>(n));
  });
}

void Streams::store(const Instance& instance, int first, int n) noexcept {
  for_states(first, [&](const State& s, std::size_t size, std::byte* memory) {
    const ConstBytes& constant = model_.graph.tensors[static_cast<std::size_t>(s.output)].constant;
    if (!constant) {
      std::memcpy(memory, instance.address(s.output), size * static_cast<std::size_t>(n));
      return;
    }
    for (int i = 0; i < n; ++i, memory += size) std::memcpy(memory, constant.data, size);
  });
}

}  // namespace octet::int8
