// Private to interop/: HDF5 files that are not trusted, for reading. Whatever a file says, no more
// is allocated than it has bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/hdf5_handle.h"

namespace octet {

class H5ReadFile {
 public:
  /// Throw Error, naming the file, if it cannot be opened.
  explicit H5ReadFile(const std::filesystem::path& path);
  /// Of a file in memory, which is copied; `name` is for messages.
  H5ReadFile(std::span<const std::byte> image, std::string name);

  hid_t id() const noexcept { return file_; }
  const std::string& name() const noexcept { return name_; }

  /// Calls f(name, dataset, place) for every data set below the group, by hard links, with its path
  /// from there and, for messages, the whole place. Names come in bytewise order.
  template <class F>
  void each(const std::string& group, const F& f) {
    each_below(group, "", 0, f);
  }

  /// Takes the bytes of a data set's values from those that the file has for all of them. Throws
  /// Error unless they lie in one piece inside the file.
  void claim(hid_t dataset, const std::string& place);

 private:
  struct Child {
    std::string name;
    bool is_group;
  };
  /// Groups and data sets, opened by hard links, in the group at `path`.
  std::vector<Child> children(const std::string& path, int depth, const std::string& where);

  template <class F>
  void each_below(const std::string& group, const std::string& prefix, int depth, const F& f) {
    const std::string where = name_ + ": " + group + "/" + one_line(prefix);
    const std::string path = group + "/" + prefix;
    for (const Child& child : children(path, depth, where)) {
      if (child.is_group) {
        each_below(group, prefix + child.name + "/", depth + 1, f);
        continue;
      }
      const std::string place = where + one_line(child.name);
      const data_detail::H5Id dataset(H5Dopen2(file_, (path + child.name).c_str(), H5P_DEFAULT),
                                      H5Dclose, place);
      f(prefix + child.name, dataset, place);
    }
  }

  // Groups can be linked into each other: their names are as many as paths lead there.
  static constexpr int most_groups = 64;
  static constexpr std::uint64_t bytes_per_name = 16;

  std::string name_;
  data_detail::H5Id file_;
  std::uint64_t bytes_left_, names_left_;
};

}  // namespace octet
