// examples/face_detector.cpp on UltraFace and its photographs.
#include <doctest/doctest.h>

#include <algorithm>

#include "data/image.h"
#include "tests/process.h"

using namespace octet::test;
namespace fs = std::filesystem;

TEST_CASE("face_detector: what it needs") {
  const TempDir dir;
  Process process({OCTET_FACE_DETECTOR, "net.onnx"}, dir.path());
  CHECK(process.wait() == 2);
  CHECK(process.output().find("usage: ") == 0);
}

TEST_SUITE("shared") {
  TEST_CASE("face_detector: int8 finds the faces of float, and draws them") {
    const fs::path model = *shared_dir() / "models" / "ultraface";
    std::vector<fs::path> photos;
    for (const auto& entry : fs::directory_iterator(model / "imgs")) photos.push_back(entry.path());
    std::ranges::sort(photos);
    const TempDir dir;
    std::vector<std::string> command{OCTET_FACE_DETECTOR, model / "version-slim-320.onnx",
                                     dir.path()};
    command.insert(command.end(), photos.begin(), photos.end());
    Process process(command, dir.path());
    const int code = process.wait();
    CAPTURE(process.output());
    CHECK(code == 0);
    CHECK(process.output().ends_with("\nthe same faces\n"));
    CHECK(photos.size() == 6);
    for (const fs::path& photo : photos) {
      const octet::Image from = octet::read_image(photo);
      const octet::Image drawn = octet::read_image(dir.path() / photo.stem().concat(".png"));
      CHECK(drawn.width == from.width);
      CHECK(drawn.height == from.height);
      std::int64_t changed = 0, red = 0, green = 0;
      for (std::size_t i = 0; i < from.pixels.size(); i += 3) {
        const auto is = [&](int r, int g, int b) {
          return drawn.pixels[i] == r && drawn.pixels[i + 1] == g && drawn.pixels[i + 2] == b;
        };
        changed += !std::equal(&from.pixels[i], &from.pixels[i] + 3, &drawn.pixels[i]);
        red += is(230, 0, 0);
        green += is(0, 220, 0);
      }
      CHECK(red > 50);
      CHECK(green > 50);
      CHECK(changed < from.width * from.height / 5);
    }
    CHECK(fs::file_size(dir.path() / "faces.tflite") < 500000);
  }
}
