// Collects the static errors of one file, in the order of their places.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"

namespace cow::starlark {

class StaticErrors {
 public:
  // Later ones are only counted.
  static constexpr size_t kMaxErrors = 100;

  explicit StaticErrors(const SourceFile& source) : source_(source) {}

  void Add(size_t offset, std::string_view message, std::string_view suggestion = {},
           std::vector<std::string> notes = {});
  bool empty() const { return entries_.empty(); }
  bool full() const { return entries_.size() >= kMaxErrors; }
  const SourceFile& source() const { return source_; }
  // Sorted by place; messages repeated at one place appear once. If some were left out, the last one
  // says how many.
  std::vector<Diagnostic> Take();

 private:
  struct Entry {
    size_t offset;
    Diagnostic diagnostic;
  };
  static constexpr size_t kLongestExcerpt = 2000;

  const SourceFile& source_;
  std::vector<Entry> entries_;
  size_t left_out_ = 0;
};

}  // namespace cow::starlark
