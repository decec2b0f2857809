// Private to data/*.cpp and interop/checkpoint/hdf5.cpp: HDF5 identifiers that close themselves,
// and errors as octet::Error.
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>

#include "base/error.h"

namespace octet::data_detail {

/// HDF5 prints nothing from now on, and does nothing when the program ends if this is its first
/// call: a file whose writing failed (full disk) it would try to write again, and crash (1.10.8).
/// Not undone: after a damaged file it would otherwise complain at the end.
inline void silence_hdf5() {
  static const herr_t first [[maybe_unused]] = H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

/// What HDF5 says about its last failure: the innermost description, which for a system call that
/// failed holds "errno = <number>".
inline std::string hdf5_message() {
  std::string message;
  const auto take = [](unsigned depth, const H5E_error2_t* error, void* to) -> herr_t {
    if (depth == 0 && error->desc) *static_cast<std::string*>(to) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take, &message);
  return message.empty() ? "HDF5 gives no reason" : message;
}

/// Owns an identifier.
class H5Id {
 public:
  using Close = herr_t (*)(hid_t);
  /// Throws Error "<what>: <HDF5's reason>" if `id` is not valid.
  H5Id(hid_t id, Close closer, const std::string& what) : id_(id), close_(closer) {
    OCTET_CHECK(id >= 0, what, ": ", hdf5_message());
  }
  H5Id(H5Id&& o) noexcept : id_(std::exchange(o.id_, -1)), close_(o.close_) {}
  H5Id& operator=(H5Id&&) = delete;
  ~H5Id() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const noexcept { return id_; }
  /// Closes now. Throws Error "<what>: ..." if that fails (buffered writes).
  void close(const std::string& what) {
    OCTET_CHECK(close_(std::exchange(id_, -1)) >= 0, what, ": ", hdf5_message());
  }

 private:
  hid_t id_;
  Close close_;
};

/// Throws Error unless an HDF5 call succeeded.
inline void h5_check(herr_t status, const std::string& what) {
  OCTET_CHECK(status >= 0, what, ": ", hdf5_message());
}

}  // namespace octet::data_detail
