// A caching allocator: in the steady state of training no memory is requested from the system.
#pragma once

#include <cstddef>
#include <memory>

namespace octet {

/// Hands out 64-byte aligned blocks and keeps returned ones for reuse. Thread safe. Blocks may
/// outlive the pool (they are freed then). Contents of a block are unspecified.
class Pool {
 public:
  Pool();
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// A block of at least `bytes`; goes back to the pool when the last owner lets go.
  std::shared_ptr<std::byte> allocate(std::size_t bytes);

  /// Bytes handed out and not returned; the most there ever were; bytes held for reuse.
  struct Usage {
    std::size_t in_use = 0, peak = 0, cached = 0;
  };
  Usage usage() const;
  /// Frees the cached blocks.
  void trim();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace octet
