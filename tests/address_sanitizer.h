// What cannot be tried under the address sanitizer.
#pragma once

namespace octet::test {

/// Built with the address sanitizer. It takes more address space than a limit of memory leaves, and
/// its allocator's locks are as a fork found them: a child that allocates may wait for ever.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool address_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool address_sanitizer = true;
#else
inline constexpr bool address_sanitizer = false;
#endif
#else
inline constexpr bool address_sanitizer = false;
#endif

}  // namespace octet::test
