#include "deploy/mnn/write_mnn.h"

#include "base/atomic_file.h"
#include "base/atomic_folder.h"
#include "deploy/with_io.h"
#include "interop/mnn/compression.h"

namespace octet::deploy {

MnnFiles make_mnn_files(const int8::Graph& graph, const onnx_export::OnnxExportOptions& options) {
  // The converter finds layers by their results' names: behind a DEQUANTIZE those would be others.
  const int8::Graph codes = with_io(graph, Io::int8, Io::int8);
  return {onnx_export::serialize_onnx(codes, options), mnn::serialize_compression(codes)};
}

void write_mnn(const MnnFiles& files, const std::filesystem::path& folder) {
  AtomicFolder out(folder);
  write_file_atomically(out.temporary() / "model.onnx", files.onnx);
  write_file_atomically(out.temporary() / "compression.bin", files.compression);
  out.commit();
}

}  // namespace octet::deploy
