#include "engine/starlark/resolver.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cow::starlark {

Resolver::Resolver(const Dialect& dialect, const Environment& environment, StaticErrors& errors)
    : dialect_(dialect), environment_(environment), errors_(errors) {}

Resolution Resolver::Resolve(std::vector<Stmt*>& file) {
  FunctionNode& toplevel = result_.toplevel;
  toplevel.name = Intern("<toplevel>");
  toplevel.begin = 0;
  toplevel.body = file;
  toplevel.result = nullptr;
  toplevel.is_lambda = false;
  GiveTables(toplevel);
  CollectToplevel(file);
  Block block{nullptr, &toplevel, {}};
  block_ = &block;
  VisitStatements(file);
  block_ = nullptr;
  return std::move(result_);
}

void Resolver::GiveTables(FunctionNode& function) {
  function.locals = &result_.local_tables.emplace_back();
  function.free = &result_.free_tables.emplace_back();
}

uint32_t Resolver::AddLocal(Block& block, const String* name) {
  auto [entry, inserted] =
      block.names.try_emplace(name, static_cast<uint32_t>(block.function->locals->size()));
  if (inserted) block.function->locals->push_back({name, false});
  return entry->second;
}

// All bindings of the file, before any use is looked at.
void Resolver::CollectToplevel(std::span<Stmt*> statements) {
  for (Stmt* statement : statements) {
    switch (statement->kind) {
      case StmtKind::kAssign:
        BindToplevelTargets(static_cast<AssignStmt*>(statement)->target);
        break;
      case StmtKind::kDef:
        BindToplevel(static_cast<DefStmt*>(statement)->name, Scope::kGlobal, result_.globals);
        break;
      case StmtKind::kLoad:
        for (LoadBinding& binding : static_cast<LoadStmt*>(statement)->bindings) {
          BindToplevel(binding.local, Scope::kLoaded, result_.loaded);
        }
        break;
      case StmtKind::kIf:
        for (IfBranch& branch : static_cast<IfStmt*>(statement)->branches) {
          CollectToplevel(branch.body);
        }
        break;
      case StmtKind::kFor: {
        auto* loop = static_cast<ForStmt*>(statement);
        BindToplevelTargets(loop->vars);
        CollectToplevel(loop->body);
        break;
      }
      case StmtKind::kExpr:
      case StmtKind::kReturn:
      case StmtKind::kBranch: break;
    }
  }
}

namespace {

bool IsIdentifier(std::string_view text) {
  for (char c : text) {
    const bool letter = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        static_cast<unsigned char>(c) >= 0x80;
    if (!letter && (c < '0' || c > '9')) return false;
  }
  return !text.empty() && (text[0] < '0' || text[0] > '9');
}

// The first line of the target of an assignment or a loop that begins at `begin`, for messages.
std::string_view TargetText(std::string_view source, size_t begin) {
  std::string_view text = source.substr(begin, source.find_first_of("\r\n", begin) - begin);
  int depth = 0;
  size_t end = 0;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (c == '"' || c == '\'') {
      end = std::min(text.find(c, end + 1), text.size() - 1);
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      if (--depth < 0) break;
    } else if (depth == 0 && c == '=' && text.substr(end, 2) == "==") {
      ++end;
    } else if (depth == 0 && (c == ',' || text.substr(end, 4) == " in " ||
                              (c == '=' && text.substr(0, end).find_last_of("!<>") != end - 1))) {
      break;
    }
  }
  text = text.substr(0, end);
  return text.substr(0, text.find_last_not_of(" \t+-*/%&|^<>") + 1);
}

std::string PreviousNote(const SourceFile& source, uint32_t begin) {
  const SourceFile::LineColumn at = source.At(begin);
  return absl::StrCat("previously declared at ", source.name(), ":", at.line, ":", at.column);
}

}  // namespace

void Resolver::BindToplevel(NameExpr* name, Scope scope, std::vector<const String*>& table) {
  auto [entry, inserted] = toplevel_names_.try_emplace(
      name->name, GlobalBinding{{scope, static_cast<uint32_t>(table.size())}, name->begin});
  if (inserted) table.push_back(name->name);
  if (!inserted && !dialect_.allow_rebinding) {
    errors_.Add(name->begin, absl::StrCat("'", name->name->view(), "' redeclared at top level"), {},
                {PreviousNote(errors_.source(), entry->second.begin)});
  }
}

