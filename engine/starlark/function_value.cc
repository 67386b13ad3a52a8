#include "engine/starlark/function_value.h"

#include "engine/starlark/bytecode.h"

namespace cow::starlark {

std::string_view Function::name() const { return code_->name->view(); }

bool Function::IsGlobalDef() const { return code_->is_global_def; }

bool Function::IsClosure() const { return !code_->captured.empty(); }

Location Function::location() const {
  const SourceFile& source = *code_->body->source;
  const SourceFile::LineColumn at = source.At(code_->begin);
  return {source.name(), at.line, at.column};
}

std::vector<std::string_view> Function::ParameterNames() const {
  std::vector<std::string_view> names;
  for (const String* name : code_->parameters) names.push_back(name->view());
  return names;
}

bool Function::HasRestPositional() const { return code_->rest; }

bool Function::HasRestNamed() const { return code_->named_rest; }

std::string_view Function::doc() const {
  return code_->doc == nullptr ? std::string_view() : code_->doc->view();
}

}  // namespace cow::starlark
