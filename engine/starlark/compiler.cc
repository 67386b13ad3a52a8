#include "engine/starlark/compiler.h"

#include <algorithm>
#include <utility>

namespace cow::starlark {

void CompileFile(const Resolution& resolution, Program::Body& body, StaticErrors& errors) {
  body.globals = resolution.globals;
  body.loaded = resolution.loaded;
  body.predeclared = resolution.predeclared;
  for (const LoadStmt* load : resolution.loads) {
    auto& bindings = body.load_bindings.emplace_back();
    for (const LoadBinding& binding : load->bindings) {
      bindings.push_back({binding.local->scope == Scope::kGlobal, binding.local->index,
                          binding.exported});
    }
  }
  body.toplevel = FunctionCompiler(resolution.toplevel, resolution, body, errors).Compile();
}

FunctionCompiler::FunctionCompiler(const FunctionNode& node, const Resolution& resolution,
                                   Program::Body& body, StaticErrors& errors)
    : node_(node),
      resolution_(resolution),
      body_(body),
      errors_(errors),
      owned_(std::make_unique<Code>()),
      code_(owned_.get()),
      local_count_(static_cast<int>(node.locals->size())),
      next_register_(local_count_),
      assigned_(node.locals->size(), false) {
  code_->registers = static_cast<uint32_t>(local_count_);
}

const Code* FunctionCompiler::Compile() {
  code_->body = &body_;
  code_->name = node_.name;
  code_->begin = node_.begin;
  code_->is_global_def = node_.is_global_def;
  code_->is_toplevel = &node_ == &resolution_.toplevel;
  for (const LocalVariable& local : *node_.locals) code_->locals.push_back(local.name);
  for (const FreeVariable& free : *node_.free) {
    code_->free.push_back(free.name);
    code_->captured.push_back({free.from_local, free.index});
  }
  if (local_count_ > kMaxRegisters) too_large_ = true;
  DescribeParameters();
  CompileBody();
  MakeJumpsRelative();
  if (too_large_) errors_.Add(node_.begin, "function is too large");
  body_.functions.push_back(std::move(owned_));
  return code_;
}

void FunctionCompiler::DescribeParameters() {
  bool star = false;
  for (const Parameter& parameter : node_.parameters) {
    switch (parameter.kind) {
      case ParamKind::kRequired:
      case ParamKind::kOptional:
        ++(star ? code_->keyword_only : code_->positional);
        break;
      case ParamKind::kStar:
        code_->rest = true;
        star = true;
        break;
      case ParamKind::kBareStar: star = true; continue;
      case ParamKind::kStarStar: code_->named_rest = true; break;
    }
    assigned_[parameter.name->index] = true;
    code_->parameters.push_back(parameter.name->name);
    const bool has_default = parameter.default_value != nullptr;
    code_->defaults.push_back(has_default ? static_cast<int>(code_->default_count++) : -1);
  }
}

void FunctionCompiler::CompileBody() {
  for (int local = 0; local < local_count_; ++local) {
    if (IsCaptured(static_cast<uint32_t>(local))) {
      code_->cells.push_back(static_cast<uint32_t>(local));
      Emit(Op::kMakeCell, local, 0, 0, node_.begin);
    }
  }
  code_->simple = code_->keyword_only == 0 && !code_->rest && !code_->named_rest;
  if (node_.is_lambda) {
    Temporaries temporaries(*this);
    Emit(Op::kReturn, Operand(*node_.result), 0, 0, node_.result->begin);
    return;
  }
  if (!node_.body.empty() && node_.body[0]->kind == StmtKind::kExpr) {
    const Expr* first = static_cast<const ExprStmt*>(node_.body[0])->expr;
    if (first->kind == ExprKind::kLiteral) {
      code_->doc = static_cast<const LiteralExpr*>(first)->value.As<String>();
    }
  }
  Statements(node_.body);
  Emit(Op::kReturnNone, 0, 0, 0, node_.begin);
}

int FunctionCompiler::Temporary(int count) {
  const int first = next_register_;
  next_register_ += count;
  if (next_register_ > kMaxRegisters) {
    too_large_ = true;
    next_register_ = local_count_ + count;
    return std::min(local_count_, kMaxRegisters);
  }
  code_->registers = std::max(code_->registers, static_cast<uint32_t>(next_register_));
  return first;
}

size_t FunctionCompiler::Emit(Op op, int a, int b, int c, uint32_t offset) {
  if (a > 0xffff || b > 0xffff || c > 0xffff) too_large_ = true;
  code_->code.push_back({op, static_cast<uint16_t>(a), static_cast<uint16_t>(b),
                         static_cast<uint16_t>(c)});
  code_->offsets.push_back(offset);
  return Here() - 1;
}

size_t FunctionCompiler::EmitD(Op op, int a, int32_t d, uint32_t offset) {
  const size_t at = Emit(op, a, 0, 0, offset);
  code_->code[at].set_d(d);
  return at;
}

void FunctionCompiler::EmitJump(Label& label, uint32_t offset) {
  label.jumps.push_back(EmitD(Op::kJump, 0, 0, offset));
}

void FunctionCompiler::EmitJumpIf(Op op, int reg, Label& label, uint32_t offset) {
  label.jumps.push_back(EmitD(op, reg, 0, offset));
}

void FunctionCompiler::Bind(Label& label) {
  for (size_t jump : label.jumps) code_->code[jump].set_d(static_cast<int32_t>(Here()));
  label.jumps.clear();
}

void FunctionCompiler::MakeJumpsRelative() {
  for (size_t i = 0; i < code_->code.size(); ++i) {
    Instruction& in = code_->code[i];
    if (in.op == Op::kJump || in.op == Op::kJumpIfFalse || in.op == Op::kJumpIfTrue) {
      in.set_d(in.d() - static_cast<int32_t>(i) - 1);
    }
  }
}

int FunctionCompiler::Constant(Value value) {
  auto [entry, inserted] =
      constant_index_.try_emplace(value.bits(), static_cast<int>(code_->constants.size()));
  if (inserted) code_->constants.push_back(value);
  return entry->second;
}

int FunctionCompiler::NameIndex(const String* name) {
  auto [entry, inserted] =
      name_index_.try_emplace(name, static_cast<int>(code_->names.size()));
  if (inserted) code_->names.push_back(name);
  return entry->second;
}

}  // namespace cow::starlark
