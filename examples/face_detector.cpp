// A detector from an ONNX file to int8 by post-training quantization: UltraFace finds the same
// faces in float and on integers. The arithmetic behind its four heads, which makes boxes of
// offsets from anchors, stays in floats. Writes the model and, for each photograph, a picture with
// the float network's boxes (green) and the integer ones (red). Exit code 1 if either finds a face
// that the other does not see, or if a box overlaps the float network's by less than 0.9.
//
// Usage: face_detector version-slim-320.onnx FOLDER PHOTO...
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
constexpr float seen_score = 0.6f;  // enough for a face that the other network finds

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

/// Of all anchors those that are faces; of those that overlap, the mean weighted by their scores.
/// `scores`: background and face, `boxes`: four corners an anchor.
std::vector<Face> faces_of(std::span<const float> scores, std::span<const float> boxes) {
  std::vector<Face> all, kept;
  for (std::size_t i = 0; i < scores.size() / 2; ++i) {
    const float score = scores[2 * i + 1], *b = &boxes[4 * i];
    if (score > seen_score) all.push_back({score, b[0], b[1], b[2], b[3]});
  }
  std::ranges::stable_sort(all, std::greater(), &Face::score);
  while (!all.empty()) {
    const Face best = all.front();
    Face joined{best.score, 0, 0, 0, 0};
    float weights = 0;
    const auto join = [&](const Face& f) {
      const float weight = f.score - seen_score;  // a face that is hardly seen moves no box
      weights += weight;
      joined.left += weight * f.left;
      joined.top += weight * f.top;
      joined.right += weight * f.right;
      joined.bottom += weight * f.bottom;
    };
    join(best);
    all.erase(all.begin());
    std::erase_if(all, [&](const Face& f) {
      const bool same = overlap(f, best) > same_face;
      if (same) join(f);
      return same;
    });
    for (float* corner : {&joined.left, &joined.top, &joined.right, &joined.bottom})
      *corner /= weights;
    kept.push_back(joined);
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

using Colour = std::array<std::uint8_t, 3>;

void draw(Image& image, const Face& face, Colour colour, std::int64_t pen) {
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

/// Prints whether each face of `faces` is among `others`, which may have a lower score for it, with
/// an overlap of `least` at least.
bool are_among(const std::vector<Face>& faces, const std::vector<Face>& others, float least,
               const char* what) {
  bool same = true;
  for (const Face& f : faces) {
    if (f.score <= least_score) continue;
    const auto nearer = [&](const Face& a, const Face& b) { return overlap(f, a) < overlap(f, b); };
    const auto best = std::ranges::max_element(others, nearer);
    const float common = best == others.end() ? 0 : overlap(f, *best);
    std::printf("  %s: score %.3f", what, double(f.score));
    if (common > 0)
      std::printf(", the other's %.3f, overlap %.3f", double(best->score), double(common));
    std::printf("%s\n", common < least ? "  <- not the same" : "");
    same &= common >= least;
  }
  return same;
}

/// Prints a photograph's faces and draws them; whether both networks found the same.
bool compare(const Photo& photo, const std::vector<Face>& in_float,
             const std::vector<Face>& on_integers, const std::filesystem::path& folder) {
  Image picture = photo.picture;
  const std::int64_t pen = std::max<std::int64_t>(1, picture.width / 400);
  const auto draw_all = [&](const std::vector<Face>& faces, Colour colour, std::int64_t line) {
    int count = 0;
    for (const Face& f : faces) {
      if (f.score <= least_score) continue;
      draw(picture, f, colour, line);
      ++count;
    }
    return count;
  };
  const int expected = draw_all(in_float, {0, 220, 0}, 2 * pen);
  const int found = draw_all(on_integers, {230, 0, 0}, pen);
  write_png(picture, folder / photo.path.stem().concat(".png"));
  std::printf("%s: %d faces in float, %d on integers\n", photo.path.filename().c_str(), expected,
              found);
  const bool none_missing = are_among(in_float, on_integers, same_box, "float");
  return are_among(on_integers, in_float, same_face, "int8") && none_missing;
}

bool run(const std::string& file, const std::filesystem::path& folder,
         const std::vector<Photo>& photos) {
  Context ctx(/*threads=*/2);
  const OnnxNetwork network = import_onnx(file);
  const auto all_photos = [&] {  // as calibration takes them: one after the other, then none
    return [&photos, next = std::size_t{0}]() mutable {
      return next < photos.size() ? std::vector{input_of(photos[next++])} : std::vector<Tensor>();
    };
  };

  quant::QConfig config = quant::QConfig::tflite();
  const float means[] = {mean}, deviations[] = {deviation};
  config.input = quant::input_params(means, deviations);
  config.float_layers = decoding_layers(*network.graph);
  const auto evened = network.graph->clone();
  quant::equalize(*evened, all_photos(), ctx);
  const auto ptq = quant::prepare_ptq(evened, config);
  quant::calibrate(*ptq, all_photos(), {.batches = static_cast<int>(photos.size())}, ctx);
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
