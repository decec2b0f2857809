#include "deploy/mnn/write_mnn.h"

#include "base/atomic_file.h"
#include "base/atomic_folder.h"
#include "interop/mnn/compression.h"

namespace octet::deploy {

void write_mnn(const int8::Graph& graph, const onnx_export::OnnxExportOptions& options,
               const std::filesystem::path& folder) {
  AtomicFolder out(folder);
  onnx_export::write_onnx(graph, out.temporary() / "model.onnx", options);
  write_file_atomically(out.temporary() / "compression.bin", mnn::serialize_compression(graph));
  out.commit();
}

}  // namespace octet::deploy
