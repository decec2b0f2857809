// What an op needs besides its inputs: threads, memory, mode and the key of its random numbers.
#pragma once

#include <cstdint>

#include "base/parallel.h"
#include "base/simd/isa.h"
#include "core/memory_pool.h"
#include "core/tensor.h"

namespace octet {

class Communicator;
struct TapeObserver;

/// Make one and keep it for the whole training loop. Not for use by two threads at once.
struct Context {
  /// Also puts OpenBLAS on one thread for the whole process: ThreadPool does the parallel work.
  /// Throws Error for a bad thread count or OCTET_MAX_ISA, and if OpenBLAS computes wrong products
  /// (core/kernels/blas.h).
  /// `member`: of a data-parallel training; its random numbers are its own. Must outlive this.
  explicit Context(int thread_count = 1, std::uint64_t random_seed = 0,
                   Communicator* member = nullptr);

  ThreadPool threads;
  Pool pool;
  std::uint64_t seed = 0;
  /// Set by the training loop before each step: with `seed` it keys random ops such as dropout.
  std::uint64_t step = 0;
  /// Batch norm and dropout read this. Module::operator() sets it from the module's mode.
  bool training = true;
  /// What kernels may use: one of available_isas(). OpenBLAS, which is the process's, goes its own
  /// way (core/kernels/blas.h).
  Isa isa;
  /// Told of every op that tapes with this context run; null: nobody is.
  TapeObserver* observer = nullptr;
  /// The members that train together: statistics of a batch are those of all their shares. Null:
  /// there are no others.
  Communicator* communicator = nullptr;

  Tensor empty(const Shape& shape, ElementType type = ElementType::real) {
    return Tensor::empty(shape, type, &pool);
  }
  Tensor zeros(const Shape& shape, ElementType type = ElementType::real) {
    return Tensor::zeros(shape, type, &pool);
  }
};

}  // namespace octet
