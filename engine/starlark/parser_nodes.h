// Node-making templates of Parser, shared by its source files.
#pragma once

#include <algorithm>
#include <new>
#include <span>
#include <vector>

#include "engine/starlark/parser.h"

namespace cow::starlark {

template <typename T>
T* Parser::New(ExprKind node_kind, uint32_t begin, uint32_t at) {
  T* node = new (nodes_.Allocate(sizeof(T))) T();
  node->kind = node_kind;
  node->begin = begin;
  node->at = at;
  return node;
}

template <typename T>
T* Parser::NewStmt(StmtKind node_kind, uint32_t begin) {
  T* node = new (nodes_.Allocate(sizeof(T))) T();
  node->kind = node_kind;
  node->begin = begin;
  return node;
}

template <typename T>
std::span<T> Parser::Copy(const std::vector<T>& items) {
  T* copy = static_cast<T*>(nodes_.Allocate(items.size() * sizeof(T)));
  std::copy(items.begin(), items.end(), copy);
  return {copy, items.size()};
}

}  // namespace cow::starlark
