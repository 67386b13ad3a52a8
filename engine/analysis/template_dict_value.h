// TemplateDict: ctx.actions.template_dict(): substitutions whose values are computed only if the file is wanted.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/analysis/args_value.h"
#include "engine/starlark/host_object.h"

namespace cow::analysis {

class TemplateDictValue final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"TemplateDict"};
  TemplateDictValue() : HostObject(kType) {}

  // Keys with what stands for them: a value as it is, or the parameters of add_joined.
  const std::vector<std::pair<std::string, ArgsItem>>& entries() const { return entries_; }
  std::vector<std::pair<std::string, ArgsItem>>& entries() { return entries_; }

  const starlark::MethodTable* Methods() const override;

 private:
  std::vector<std::pair<std::string, ArgsItem>> entries_;
};

}  // namespace cow::analysis
