// Resolver: expressions, and which variable a name means.
#include "absl/strings/str_cat.h"
#include "engine/base/edit_distance.h"
#include "engine/starlark/resolver.h"

namespace cow::starlark {

std::optional<Resolver::Binding> Resolver::FindLocal(Block* block, FunctionNode* function,
                                                     const String* name) {
  for (; block != nullptr && block->function == function; block = block->parent) {
    auto found = block->names.find(name);
    if (found != block->names.end()) return Binding{Scope::kLocal, found->second};
  }
  if (block == nullptr) return std::nullopt;
  std::optional<Binding> outer = FindLocal(block, block->function, name);
  if (!outer) return std::nullopt;
  const bool from_local = outer->scope == Scope::kLocal;
  if (from_local) (*block->function->locals)[outer->index].captured = true;
  std::vector<FreeVariable>& free = *function->free;
  for (uint32_t i = 0; i < free.size(); ++i) {
    if (free[i].from_local == from_local && free[i].index == outer->index) {
      return Binding{Scope::kFree, i};
    }
  }
  free.push_back({name, from_local, outer->index});
  return Binding{Scope::kFree, static_cast<uint32_t>(free.size() - 1)};
}

Resolver::Binding Resolver::FindOuter(const String* name) {
  auto toplevel = toplevel_names_.find(name);
  if (toplevel != toplevel_names_.end()) return toplevel->second.binding;
  auto [entry, inserted] = outer_names_.try_emplace(name);
  if (!inserted) return entry->second;
  auto bind = [&, &binding = entry->second](Scope scope, std::vector<const String*>& table) {
    binding = {scope, static_cast<uint32_t>(table.size())};
    table.push_back(name);
  };
  if (environment_.Contains(name->view())) {
    bind(Scope::kPredeclared, result_.predeclared);
  } else if (Universe().Contains(name->view())) {
    bind(Scope::kUniversal, result_.universal);
  }
  return entry->second;
}

void Resolver::Use(NameExpr* name) {
  std::optional<Binding> local = FindLocal(block_, block_->function, name->name);
  const Binding binding = local ? *local : FindOuter(name->name);
  name->scope = binding.scope;
  name->index = binding.index;
  if (binding.scope == Scope::kUnresolved) Undefined(*name);
}

void Resolver::Undefined(const NameExpr& name) {
  const std::string message = absl::StrCat("name '", name.name->view(), "' is not defined");
  if (errors_.full()) {  // only counted: no need to look for what was meant
    errors_.Add(name.begin, message);
    return;
  }
  std::vector<std::string> candidates;
  for (Block* block = block_; block != nullptr; block = block->parent) {
    for (const LocalVariable& local : *block->function->locals) {
      if (block->names.contains(local.name)) candidates.push_back(local.name->str());
    }
  }
  constexpr size_t kMostGlobals = 5000;
  for (const String* global : result_.globals) {
    if (candidates.size() < kMostGlobals) candidates.push_back(global->str());
  }
  for (const String* loaded : result_.loaded) {
    if (candidates.size() < kMostGlobals) candidates.push_back(loaded->str());
  }
  for (const std::string& known : environment_.names()) candidates.push_back(known);
  for (const std::string& known : Universe().names()) candidates.push_back(known);
  errors_.Add(name.begin, message,
              ClosestMatch(name.name->view(), candidates));
}

void Resolver::VisitExpr(Expr* expr) {
  switch (expr->kind) {
    case ExprKind::kName: Use(static_cast<NameExpr*>(expr)); break;
    case ExprKind::kLiteral:
    case ExprKind::kError: break;
    case ExprKind::kList:
    case ExprKind::kTuple:
      for (Expr* element : static_cast<SequenceExpr*>(expr)->elements) VisitExpr(element);
      break;
    case ExprKind::kDict:
      for (DictEntry& entry : static_cast<DictExpr*>(expr)->entries) {
        VisitExpr(entry.key);
        VisitExpr(entry.value);
      }
      break;
    case ExprKind::kUnary: VisitExpr(static_cast<UnaryExpr*>(expr)->operand); break;
    case ExprKind::kBinary: VisitBinaryChain(static_cast<BinaryExpr*>(expr)); break;
    case ExprKind::kCond: {
      auto* cond = static_cast<CondExpr*>(expr);
      VisitExpr(cond->condition);
      VisitExpr(cond->if_true);
      VisitExpr(cond->if_false);
      break;
    }
    case ExprKind::kCall: VisitCall(static_cast<CallExpr*>(expr)); break;
    case ExprKind::kIndex:
      VisitExpr(static_cast<IndexExpr*>(expr)->object);
      VisitExpr(static_cast<IndexExpr*>(expr)->index);
      break;
    case ExprKind::kSlice: {
      auto* slice = static_cast<SliceExpr*>(expr);
      for (Expr* part : {slice->object, slice->from, slice->to, slice->step}) {
        if (part != nullptr) VisitExpr(part);
      }
      break;
    }
    case ExprKind::kDot: VisitExpr(static_cast<DotExpr*>(expr)->object); break;
    case ExprKind::kLambda:
      if (dialect_.is_build_file) {
        Error(expr->begin,
              "functions may not be defined in BUILD files; you may move the function to a .cow or "
              ".bzl file and load it");
      }
      VisitFunction(static_cast<LambdaExpr*>(expr)->function);
      break;
    case ExprKind::kComprehension:
      VisitComprehension(static_cast<ComprehensionExpr*>(expr));
      break;
  }
}

// a + b + c + ...: leans to the left, as deep as the chain is long.
void Resolver::VisitBinaryChain(BinaryExpr* expr) {
  std::vector<BinaryExpr*> chain;
  Expr* left = expr;
  while (left->kind == ExprKind::kBinary) {
    chain.push_back(static_cast<BinaryExpr*>(left));
    left = chain.back()->left;
  }
  VisitExpr(left);
  for (size_t i = chain.size(); i-- > 0;) VisitExpr(chain[i]->right);
}

void Resolver::VisitCall(CallExpr* call) {
  VisitExpr(call->function);
  bool named = false;
  bool star = false;
  bool star_star = false;
  absl::flat_hash_map<const String*, bool> names;
  for (Argument& argument : call->arguments) {
    switch (argument.kind) {
      case ArgKind::kPositional:
        if (star_star) {
          Error(argument.begin, "positional argument may not follow **kwargs");
        } else if (star) {
          Error(argument.begin, "positional argument may not follow *args");
        } else if (named) {
          Error(argument.begin, "positional argument may not follow keyword argument");
        }
        break;
      case ArgKind::kNamed:
        named = true;
        if (star_star) {
          Error(argument.begin, absl::StrCat("keyword argument ", argument.name->view(),
                                             " may not follow **kwargs"));
        } else if (star) {
          Error(argument.begin, absl::StrCat("keyword argument ", argument.name->view(),
                                             " may not follow *args"));
        }
        if (!names.emplace(argument.name, true).second) {
          Error(argument.begin,
                absl::StrCat("duplicate keyword argument: ", argument.name->view()));
        }
        break;
      case ArgKind::kStar:
        if (dialect_.is_build_file) {
          Error(
              argument.begin,
              "*args arguments are not allowed in BUILD files; pass the arguments in explicitly");
        }
        if (star_star) {
          Error(argument.begin, "*args may not follow **kwargs");
        } else if (star) {
          Error(argument.begin, "multiple *args not allowed");
        }
        star = true;
        break;
      case ArgKind::kStarStar:
        if (dialect_.is_build_file) {
          Error(argument.begin,
                "**kwargs arguments are not allowed in BUILD files; pass the arguments in "
                "explicitly");
        }
        if (star_star) Error(argument.begin, "multiple **kwargs not allowed");
        star_star = true;
        break;
    }
    VisitExpr(argument.value);
  }
}

// The first iterable belongs to the enclosing block; all that follows sees the new variables.
void Resolver::VisitComprehension(ComprehensionExpr* comprehension) {
  VisitExpr(comprehension->clauses[0].expr);
  Block block{block_, block_->function, {}};
  for (Clause& clause : comprehension->clauses) {
    if (!clause.is_for) continue;
    // A block's names are new variables, even where an enclosing one has the same.
    CollectTargets(clause.vars, block);
  }
  block_ = &block;
  for (size_t i = 0; i < comprehension->clauses.size(); ++i) {
    Clause& clause = comprehension->clauses[i];
    if (i > 0) VisitExpr(clause.expr);
    if (clause.is_for) BindTarget(clause.vars, false);
  }
  VisitExpr(comprehension->body);
  if (comprehension->value != nullptr) VisitExpr(comprehension->value);
  block_ = block.parent;
}

}  // namespace cow::starlark