void Resolver::BindToplevelTargets(Expr* target) {
  if (target->kind == ExprKind::kName) {
    BindToplevel(static_cast<NameExpr*>(target), Scope::kGlobal, result_.globals);
  } else if (target->kind == ExprKind::kTuple || target->kind == ExprKind::kList) {
    for (Expr* element : static_cast<SequenceExpr*>(target)->elements) {
      BindToplevelTargets(element);
    }
  }
}

void Resolver::CollectTargets(Expr* target, Block& block) {
  if (target->kind == ExprKind::kName) {
    AddLocal(block, static_cast<NameExpr*>(target)->name);
  } else if (target->kind == ExprKind::kTuple || target->kind == ExprKind::kList) {
    for (Expr* element : static_cast<SequenceExpr*>(target)->elements) {
      CollectTargets(element, block);
    }
  }
}

void Resolver::CollectLocals(std::span<Stmt*> statements, Block& block) {
  for (Stmt* statement : statements) {
    switch (statement->kind) {
      case StmtKind::kAssign:
        CollectTargets(static_cast<AssignStmt*>(statement)->target, block);
        break;
      case StmtKind::kDef: AddLocal(block, static_cast<DefStmt*>(statement)->name->name); break;
      case StmtKind::kIf:
        for (IfBranch& branch : static_cast<IfStmt*>(statement)->branches) {
          CollectLocals(branch.body, block);
        }
        break;
      case StmtKind::kFor:
        CollectTargets(static_cast<ForStmt*>(statement)->vars, block);
        CollectLocals(static_cast<ForStmt*>(statement)->body, block);
        break;
      case StmtKind::kLoad:
        for (LoadBinding& binding : static_cast<LoadStmt*>(statement)->bindings) {
          AddLocal(block, binding.local->name);  // misplaced; an error is given for it
        }
        break;
      case StmtKind::kExpr:
      case StmtKind::kReturn:
      case StmtKind::kBranch: break;
    }
  }
}

// Binds the names of an assignment's left side and visits its other parts.
void Resolver::BindTarget(Expr* target, bool augmented) {
  switch (target->kind) {
    case ExprKind::kName: Use(static_cast<NameExpr*>(target)); return;
    case ExprKind::kIndex:
    case ExprKind::kDot: VisitExpr(target); return;
    case ExprKind::kTuple:
    case ExprKind::kList:
      if (augmented) {
        Error(target->begin, "cannot perform augmented assignment on a list or tuple expression");
        return;
      }
      for (Expr* element : static_cast<SequenceExpr*>(target)->elements) BindTarget(element, false);
      return;
    default: {
      const std::string_view text = TargetText(errors_.source().text(), target->begin);
      VisitExpr(target);
      Error(target->begin, absl::StrCat("cannot assign to '", text, "'"));
    }
  }
}

void Resolver::VisitStatements(std::span<Stmt*> statements) {
  for (Stmt* statement : statements) VisitStatement(statement);
}

void Resolver::VisitStatement(Stmt* statement) {
  const bool toplevel = block_->function == &result_.toplevel;
  if (toplevel && statement->kind != StmtKind::kLoad) {
    const bool doc = statement->kind == StmtKind::kExpr &&
                     static_cast<ExprStmt*>(statement)->expr->kind == ExprKind::kLiteral;
    if (!doc) after_statement_ = true;
  }
  switch (statement->kind) {
    case StmtKind::kExpr: VisitExpr(static_cast<ExprStmt*>(statement)->expr); break;
    case StmtKind::kAssign: {
      auto* assign = static_cast<AssignStmt*>(statement);
      VisitExpr(assign->value);
      BindTarget(assign->target, assign->op != TokenKind::kEquals);
      break;
    }
    case StmtKind::kDef: {
      auto* def = static_cast<DefStmt*>(statement);
      if (dialect_.is_build_file) {
        Error(def->begin,
              "functions may not be defined in BUILD files; you may move the function to a .cow or "
              ".bzl file and load it");
      }
      def->function->is_global_def = toplevel && nested_blocks_ == 0;
      Use(def->name);
      VisitFunction(def->function);
      break;
    }
    case StmtKind::kIf: {
      auto* conditional = static_cast<IfStmt*>(statement);
      if (toplevel && !dialect_.allow_toplevel_control) {
        Error(
            statement->begin,
            "if statements are not allowed at the top level; you may move it inside a function or "
            "use an if expression (x if condition else y)");
      }
      ++nested_blocks_;
      for (IfBranch& branch : conditional->branches) {
        if (branch.condition != nullptr) VisitExpr(branch.condition);
        VisitStatements(branch.body);
      }
      --nested_blocks_;
      break;
    }
    case StmtKind::kFor: {
      auto* loop = static_cast<ForStmt*>(statement);
      if (toplevel && !dialect_.allow_toplevel_control) {
        Error(
            statement->begin,
            "for loops are not allowed at the top level; you may move it inside a function or use "
            "a comprehension, [f(x) for x in sequence]");
      }
      VisitExpr(loop->iterable);
      ++nested_blocks_;
      ++loops_;
      BindTarget(loop->vars, false);
      VisitStatements(loop->body);
      --loops_;
      --nested_blocks_;
      break;
    }
    case StmtKind::kReturn: {
      auto* result = static_cast<ReturnStmt*>(statement);
      if (toplevel) Error(statement->begin, "return statements must be inside a function");
      if (result->value != nullptr) VisitExpr(result->value);
      break;
    }
    case StmtKind::kBranch: {
      const TokenKind word = static_cast<BranchStmt*>(statement)->token;
      if (word != TokenKind::kPass && loops_ == 0) {
        Error(statement->begin,
              absl::StrCat(TokenName(word), " statement must be inside a for loop"));
      }
      break;
    }
    case StmtKind::kLoad: VisitLoad(static_cast<LoadStmt*>(statement)); break;
  }
}

