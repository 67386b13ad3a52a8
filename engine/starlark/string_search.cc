// Methods of strings that look for parts, take apart or put together.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operators.h"
#include "engine/starlark/metered_text.h"
#include "engine/starlark/string_methods.h"
#include "engine/starlark/text_search.h"

namespace cow::starlark::string_methods {

namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr int64_t kMaxText = int64_t{1} << 30;

bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

// The part of the string between the optional start and end that many methods take.
struct Part {
  std::string_view text;
  int64_t offset = 0;
  bool empty_range = false;  // start lies behind end: not even "" is found there
};

absl::StatusOr<int64_t> Bound(const Arguments& args, Value bound, std::string_view name,
                              int64_t size, int64_t absent) {
  if (!bound.IsUnset() && !bound.IsNone() && !IsInt(bound)) {
    return absl::InvalidArgumentError(
        absl::StrCat("in call to ", args.function_name(), "(), parameter '", name,
                     "' got value of type '", TypeName(bound), "', want 'int or NoneType'"));
  }
  return ClampedIndex(bound, size, absent, name);
}

absl::StatusOr<Part> PartOf(const Arguments& args, Value start, Value end) {
  std::string_view self = Self(args);
  const auto size = static_cast<int64_t>(self.size());
  COW_ASSIGN_OR_RETURN(int64_t from, Bound(args, start, "start", size, 0));
  COW_ASSIGN_OR_RETURN(int64_t to, Bound(args, end, "end", size, size));
  if (from > to) return Part{"", from, true};
  return Part{self.substr(static_cast<size_t>(from), static_cast<size_t>(to - from)), from, false};
}

struct Search {
  Part part;
  std::string_view sub;
};

absl::StatusOr<Search> SearchArguments(const Arguments& args) {
  std::string_view sub;
  Value start;
  Value end;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("sub", &sub)),
                                        PositionalOnly(Optional("start", &start)),
                                        PositionalOnly(Optional("end", &end))}));
  COW_ASSIGN_OR_RETURN(Part part, PartOf(args, start, end));
  return Search{part, sub};
}

Result FindAny(const Arguments& args, bool last, bool must) {
  COW_ASSIGN_OR_RETURN(Search search, SearchArguments(args));
  size_t at = kNone;
  if (!search.part.empty_range) {
    COW_ASSIGN_OR_RETURN(at, last ? FindLastText(search.part.text, search.sub)
                                  : FindText(search.part.text, search.sub, 0));
  }
  if (at != kNone) return Value::SmallInt(static_cast<int64_t>(at) + search.part.offset);
  if (must) return absl::NotFoundError("substring not found");
  return Value::SmallInt(-1);
}

Result HasAffix(const Arguments& args, bool prefix) {
  if (args.positional().size() == 1 && args.named().empty()) {  // nearly all calls
    if (const String* affix = args.positional()[0].As<String>()) {
      NoteWork(BulkBytes(affix->size()));
      const std::string_view text = Self(args);
      return Value::Bool(prefix ? text.starts_with(affix->view()) : text.ends_with(affix->view()));
    }
  }
  Value sub;
  Value start;
  Value end;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("sub", &sub)),
                                        PositionalOnly(Optional("start", &start)),
                                        PositionalOnly(Optional("end", &end))}));
  COW_ASSIGN_OR_RETURN(Part part, PartOf(args, start, end));
  auto matches = [&](std::string_view affix) {
    if (part.empty_range) return false;
    return prefix ? part.text.starts_with(affix) : part.text.ends_with(affix);
  };
  if (const String* affix = sub.As<String>()) return Value::Bool(matches(affix->view()));
  const Tuple* tuple = sub.As<Tuple>();
  if (tuple == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("in call to ", args.function_name(),
                     "(), parameter 'sub' got value of type '", TypeName(sub),
                     "', want 'string or tuple'"));
  }
  for (size_t i = 0; i < tuple->size(); ++i) {
    const String* affix = tuple->at(i).As<String>();
    if (affix == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("at index ", i,
                                                     " of sub, got element of type ",
                                                     TypeName(tuple->at(i)), ", want string"));
    }
    COW_RETURN_IF_ERROR(ChargeWork(1 + BulkBytes(affix->size())));
    if (matches(affix->view())) return Value::Bool(true);
  }
  return Value::Bool(false);
}

