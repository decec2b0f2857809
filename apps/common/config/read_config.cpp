// From a file and overrides to a checked configuration.
#include <algorithm>

#include "apps/common/config/config.h"
#include "apps/common/config/config_reader.h"
#include "apps/common/config/extends.h"
#include "apps/common/config/overrides.h"
#include "base/error.h"

namespace octet::config {
namespace {

void check_loss(const Config& c, const std::string& section, const LossConfig& loss) {
  const std::vector<double>& w = loss.class_weights;
  OCTET_CHECK(std::any_of(w.begin(), w.end(), [](double v) { return v > 0; }),
              c.where(section + "/loss/class_weights"), ": expected one above 0, got only zeros");
}

void check_data(const Config& c) {
  const DataConfig& d = c.data;
  const bool crop = d.crop_h > 0 || d.crop_w > 0 || d.augment.padding > 0;
  OCTET_CHECK(crop || !d.augment.random_crop, c.where("/data/augment/random_crop"),
              ": expected padding, or /data/crop_h and /data/crop_w, with it");
  const auto only_for = [&](bool used, const char* key,
                            std::initializer_list<const char*> formats) {
    if (!used || std::ranges::count(formats, d.format) > 0) return;
    std::string names;
    for (const char* f : formats) names += (names.empty() ? "" : " or ") + std::string(f);
    fail(c.where(std::string("/data/") + key), ": is for format = ", names,
         ", but /data/format is ", d.format);
  };
  only_for(d.channels != 0, "channels", {"image_folder", "mask_folder"});
  only_for(d.stream, "stream", {"image_folder", "mask_folder"});
  only_for(d.targets != "auto", "targets", {"hdf5", "numpy", "csv"});
  only_for(!d.target_columns.empty(), "target_columns", {"csv"});
  OCTET_CHECK((d.input.h > 0) == (d.input.w > 0), c.where("/data/input"),
              ": expected both h and w, got ", d.input.h, " and ", d.input.w);
}

/// What single keys cannot say.
void check_together(const Config& c) {
  const std::string file = c.file.string();
  OCTET_CHECK(c.train || c.quantized(), file,
              ": nothing to do: expected 'train', or 'quant' with mode qat or ptq");
  if (c.init) {
    const InitConfig& i = *c.init;
    int sources = 0;
    for (const Path* p : {&i.config, &i.checkpoint, &i.import}) sources += !p->text.empty();
    OCTET_CHECK(sources == 1, file, ": /init: expected one of 'config', 'checkpoint' and 'import'");
  }
  const bool imports = !c.model.import.text.empty();
  const bool of_zoo = !c.model.zoo.empty();
  OCTET_CHECK(of_zoo + !c.model.layers.empty() + imports == 1, file,
              ": /model: expected one of 'zoo', 'layers' and 'import'");
  for (const auto& [key, own] : {std::pair{"/model/width", c.model.width == 1},
                                 std::pair{"/model/output_stride", c.model.output_stride == 0}}) {
    OCTET_CHECK(of_zoo || own, c.where(key), ": is for /model/zoo; the layers of ",
                imports ? "an imported network are those of its file"
                        : "this network are those of /model/layers");
  }
  const bool fresh = c.model.weights == "new";
  OCTET_CHECK(!fresh || imports, c.where("/model/weights"), ": is for /model/import");
  OCTET_CHECK(c.train || c.init || (imports && !fresh), file,
              ": /quant: there are no trained weights to quantize: expected 'init' or 'train'");
  if (c.qat()) {
    OCTET_CHECK(c.quant->stages.total() > 0, file,
                ": /quant/stages: expected at least one epoch in all, got 0");
  }
  OCTET_CHECK(!c.quantized() || c.quant->weight_bits != 1, c.where("/quant/weight_bits"),
              ": expected 2 to 8 bits, or 0 for the target's, got 1");
  if (c.train) check_loss(c, "/train", c.train->steps.loss);
  if (c.qat()) check_loss(c, "/quant", c.quant->steps.loss);
  check_data(c);
}

}  // namespace

std::string Config::where(const std::string& pointer) const {
  return config::where(file.string(), origins, pointer);
}

Config read_config(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  Config c;
  c.file = file;
  c.overrides = overrides;
  c.source = read_text(file);
  Origins origins;
  Json document = read_document(file, c.source, origins);
  apply_overrides(document, overrides, origins);
  c.origins = origins;
  Reader reader(document, file.string(), file.parent_path(), std::move(origins));
  describe(reader, c);
  reader.finish();
  check_together(c);
  return c;
}

}  // namespace octet::config
