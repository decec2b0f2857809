// How much work a command is about to do, said before it begins.
#pragma once

#include <string>

#include "int8/engine/model.h"

namespace octet::app {

/// Operations (int8::Model::work) that every model may take: some seconds on one core, a minute or
/// two where all of them are a pool's. The signatures of ResNet-50 and all smaller networks are
/// below.
inline constexpr double much_work = 0x1p36;

bool is_much(const int8::Model& model, double samples);
/// "16 samples of 68,719,476,736 operations each".
std::string work_text(const int8::Model& model, double samples);
/// A line on the standard error if it is much: "octet <command>: <path>: about ...".
void announce_work(const std::string& command, const std::string& path, const int8::Model& model,
                   double samples);

}  // namespace octet::app
