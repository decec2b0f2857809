// A forked child has its parent's memory and none of its threads. Standard library and POSIX only.
#pragma once

#include <memory>

namespace octet {

/// How many forks lie between the first process of this program and this one. An object that
/// remembers the number knows whether its threads are in this process.
unsigned forks() noexcept;

/// Deletes in the process that made the object; in a forked child it does nothing. What owns
/// threads, and what they wait on, cannot be destroyed there: the destructors would wait for
/// threads that do not exist. Its memory goes with the child.
class DeleteWhereMade {
 public:
  template <class T>
  void operator()(T* object) const noexcept {
    if (made_ == forks()) delete object;
  }

 private:
  unsigned made_ = forks();
};

/// Owns an object that owns threads.
template <class T>
using ThreadOwnerPtr = std::unique_ptr<T, DeleteWhereMade>;

}  // namespace octet
