// From the tensor table of a TFLite file to int8::TensorDef.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "int8/graph/graph.h"
#include "interop/tflite/file_reader.h"
#include "tflite_generated.h"

namespace octet::tflite {

/// TensorType::FLOAT16.
inline constexpr int half_type = 1;

/// A verified file.
struct File {
  const Model& model;
  std::span<const std::byte> bytes;   ///< all of it
  std::shared_ptr<const void> owner;  ///< keeps them alive
  const ReadOptions& options;

  /// What buffer `index` holds: in the flatbuffer, or where in the file it says. Throws Error,
  /// beginning with `where`, if there is no such buffer or place.
  std::span<const std::byte> buffer(unsigned index, const std::string& where) const;
};

/// Bounds what is copied out of a file by what the file holds. Tables may share their vectors, so
/// a small file can describe a graph without end; none that a converter writes comes close.
class CopyBudget {
 public:
  explicit CopyBudget(std::size_t file_bytes) : left_(64 * file_bytes + (1u << 20)) {}
  /// Throws Error when more has been charged than the budget holds.
  void charge(std::size_t bytes);

 private:
  std::size_t left_;
};

std::string copy_string(const flatbuffers::String* text, CopyBudget& budget);
std::vector<std::int32_t> copy_ints(const flatbuffers::Vector<std::int32_t>* values,
                                    CopyBudget& budget);

/// For each tensor whether an operator that is not gone reads or writes it or the model takes or
/// returns it.
std::vector<bool> used_tensors(const SubGraph& subgraph, const std::vector<bool>& gone);

/// A tensor that is not used: of what the file says only the name, as a FLOAT32 scalar.
int8::TensorDef read_unused_tensor(const SubGraph& subgraph, unsigned index, CopyBudget& budget);

/// Tensor `index` of `subgraph`. Constants are views into the file, those of FLOAT16 become
/// FLOAT32. Throws Error on what only the file can say: types, sparsity, dynamic shapes and the
/// like; the rest is left to check_graph. `shape`: that of one sample, if it is not as the file
/// says.
int8::TensorDef read_tensor(const File& file, const SubGraph& subgraph, unsigned index,
                            CopyBudget& budget, const std::vector<std::int32_t>* shape = nullptr);

}  // namespace octet::tflite