Result PartitionAt(Thread& thread, const Arguments& args, bool last) {
  std::string_view sep;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("sep", &sep))}));
  if (sep.empty()) return absl::InvalidArgumentError("empty separator");
  const String& self = *args.Receiver<String>();
  Heap& heap = thread.heap();
  COW_ASSIGN_OR_RETURN(const size_t at,
                       last ? FindLastText(self.view(), sep) : FindText(self.view(), sep, 0));
  Value parts[3] = {args.receiver(), heap.NewString(""), heap.NewString("")};
  if (at != kNone) {
    const size_t behind = at + sep.size();
    parts[0] = heap.NewSubstring(self, 0, at);
    parts[1] = heap.NewString(sep);
    parts[2] = heap.NewSubstring(self, behind, self.size() - behind);
  } else if (last) {
    std::swap(parts[0], parts[2]);
  }
  return heap.NewTuple(parts);
}

struct SplitArguments {
  std::optional<std::string_view> sep;
  int64_t max = -1;  // -1: no limit
};

absl::StatusOr<SplitArguments> UnpackSplit(const Arguments& args) {
  SplitArguments split;
  Value max;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("sep", &split.sep)),
                                        PositionalOnly(Noneable(Optional("maxsplit", &max)))}));
  if (!max.IsUnset()) {
    if (!IsInt(max)) {
      return absl::InvalidArgumentError(
          absl::StrCat("in call to ", args.function_name(),
                       "(), parameter 'maxsplit' got value of type '", TypeName(max),
                       "', want 'int or NoneType'"));
    }
    split.max = max.IsSmallInt() ? std::max<int64_t>(max.small_int(), -1) : -1;
  }
  if (split.sep && split.sep->empty()) return absl::InvalidArgumentError("Empty separator");
  return split;
}

// Begin and end of each field.
class Fields {
 public:
  // In the order of the text, unless they are reversed at last.
  absl::Status Add(size_t begin, size_t end) {
    fields_.emplace_back(begin, end);
    if ((fields_.size() & 1023) != 0) return absl::OkStatus();
    COW_RETURN_IF_ERROR(ChargeWork(512));
    return CheckWorkingMemory(fields_.size() * kBytesEach);
  }
  // Whether there are as many as asked for.
  bool Full(int64_t max) const { return max >= 0 && static_cast<int64_t>(fields_.size()) >= max; }
  void Reverse() { std::reverse(fields_.begin(), fields_.end()); }

  Value ToList(Heap& heap, const String& whole) const {
    List* list = heap.NewList();
    list->Reserve(fields_.size());
    for (const auto& [begin, end] : fields_) {
      list->Push(heap.NewSubstring(whole, begin, end - begin));
    }
    return list;
  }

 private:
  using Field = std::pair<size_t, size_t>;
  // Here, when the array grows, and as strings.
  static constexpr uint64_t kBytesEach = 3 * sizeof(Field) + 2 * sizeof(String) + sizeof(Value);

  std::vector<Field> fields_;
};

absl::StatusOr<Fields> SplitAtSpaces(std::string_view text, int64_t max) {
  Fields fields;
  size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && IsSpace(text[at])) ++at;
    if (at == text.size()) break;
    const size_t begin = at;
    if (fields.Full(max)) {
      COW_RETURN_IF_ERROR(fields.Add(begin, text.size()));
      break;
    }
    while (at < text.size() && !IsSpace(text[at])) ++at;
    COW_RETURN_IF_ERROR(fields.Add(begin, at));
  }
  return fields;
}

