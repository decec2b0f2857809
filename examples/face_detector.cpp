// A detector from an ONNX file to int8 by post-training quantization: UltraFace finds the same
// faces in float and on integers. The arithmetic behind its four heads, which makes boxes of
// offsets from anchors, stays in floats. Writes the model and, for each photograph, a picture with
// the float network's boxes (green) and the integer ones (red). Exit code 1 if a face is missing or
// additional, or a box overlaps the float one by less than 0.9. Usage: face_detector
// version-slim-320.onnx FOLDER PHOTO...
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <octet/training.hpp>
#include <set>

namespace {

using namespace octet;

constexpr std::int64_t height = 240, width = 320;
constexpr float mean = 127, deviation = 128;  // the network's input: (pixel - mean) / deviation
constexpr float least_score = 0.7f, same_face = 0.5f, same_box = 0.9f;

/// Corners in parts of the picture.
struct Face {
  float score;
  float left, top, right, bottom;
};

float overlap(const Face& a, const Face& b) {
  const auto area = [](const Face& f) {
    return std::max(0.0f, f.right - f.left) * std::max(0.0f, f.bottom - f.top);
  };
  const float both = area({0, std::max(a.left, b.left), std::max(a.top, b.top),
                           std::min(a.right, b.right), std::min(a.bottom, b.bottom)});
  return both == 0 ? 0 : both / (area(a) + area(b) - both);
}

/// Of all anchors, those that are faces, the best of those that overlap (non-maximum suppression).
/// `scores`: background and face, `boxes`: four corners for each anchor.
std::vector<Face> faces_of(std::span<const float> scores, std::span<const float> boxes) {
  std::vector<Face> all, kept;
  for (std::size_t i = 0; i < scores.size() / 2; ++i) {
    const float* b = &boxes[4 * i];
    if (scores[2 * i + 1] > least_score) all.push_back({scores[2 * i + 1], b[0], b[1], b[2], b[3]});
  }
  std::ranges::stable_sort(all, std::greater(), &Face::score);
  for (const Face& f : all) {
    const auto taken = [&](const Face& other) { return overlap(f, other) > same_face; };
    if (std::ranges::none_of(kept, taken)) kept.push_back(f);
  }
  return kept;
}

/// The layers behind the one that joins the heads' offsets, [N, anchors, 4].
std::vector<std::string> decoding_layers(const GraphModule& graph) {
  std::set<int> behind;
  std::vector<std::string> names;
  int joined = -1;
  for (int id = 0; id < static_cast<int>(graph.nodes().size()); ++id) {
    const GraphNode& n = graph.nodes()[static_cast<std::size_t>(id)];
    if (n.kind != Tape::Kind::op) continue;
    const auto is_behind = [&](int in) { return in == joined || behind.contains(in); };
    if (joined < 0 && n.op->name() == "concat" && n.shape[-1] == 4) {
      joined = id;
    } else if (joined >= 0 && std::ranges::any_of(n.inputs, is_behind)) {
      behind.insert(id);
      names.push_back(n.name);
    }
  }
  return names;
}

struct Photo {
  std::filesystem::path path;
  Image picture, small;
};

Tensor input_of(const Photo& photo) {
  Tensor x = Tensor::empty({1, height, width, 3});
  std::ranges::transform(photo.small.pixels, x.r(),
                         [](std::uint8_t pixel) { return (float(pixel) - mean) / deviation; });
  return x;
}

std::vector<Face> find_in_float(GraphModule& network, const Photo& photo, Context& ctx) {
  Tape tape(ctx, GradMode::off);
  const std::vector<Var> y = network(std::vector{tape.input(input_of(photo))});  // scores, boxes
  return faces_of(y[0].value().span<real>(), y[1].value().span<real>());
}

/// The reals of an output, which is codes or floats.
std::vector<float> reals_of(const int8::Model& model, int8::ExecutionContext& engine, int output) {
  const int8::ValueInfo& info = model.outputs()[static_cast<std::size_t>(output)];
  const std::span<const std::byte> bytes = engine.output(output);
  std::vector<float> reals;
  if (info.type == int8::DType::f32) {
    reals.resize(bytes.size() / sizeof(float));
    std::memcpy(reals.data(), bytes.data(), bytes.size());
  } else {
    for (const std::byte b : bytes) {
      reals.push_back(info.scale * float(static_cast<std::int8_t>(b) - info.zero_point));
    }
  }
  return reals;
}

std::vector<Face> find_on_integers(const int8::Model& model, const Photo& photo) {
  int8::ExecutionContext engine(model, {.threads = 2});
  const std::span<std::byte> codes = engine.input(0);
  std::ranges::transform(photo.small.pixels, codes.begin(), [](std::uint8_t pixel) {
    return std::byte{pixel} ^ std::byte{0x80};  // pixel - 128: see quant::input_params()
  });
  engine.run();
  return faces_of(reals_of(model, engine, 0), reals_of(model, engine, 1));
}

void draw(Image& image, const Face& face, std::array<std::uint8_t, 3> colour, std::int64_t pen) {
  const auto at = [](float part, std::int64_t extent) {
    return std::clamp<std::int64_t>(std::llround(part * float(extent)), 0, extent - 1);
  };
  const std::int64_t x0 = at(face.left, image.width), x1 = at(face.right, image.width);
  const std::int64_t y0 = at(face.top, image.height), y1 = at(face.bottom, image.height);
  for (std::int64_t y = y0; y <= y1; ++y) {
    for (std::int64_t x = x0; x <= x1; ++x) {
      if (std::min({x - x0, x1 - x, y - y0, y1 - y}) >= pen) continue;
      std::ranges::copy(colour, image.pixels.begin() + 3 * (y * image.width + x));
    }
  }
}

/// Prints a photograph's faces and draws them; whether both found the same.
bool compare(const Photo& photo, const std::vector<Face>& expected, const std::vector<Face>& found,
             const std::filesystem::path& folder) {
  Image picture = photo.picture;
  const std::int64_t pen = std::max<std::int64_t>(1, picture.width / 400);
  for (const Face& f : expected) draw(picture, f, {0, 220, 0}, 2 * pen);
  for (const Face& f : found) draw(picture, f, {230, 0, 0}, pen);
  write_png(picture, folder / photo.path.stem().concat(".png"));

  std::printf("%s: %zu faces in float, %zu on integers\n", photo.path.filename().c_str(),
              expected.size(), found.size());
  bool same = expected.size() == found.size();
  for (const Face& f : expected) {
    const auto nearer = [&](const Face& a, const Face& b) { return overlap(f, a) < overlap(f, b); };
    const auto best = std::ranges::max_element(found, nearer);
    const float iou = best == found.end() ? 0 : overlap(f, *best);
    std::printf("  score %.3f and %.3f, overlap %.3f%s\n", double(f.score),
                best == found.end() ? 0.0 : double(best->score), double(iou),
                iou < same_box ? "  <- not the same" : "");
    same &= iou >= same_box;
  }
  return same;
}

bool run(const std::string& file, const std::filesystem::path& folder,
         const std::vector<Photo>& photos) {
  Context ctx(/*threads=*/2);
  const OnnxNetwork network = import_onnx(file);

  quant::QConfig config = quant::QConfig::tflite();
  const float means[] = {mean}, deviations[] = {deviation};
  config.input = quant::input_params(means, deviations);
  config.float_layers = decoding_layers(*network.graph);
  const auto ptq = quant::prepare_ptq(network.graph, config);
  std::size_t next = 0;
  const auto photographs = [&] {
    return next < photos.size() ? std::vector{input_of(photos[next++])} : std::vector<Tensor>();
  };
  quant::calibrate(*ptq, photographs, {.batches = static_cast<int>(photos.size())}, ctx);
  const int8::Model model = quant::convert(*ptq, ctx);  // compares every code and float
  write_tflite(model, folder / "faces.tflite");

  bool same = true;
  for (const Photo& photo : photos) {
    same &= compare(photo, find_in_float(*network.graph, photo, ctx),
                    find_on_integers(model, photo), folder);
  }
  std::printf("%s\n", same ? "the same faces" : "not the same faces");
  return same;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s version-slim-320.onnx FOLDER PHOTO...\n", argv[0]);
    return 2;
  }
  try {
    std::vector<Photo> photos;
    for (int i = 3; i < argc; ++i) {
      const Image picture = convert_channels(read_image(argv[i]), 3);
      photos.push_back({argv[i], picture, resize_image(picture, height, width)});
    }
    std::filesystem::create_directories(argv[2]);
    return run(argv[1], argv[2], photos) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
