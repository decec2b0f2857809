#include "int8/kernels/aligned_buffer.h"

#include "base/error.h"

namespace octet::int8 {

AlignedBuffer::AlignedBuffer(std::size_t bytes) : size_(bytes) {
  if (bytes == 0) return;
  const std::size_t whole = align64(bytes);
  void* memory = ::operator new (whole, std::align_val_t{64}, std::nothrow);
  if (!memory) throw MemoryError(text_of("memory: ", bytes, " bytes are not there"));
  data_.reset(static_cast<std::byte*>(memory));
  std::memset(memory, 0, whole);
}

}  // namespace octet::int8
