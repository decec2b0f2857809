#include "apps/octet/import/write_fp16.h"

#include <filesystem>
#include <iostream>
#include <utility>

#include "apps/common/text_table.h"
#include "apps/octet/import/file_network.h"
#include "base/error.h"
#include "base/printable.h"
#include "interop/tflite/writer.h"
#include "quant/floats/lower_float.h"

namespace octet::app {

void write_fp16(const std::string& path, GraphModule&& graph, const std::string& out) {
  check_other_file("--fp16", path, out);
  try {
    write_tflite(quant::lower_float(std::move(graph)), out, {.half_constants = true});
  } catch (const Error& error) {
    fail(path, ": --fp16: ", error.what());
  }
  std::cout << "fp16     " << printable_text(out) << ", "
            << grouped(static_cast<std::int64_t>(std::filesystem::file_size(out))) << " bytes\n";
}

}  // namespace octet::app
