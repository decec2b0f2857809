#include "deploy/rules/rules.h"

namespace octet::deploy {

std::string finding_text(const Finding& finding) {
  std::string text = finding.text;
  if (!finding.fix.empty()) text += "; fix: " + finding.fix;
  if (!finding.rule.empty()) text += " (rule " + std::string(finding.rule) + ")";
  return text;
}

}  // namespace octet::deploy
