// Methods of strings, in two files.
#pragma once

#include <string_view>

#include "engine/starlark/arguments.h"

namespace cow::starlark::string_methods {

using Result = absl::StatusOr<Value>;

inline std::string_view Self(const Arguments& args) { return args.Receiver<String>()->view(); }

// string_search.cc: looking for parts, taking apart, putting together
Result Count(Thread& thread, const Arguments& args);
Result EndsWith(Thread& thread, const Arguments& args);
Result Find(Thread& thread, const Arguments& args);
Result IndexOf(Thread& thread, const Arguments& args);
Result Join(Thread& thread, const Arguments& args);
Result Partition(Thread& thread, const Arguments& args);
Result Replace(Thread& thread, const Arguments& args);
Result RFind(Thread& thread, const Arguments& args);
Result RIndex(Thread& thread, const Arguments& args);
Result RPartition(Thread& thread, const Arguments& args);
Result RSplit(Thread& thread, const Arguments& args);
Result Split(Thread& thread, const Arguments& args);
Result SplitLines(Thread& thread, const Arguments& args);
Result StartsWith(Thread& thread, const Arguments& args);

// string_format.cc
Result Format(Thread& thread, const Arguments& args);

}  // namespace cow::starlark::string_methods