absl::StatusOr<Fields> RSplitAtSpaces(std::string_view text, int64_t max) {
  Fields fields;
  size_t at = text.size();
  while (at > 0) {
    while (at > 0 && IsSpace(text[at - 1])) --at;
    if (at == 0) break;
    const size_t end = at;
    if (fields.Full(max)) {
      COW_RETURN_IF_ERROR(fields.Add(0, end));
      break;
    }
    while (at > 0 && !IsSpace(text[at - 1])) --at;
    COW_RETURN_IF_ERROR(fields.Add(at, end));
  }
  fields.Reverse();
  return fields;
}

absl::StatusOr<Fields> SplitAt(std::string_view text, std::string_view sep, int64_t max) {
  Fields fields;
  size_t begin = 0;
  while (!fields.Full(max)) {
    COW_ASSIGN_OR_RETURN(const size_t at, FindText(text, sep, begin));
    if (at == kNone) break;
    COW_RETURN_IF_ERROR(fields.Add(begin, at));
    begin = at + sep.size();
  }
  COW_RETURN_IF_ERROR(fields.Add(begin, text.size()));
  return fields;
}

absl::StatusOr<Fields> RSplitAt(std::string_view text, std::string_view sep, int64_t max) {
  Fields fields;
  size_t end = text.size();
  while (!fields.Full(max)) {
    COW_ASSIGN_OR_RETURN(const size_t at, FindLastText(text.substr(0, end), sep));
    if (at == kNone) break;
    COW_RETURN_IF_ERROR(fields.Add(at + sep.size(), end));
    end = at;
  }
  COW_RETURN_IF_ERROR(fields.Add(0, end));
  fields.Reverse();
  return fields;
}

// How often `part`, which is not empty, stands in the text without overlapping itself.
absl::StatusOr<int64_t> CountText(std::string_view text, std::string_view part) {
  int64_t count = 0;
  for (size_t at = 0;; at += part.size(), ++count) {
    COW_RETURN_IF_ERROR(ChargeWork(0));
    COW_ASSIGN_OR_RETURN(at, FindText(text, part, at));
    if (at == kNone) return count;
  }
}

// A short text may become a huge one: look before building it.
absl::Status CheckReplacedSize(std::string_view text, std::string_view old_text,
                               std::string_view new_text, int64_t limit) {
  if (new_text.size() <= old_text.size()) return CheckWorkingMemory(3 * text.size());
  int64_t count = static_cast<int64_t>(text.size()) + 1;
  if (!old_text.empty()) {
    COW_ASSIGN_OR_RETURN(count, CountText(text, old_text));
  }
  if (limit >= 0) count = std::min(count, limit);
  const auto growth = static_cast<int64_t>(new_text.size() - old_text.size());
  if (growth > kMaxText || count > kMaxText / growth) {
    return absl::InvalidArgumentError("string too long");
  }
  return CheckWorkingMemory(3 * (text.size() + static_cast<uint64_t>(count * growth)));
}

}  // namespace

Result Find(Thread&, const Arguments& args) { return FindAny(args, false, false); }
Result IndexOf(Thread&, const Arguments& args) { return FindAny(args, false, true); }
Result RFind(Thread&, const Arguments& args) { return FindAny(args, true, false); }
Result RIndex(Thread&, const Arguments& args) { return FindAny(args, true, true); }
Result StartsWith(Thread&, const Arguments& args) { return HasAffix(args, true); }
Result EndsWith(Thread&, const Arguments& args) { return HasAffix(args, false); }
Result Partition(Thread& thread, const Arguments& args) { return PartitionAt(thread, args, false); }
Result RPartition(Thread& thread, const Arguments& args) { return PartitionAt(thread, args, true); }

Result Count(Thread&, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(Search search, SearchArguments(args));
  if (search.part.empty_range) return Value::SmallInt(0);
  std::string_view text = search.part.text;
  if (search.sub.empty()) return Value::SmallInt(static_cast<int64_t>(text.size()) + 1);
  COW_ASSIGN_OR_RETURN(int64_t count, CountText(text, search.sub));
  return Value::SmallInt(count);
}

