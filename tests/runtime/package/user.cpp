// The C++ API of the installed package: runs a model on zeros, and catches the library's error.
#include <cstdio>
#include <cstring>

#include <base/error.h>
#include <int8/engine/model.h>
#include <interop/tflite/reader.h>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    octet::read_tflite("/nowhere");
    return 3;
  } catch (const octet::Error&) {
  }
  const octet::int8::Model model(octet::read_tflite(argv[1]));
  octet::int8::ExecutionContext context(model, {.threads = 2});
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const auto to = context.input(static_cast<int>(i));
    std::memset(to.data(), 0, to.size());
  }
  context.run();
  std::FILE* file = std::fopen(argv[2], "wb");
  if (!file) return 4;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const auto from = context.output(static_cast<int>(i));
    std::fwrite(from.data(), 1, from.size(), file);
  }
  return std::fclose(file) == 0 ? 0 : 5;
}
