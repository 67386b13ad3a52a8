#include "engine/starlark/program.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/bytecode.h"
#include "engine/starlark/compiler.h"
#include "engine/starlark/interactive_program.h"
#include "engine/starlark/parser.h"
#include "engine/starlark/resolver.h"
#include "engine/starlark/scanner.h"

namespace cow::starlark {

namespace {

// One status whose message is all of the diagnostics.
absl::Status Joined(const std::vector<Diagnostic>& errors) {
  std::string text;
  for (const Diagnostic& error : errors) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", error.Render());
  }
  return MarkDiagnostic(absl::InvalidArgumentError(text));
}

// `expr` as a statement becomes `_ = expr`.
void KeepLastValue(std::vector<Stmt*>& file, Heap& nodes) {
  if (file.empty() || file.back()->kind != StmtKind::kExpr) return;
  auto* statement = static_cast<ExprStmt*>(file.back());
  auto* name = new (nodes.Allocate(sizeof(NameExpr))) NameExpr();
  name->kind = ExprKind::kName;
  name->begin = name->at = statement->begin;
  name->name = Intern("_");
  auto* assign = new (nodes.Allocate(sizeof(AssignStmt))) AssignStmt();
  assign->kind = StmtKind::kAssign;
  assign->begin = assign->at = statement->begin;
  assign->op = TokenKind::kEquals;
  assign->target = name;
  assign->value = statement->expr;
  file.back() = assign;
}

Location PlaceOf(const SourceFile& source, uint32_t offset) {
  const SourceFile::LineColumn at = source.At(offset);
  return {source.name(), at.line, at.column};
}

std::vector<LoadStatement> DescribeLoads(const SourceFile& source,
                                         const std::vector<LoadStmt*>& loads) {
  std::vector<LoadStatement> result;
  for (const LoadStmt* load : loads) {
    LoadStatement& described = result.emplace_back();
    described.module = load->module->str();
    described.location = PlaceOf(source, load->module_begin);
    for (const LoadBinding& binding : load->bindings) {
      described.bindings.push_back({binding.local->name->str(), binding.exported->str(),
                                    PlaceOf(source, binding.exported_begin)});
    }
  }
  return result;
}

absl::StatusOr<std::shared_ptr<const Program>> CompileSource(
    std::shared_ptr<const SourceFile> source, const Dialect& dialect,
    const Environment& environment, bool keep_last_value,
    std::vector<Diagnostic>& diagnostics) {
  StaticErrors errors(*source);
  if (source->text().size() > std::numeric_limits<int32_t>::max()) {
    errors.Add(0, "file is too large");
    diagnostics = errors.Take();
    return Joined(diagnostics);
  }
  auto failed = [&] {
    diagnostics = errors.Take();
    return Joined(diagnostics);
  };
  auto constants = std::make_unique<Heap>();
  Heap nodes;
  std::vector<Token> tokens = Scanner(source->text(), *constants, errors).Scan();
  std::vector<Stmt*> file = Parser(std::move(tokens), nodes, errors).ParseFile();
  if (!errors.empty()) return failed();
  if (keep_last_value) KeepLastValue(file, nodes);
  Resolution resolution = Resolver(dialect, environment, errors).Resolve(file);
  if (!errors.empty()) return failed();
  auto body = std::make_unique<Program::Body>();
  body->source = source;
  body->constants = Heap::Freeze(std::move(constants));
  CompileFile(resolution, *body, errors);
  if (!errors.empty()) return failed();
  std::vector<LoadStatement> loads = DescribeLoads(*source, resolution.loads);
  return std::make_shared<const Program>(std::move(source), std::move(loads), std::move(body));
}

}  // namespace

Program::Program(std::shared_ptr<const SourceFile> source, std::vector<LoadStatement> loads,
                 std::unique_ptr<const Body> body)
    : source_(std::move(source)), loads_(std::move(loads)), body_(std::move(body)) {}

Program::~Program() = default;

std::string_view Program::doc() const {
  return body_->toplevel->doc == nullptr ? std::string_view() : body_->toplevel->doc->view();
}

absl::StatusOr<std::shared_ptr<const Program>> Program::Compile(
    std::shared_ptr<const SourceFile> source, const Dialect& dialect,
    const Environment& environment) {
  std::vector<Diagnostic> errors;
  return Compile(std::move(source), dialect, environment, errors);
}

absl::StatusOr<std::shared_ptr<const Program>> Program::Compile(
    std::shared_ptr<const SourceFile> source, const Dialect& dialect,
    const Environment& environment, std::vector<Diagnostic>& errors) {
  return CompileSource(std::move(source), dialect, environment, false, errors);
}

absl::StatusOr<std::shared_ptr<const Program>> CompilePiece(
    std::shared_ptr<const SourceFile> source, const Environment& environment) {
  const Dialect dialect{
      .allow_toplevel_control = true, .allow_late_load = true, .allow_rebinding = true};
  std::vector<Diagnostic> errors;
  return CompileSource(std::move(source), dialect, environment, true, errors);
}

}  // namespace cow::starlark
