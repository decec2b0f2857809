// A pair of extents in layer options.
#pragma once

namespace octet {

/// Height and width; one number means both.
struct Size2d {
  int h = 1, w = 1;
  Size2d() = default;
  Size2d(int both) : h(both), w(both) {}  // NOLINT(google-explicit-constructor)
  Size2d(int height, int width) : h(height), w(width) {}
};

}  // namespace octet
