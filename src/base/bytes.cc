// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <cstdio>

namespace sluice {

void detail::out_of_memory(size_t bytes) {
  std::fprintf(stderr, "out of memory: %zu bytes could not be allocated\n", bytes);
  std::abort();
}

void ByteBuffer::grow(size_t more) {
  constexpr size_t kSmallest = 256;
  if (more > SIZE_MAX / 4 - size_) detail::out_of_memory(more);
  size_t capacity = capacity_ < kSmallest ? kSmallest : capacity_ * 2;
  while (capacity - size_ < more) capacity *= 2;
  void* grown = std::realloc(data_, capacity);
  if (!grown) detail::out_of_memory(capacity);
  data_ = static_cast<uint8_t*>(grown);
  capacity_ = capacity;
}

}  // namespace sluice
