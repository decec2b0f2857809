// A model with all that its user needs beside it, and the folders that are made of that: one for
// each target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/folder/golden_samples.h"
#include "deploy/folder/preprocessing.h"
#include "deploy/folder/template_text.h"
#include "deploy/targets.h"
#include "int8/engine/model.h"

namespace octet::deploy {

/// Where a TFLite file is run by LiteRT.
enum class Platform : std::uint8_t { android, web, python };
/// "android", "web" or "python".
std::string_view platform_name(Platform platform) noexcept;
/// Nothing for another name.
std::optional<Platform> parse_platform(std::string_view name) noexcept;

/// What the user gives.
struct DeploymentSource {
  std::string name;                                 ///< of the model, for titles
  std::string made_from;                            ///< "`model.tflite`", in Markdown
  int8::Graph graph;                                ///< codes at its edges, or whatever it has
  std::vector<std::string> labels;                  ///< the classes' names; may be empty
  std::optional<PixelNormalization> normalization;  ///< none: the input is as the model has it
  /// The input is numbers that are no pixels; `normalization` is theirs.
  bool numbers = false;
  bool classifier = true;   ///< a row of outputs is scores of classes
  std::string output_note;  ///< more of what the outputs mean, a sentence; may be empty
  /// Golden inputs: pixels, or normalized numbers, or the model's inputs, ten samples back to back.
  /// All empty: pseudo-random ones are drawn. The model's inputs are checked by as they are,
  /// whatever the normalization.
  std::vector<std::uint8_t> pixels;
  std::vector<float> reals;
  std::vector<std::byte> inputs;
  std::string samples_origin;      ///< "ten test images of digits.h5", in Markdown
  std::vector<std::string> notes;  ///< what the user should know of it, a line each
};

struct Deployment {
  std::string name, made_from;
  const Target* target = nullptr;
  Platform platform = Platform::python;  ///< of FileForm::tflite
  std::string model;                     ///< the TFLite or ONNX file as the target takes it
  std::string compression;               ///< FileForm::mnn: what its converter reads beside it
  int8::Graph graph;                     ///< what it holds
  /// As the file has them: images of ONNX files are NCHW.
  std::vector<int8::ValueInfo> inputs, outputs;
  /// The distance between two codes of each output: 1, or of float32 outputs their reals' distance.
  std::vector<float> code_steps;
  std::vector<std::string> labels;
  std::optional<Preprocessing> preprocessing;
  std::optional<PixelNormalization> of_numbers;  ///< of an input that is numbers
  bool classes = false;                          ///< the output is scores of classes
  std::string output_note;
  GoldenSamples golden;            ///< as the file has them; outputs of the target's rounding
  std::vector<std::string> notes;  ///< what the user should know, a line each
  /// What the program of the folder will say.
  Agreement agreement;
  std::int64_t macs = 0;
  std::size_t value_bytes = 0;  ///< octet's arena and working memory for one sample
};

/// The model in the target's form, with golden outputs. Throws Error naming what cannot be deployed
/// there.
Deployment make_deployment(DeploymentSource source, const Target& target, Platform platform);

/// The folder's files by their paths.
Files deployment_files(const Deployment& deployment);

}  // namespace octet::deploy
