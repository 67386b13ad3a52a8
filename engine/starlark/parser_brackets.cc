// Everything in brackets: calls, parameters, indices, lists, dicts.
#include "absl/strings/str_cat.h"
#include "engine/starlark/parser.h"
#include "engine/starlark/parser_nodes.h"

namespace cow::starlark {

Expr* Parser::ParseCall(Expr* function) {
  auto* call = New<CallExpr>(ExprKind::kCall, function->begin, Take().begin);
  call->function = function;
  std::vector<Argument> arguments;
  while (kind() != TokenKind::kRparen && !failed_) {
    if (!ParseArgument(arguments)) break;
    if (kind() != TokenKind::kRparen && !Expect(TokenKind::kComma)) break;
  }
  Expect(TokenKind::kRparen);
  call->arguments = Copy(arguments);
  for (const Argument& argument : arguments) Over(call, {argument.value});
  return Over(call, {function});
}

bool Parser::ParseArgument(std::vector<Argument>& out) {
  Argument argument{};
  argument.begin = token().begin;
  if (Accept(TokenKind::kStar)) {
    argument.kind = ArgKind::kStar;
  } else if (Accept(TokenKind::kStarStar)) {
    argument.kind = ArgKind::kStarStar;
  } else if (kind() == TokenKind::kName && Next().kind == TokenKind::kEquals) {
    argument.kind = ArgKind::kNamed;
    argument.name = Take().value.As<String>();
    Take();
  }
  argument.value = ParseTest();
  out.push_back(argument);
  return !failed_;
}

std::vector<Parameter> Parser::ParseParameters(TokenKind close) {
  std::vector<Parameter> parameters;
  while (kind() != close && !failed_) {
    if (!ParseParameter(parameters)) break;
    if (kind() != close && !Expect(TokenKind::kComma)) break;
  }
  return parameters;
}

bool Parser::ParseParameter(std::vector<Parameter>& out) {
  Parameter parameter{};
  parameter.begin = token().begin;
  parameter.kind = ParamKind::kRequired;
  if (Accept(TokenKind::kStar)) {
    parameter.kind = ParamKind::kStar;
    if (kind() != TokenKind::kName) {
      parameter.kind = ParamKind::kBareStar;
      out.push_back(parameter);
      return true;
    }
  } else if (Accept(TokenKind::kStarStar)) {
    parameter.kind = ParamKind::kStarStar;
  }
  const Token name = token();
  if (!Expect(TokenKind::kName)) return false;
  parameter.name = New<NameExpr>(ExprKind::kName, name.begin, name.begin);
  parameter.name->name = name.value.As<String>();
  if (parameter.kind == ParamKind::kRequired && Accept(TokenKind::kEquals)) {
    parameter.kind = ParamKind::kOptional;
    parameter.default_value = ParseTest();
  }
  out.push_back(parameter);
  return !failed_;
}

Expr* Parser::ParseIndexOrSlice(Expr* object) {
  const uint32_t bracket = Take().begin;
  Expr* from = nullptr;
  if (kind() != TokenKind::kColon) {
    from = ParseExpression();
    if (kind() == TokenKind::kRbracket || failed_) {
      Expect(TokenKind::kRbracket);
      auto* index = New<IndexExpr>(ExprKind::kIndex, object->begin, bracket);
      index->object = object;
      index->index = from;
      return Over(index, {object, from});
    }
  }
  auto* slice = New<SliceExpr>(ExprKind::kSlice, object->begin, bracket);
  slice->object = object;
  slice->from = from;
  if (!Expect(TokenKind::kColon)) return ErrorExpr();
  if (kind() != TokenKind::kColon && kind() != TokenKind::kRbracket) slice->to = ParseTest();
  if (Accept(TokenKind::kColon) && kind() != TokenKind::kRbracket) slice->step = ParseTest();
  Expect(TokenKind::kRbracket);
  return Over(slice, {object, from, slice->to, slice->step});
}

Expr* Parser::ParseListOrComprehension() {
  const uint32_t begin = Take().begin;
  std::vector<Expr*> elements;
  if (kind() != TokenKind::kRbracket) {
    elements.push_back(ParseTest());
    if (kind() == TokenKind::kFor) {
      return ParseComprehensionRest(begin, false, elements[0], nullptr, 0, TokenKind::kRbracket);
    }
    while (!failed_ && Accept(TokenKind::kComma) && kind() != TokenKind::kRbracket) {
      elements.push_back(ParseTest());
    }
  }
  Expect(TokenKind::kRbracket);
  auto* list = New<SequenceExpr>(ExprKind::kList, begin, begin);
  list->elements = Copy(elements);
  Expr* result = list;
  for (Expr* element : elements) result = Over(result, {element});
  return result;
}

Expr* Parser::ParseDictOrComprehension() {
  const uint32_t begin = Take().begin;
  std::vector<DictEntry> entries;
  while (kind() != TokenKind::kRbrace && !failed_) {
    DictEntry entry{};
    entry.key = ParseTest();
    if (!Expect(TokenKind::kColon, &entry.colon)) break;
    entry.value = ParseTest();
    entries.push_back(entry);
    if (entries.size() == 1 && kind() == TokenKind::kFor) {
      return ParseComprehensionRest(begin, true, entry.key, entry.value, entry.colon,
                                    TokenKind::kRbrace);
    }
    if (kind() != TokenKind::kRbrace && !Expect(TokenKind::kComma)) break;
  }
  Expect(TokenKind::kRbrace);
  auto* dict = New<DictExpr>(ExprKind::kDict, begin, begin);
  dict->entries = Copy(entries);
  Expr* result = dict;
  for (const DictEntry& entry : entries) result = Over(result, {entry.key, entry.value});
  return result;
}

}  // namespace cow::starlark
