#include "deploy/folder/target_form.h"

namespace octet::deploy {

Io io_of(const Target& target, Platform platform) noexcept {
  if (target.form != FileForm::tflite) return target.io;
  switch (platform) {
    case Platform::android:
      return Io::uint8;
    case Platform::web:
      return Io::float32;
    case Platform::python:
      break;
  }
  return target.io;
}

int8::Graph target_form(int8::Graph graph, const Target& target, Platform) {
  graph.rounding = target.rounding;
  return graph;
}

int8::Rounding runtime_rounding(const Target& target) noexcept {
  return target.form == FileForm::tflite ? int8::Rounding::float_rounding : target.rounding;
}

}  // namespace octet::deploy
