// What a context keeps from run to run: the states of a model, once for each sample of the batch.
#pragma once

#include <cstddef>
#include <vector>

#include "int8/engine/instance.h"
#include "int8/engine/model_impl.h"
#include "int8/kernels/aligned_buffer.h"

namespace octet::int8 {

class Streams {
 public:
  /// At their beginning. Throws MemoryError if memory does not suffice. `model` must outlive it.
  Streams(const Model::Impl& model, int batch);

  /// Throws MemoryError beyond 2^60.
  static std::size_t bytes(const Model::Impl& model, int batch);

  /// Streams first .. first + n - 1 to their beginning.
  void reset(int first, int n) noexcept;
  /// Before and after a run of these streams in the first n samples of `instance`.
  void load(const Instance& instance, int first, int n) noexcept;
  void store(const Instance& instance, int first, int n) noexcept;

 private:
  /// Calls f(state, its bytes of one sample, its memory of stream `first`).
  template <class F>
  void for_states(int first, const F& f) noexcept;

  const Model::Impl& model_;
  std::size_t batch_;
  AlignedBuffer memory_;
};

}  // namespace octet::int8