void Resolver::VisitLoad(LoadStmt* load) {
  const bool toplevel = block_->function == &result_.toplevel;
  if (!toplevel || nested_blocks_ > 0) {
    Error(load->begin, "load statement not at top level");
    return;
  }
  if (after_statement_ && !dialect_.allow_late_load) {
    Error(load->begin, "load statements must appear before any other statement");
  }
  for (LoadBinding& binding : load->bindings) {
    if (binding.exported->view().starts_with('_')) {
      Error(binding.exported_begin,
            absl::StrCat("symbol '", binding.exported->view(),
                         "' is private and cannot be imported"));
    }
    if (!IsIdentifier(binding.exported->view())) {
      Error(binding.exported_begin, absl::StrCat("invalid identifier in load statement: '",
                                                 binding.exported->view(), "'"));
    }
  }
  for (LoadBinding& binding : load->bindings) Use(binding.local);
  load->index = static_cast<uint32_t>(result_.loads.size());
  result_.loads.push_back(load);
}

void Resolver::CheckParameters(const FunctionNode& function) {
  absl::flat_hash_map<const String*, bool> seen;
  bool optional = false;
  std::optional<uint32_t> bare_star;
  bool star = false;
  bool star_star = false;
  for (const Parameter& parameter : function.parameters) {
    if (parameter.name != nullptr && !seen.emplace(parameter.name->name, true).second) {
      Error(parameter.begin, absl::StrCat("duplicate parameter: ", parameter.name->name->view()));
    }
    if (star_star) {
      Error(parameter.begin,
            absl::StrCat(parameter.name != nullptr ? parameter.name->name->view() : "*",
                         " may not follow **kwargs"));
      continue;
    }
    switch (parameter.kind) {
      case ParamKind::kRequired:
        if (optional && !star) {
          Error(parameter.begin, absl::StrCat("required parameter ", parameter.name->name->view(),
                                              " may not follow an optional parameter"));
        }
        bare_star.reset();
        break;
      case ParamKind::kOptional:
        optional = true;
        bare_star.reset();
        break;
      case ParamKind::kStar:
      case ParamKind::kBareStar:
        if (star) Error(parameter.begin, "multiple * parameters not allowed");
        star = true;
        if (parameter.kind == ParamKind::kBareStar) bare_star = parameter.begin;
        break;
      case ParamKind::kStarStar: star_star = true; break;
    }
  }
  if (bare_star) Error(*bare_star, "bare * must be followed by keyword-only parameters");
}

void Resolver::VisitFunction(FunctionNode* function) {
  CheckParameters(*function);
  for (Parameter& parameter : function->parameters) {
    if (parameter.default_value != nullptr) VisitExpr(parameter.default_value);
  }
  GiveTables(*function);
  Block block{block_, function, {}};
  for (Parameter& parameter : function->parameters) {
    if (parameter.name == nullptr) continue;
    parameter.name->scope = Scope::kLocal;
    parameter.name->index = AddLocal(block, parameter.name->name);
  }
  CollectLocals(function->body, block);
  const int outer_loops = std::exchange(loops_, 0);
  const int outer_blocks = std::exchange(nested_blocks_, 0);
  block_ = &block;
  if (function->is_lambda) {
    VisitExpr(function->result);
  } else {
    VisitStatements(function->body);
  }
  block_ = block.parent;
  loops_ = outer_loops;
  nested_blocks_ = outer_blocks;
}

}  // namespace cow::starlark
