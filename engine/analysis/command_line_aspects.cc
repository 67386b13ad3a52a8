#include "engine/analysis/command_line_aspects.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "engine/analysis/user_error.h"
#include "engine/base/diagnostic.h"
#include "engine/base/status.h"
#include "engine/loading/module_loader.h"
#include "engine/loading/workspace.h"
#include "engine/starlark/heap.h"

namespace cow::analysis {

using starlark::Value;

namespace {

absl::StatusOr<Value> LoadAspect(const std::string& text, loading::PackageLoader& loader) {
  size_t percent = text.rfind('%');
  if (percent == std::string::npos) {
    return UserError("--aspects: '", text, "' is not of the form //pkg:file.bzl%name");
  }
  std::string name = text.substr(percent + 1);
  COW_ASSIGN_OR_RETURN(Label file, loader.workspace().ParseLabel(text.substr(0, percent), PackageId()));
  absl::StatusOr<loading::LoadedModulePtr> module = loader.workspace().modules().Load(file);
  if (!module.ok()) {
    return IsDiagnostic(module.status()) ? module.status() : UserError("--aspects: ", module.status().message());
  }
  Value found = (*module)->module->Find(name);
  if (found.As<loading::AspectClass>() != nullptr) return found;
  return UserError("--aspects: '", name, "' is not an aspect of file '", file.ToString(), "'");
}

// The text as a value of the parameter's type; None if the command line says nothing.
Value ParameterText(const AnalysisRequest& request, const loading::AspectClass& aspect, std::string_view name,
                    starlark::Heap& heap) {
  auto given = request.aspect_parameters.find(std::string(name));
  if (given == request.aspect_parameters.end()) return Value();
  for (const loading::Attribute& attribute : aspect.definition().attributes) {
    if (attribute.name != name) continue;
    int64_t number = 0;
    bool flag = false;
    if (attribute.type == loading::AttributeType::kInt && absl::SimpleAtoi(given->second, &number)) {
      return heap.NewInt(number);
    }
    if (attribute.type == loading::AttributeType::kBool && absl::SimpleAtob(given->second, &flag)) {
      return Value::Bool(flag);
    }
  }
  return heap.NewString(given->second);
}

}  // namespace

absl::StatusOr<std::vector<AspectUse>> LoadCommandLineAspects(const AnalysisRequest& request,
                                                              loading::PackageLoader& loader) {
  std::vector<Value> aspects;
  for (const std::string& text : request.aspects) {
    COW_ASSIGN_OR_RETURN(Value aspect, LoadAspect(text, loader));
    aspects.push_back(aspect);
  }
  starlark::Heap scratch;
  auto lookup = [&](std::string_view name) {
    for (Value aspect : aspects) {
      Value value = ParameterText(request, *aspect.As<loading::AspectClass>(), name, scratch);
      if (!value.IsUnset()) return value;
    }
    return Value();
  };
  return MakeAspectUses(aspects, lookup);
}

}  // namespace cow::analysis
