// Collects the static errors of one file, in the order of their places.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"

namespace cow::starlark {

class StaticErrors {
 public:
  explicit StaticErrors(const SourceFile& source) : source_(source) {}

  void Add(size_t offset, std::string_view message, std::string_view suggestion = {},
           std::vector<std::string> notes = {});
  bool empty() const { return entries_.empty(); }
  const SourceFile& source() const { return source_; }
  // Sorted by place; messages repeated at one place appear once.
  std::vector<Diagnostic> Take();

 private:
  struct Entry {
    size_t offset;
    Diagnostic diagnostic;
  };
  const SourceFile& source_;
  std::vector<Entry> entries_;
};

}  // namespace cow::starlark