Result Join(Thread& thread, const Arguments& args) {
  Iterable elements;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("elements", &elements))}));
  std::string_view sep = Self(args);
  std::string out;
  MeteredText metered(out);
  size_t number = 0;
  auto append = [&](Value element) -> absl::Status {
    const String* text = element.As<String>();
    if (text == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("expected string for sequence element ",
                                                     number, ", got '", Str(element), "' of type ",
                                                     TypeName(element)));
    }
    if (static_cast<int64_t>(out.size() + text->size()) > kMaxText) {
      return absl::InvalidArgumentError("string too long");
    }
    if (number++ > 0) COW_RETURN_IF_ERROR(metered.Append(sep));
    return metered.Append(text->view());
  };
  COW_RETURN_IF_ERROR(ForEach(elements.value, append));
  return thread.heap().NewString(out);
}

Result Replace(Thread& thread, const Arguments& args) {
  std::string_view old_text;
  std::string_view new_text;
  Value count_value = Value::SmallInt(-1);
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("old", &old_text)),
                                        PositionalOnly(Required("new", &new_text)),
                                        PositionalOnly(Optional("count", &count_value))}));
  if (!IsInt(count_value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("in call to replace(), parameter 'count' got value of type '",
                     TypeName(count_value), "', want 'int'"));
  }
  int64_t left = count_value.IsSmallInt() ? count_value.small_int() : -1;
  std::string_view text = Self(args);
  COW_RETURN_IF_ERROR(CheckReplacedSize(text, old_text, new_text, left));
  std::string out;
  MeteredText metered(out);
  size_t at = 0;
  for (; left != 0; --left) {
    COW_RETURN_IF_ERROR(metered.Check());
    COW_ASSIGN_OR_RETURN(const size_t found, FindText(text, old_text, at));
    if (found == kNone) break;
    out += text.substr(at, found - at);
    out += new_text;
    at = found + old_text.size();
    if (!old_text.empty()) continue;
    // Between any two bytes, and at both ends.
    if (at == text.size()) return thread.heap().NewString(out);
    out += text[at++];
  }
  if (at == 0) return args.receiver();
  out += text.substr(at);
  return thread.heap().NewString(out);
}

Result Split(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(SplitArguments split, UnpackSplit(args));
  const String& self = *args.Receiver<String>();
  COW_RETURN_IF_ERROR(ChargeWork(SingleBytes(self.size())));
  COW_ASSIGN_OR_RETURN(Fields fields, split.sep ? SplitAt(self.view(), *split.sep, split.max)
                                                : SplitAtSpaces(self.view(), split.max));
  return fields.ToList(thread.heap(), self);
}

Result RSplit(Thread& thread, const Arguments& args) {
  COW_ASSIGN_OR_RETURN(SplitArguments split, UnpackSplit(args));
  const String& self = *args.Receiver<String>();
  COW_RETURN_IF_ERROR(ChargeWork(SingleBytes(self.size())));
  COW_ASSIGN_OR_RETURN(Fields fields, split.sep ? RSplitAt(self.view(), *split.sep, split.max)
                                                : RSplitAtSpaces(self.view(), split.max));
  return fields.ToList(thread.heap(), self);
}

Result SplitLines(Thread& thread, const Arguments& args) {
  bool keep_ends = false;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("keepends", &keep_ends))}));
  const String& self = *args.Receiver<String>();
  std::string_view text = self.view();
  COW_RETURN_IF_ERROR(ChargeWork(SingleBytes(text.size())));
  Fields lines;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    at = end;
    if (at < text.size()) at += text.substr(at, 2) == "\r\n" ? 2 : 1;
    COW_RETURN_IF_ERROR(lines.Add(begin, keep_ends ? at : end));
  }
  return lines.ToList(thread.heap(), self);
}

}  // namespace cow::starlark::string_methods
