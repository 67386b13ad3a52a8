#include "engine/analysis/args_expansion.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "engine/analysis/file_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"
#include "engine/starlark/function_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/thread.h"

namespace cow::analysis {

using starlark::Value;

namespace {

constexpr size_t kScratchLimit = size_t{32} << 20;

std::string TextOf(Value value) {
  if (const auto* file = value.As<FileValue>()) return file->artifact().exec_path;
  return starlark::Str(value);
}

// The second parameter of a map_each function. Only what is known before the build can be asked.
class DirectoryExpander final : public starlark::HostObject {
 public:
  static constexpr starlark::HostType kType{"DirectoryExpander"};
  DirectoryExpander() : HostObject(kType) {}
  const starlark::MethodTable* Methods() const override {
    static const starlark::MethodTable kMethods({{"expand", &Expand}});
    return &kMethods;
  }

 private:
  static absl::StatusOr<Value> Expand(starlark::Thread& thread, const starlark::Arguments& args) {
    FileValue* file = nullptr;
    COW_RETURN_IF_ERROR(UnpackArgs(args, {starlark::Required("file", &file)}));
    if (file->is_directory()) {
      return UserError("the files of directory '", file->artifact().exec_path,
                       "' are known only when it is built");
    }
    const Value only[] = {file};
    return Value(thread.heap().NewList(only));
  }
};

bool IsDirectory(Value value) {
  const auto* file = value.As<FileValue>();
  return file != nullptr && file->is_directory();
}

// What the fields of an ArgsFormat become where execution has to expand.
ArgExpansion Lazy(const ArgsFormat& format, Depset<ArgValue> values) {
  ArgExpansion expansion;
  expansion.values = std::move(values);
  expansion.flag = format.flag;
  expansion.format_each = format.format_each;
  expansion.before_each = format.before_each;
  expansion.join_with = format.join_with;
  expansion.format_joined = format.format_joined;
  expansion.terminate_with = format.terminate_with;
  expansion.omit_if_empty = format.omit_if_empty;
  expansion.uniquify = format.uniquify;
  expansion.expand_directories = format.expand_directories;
  return expansion;
}

void PushTexts(const ArgsFormat& format, const std::vector<std::string>& texts,
               std::vector<ArgItem>& out) {
  auto push = [&](std::string text) { out.emplace_back(std::in_place_type<ArgValue>, std::move(text)); };
  if (texts.empty() && format.omit_if_empty) return;
  if (!format.flag.empty()) push(format.flag);
  if (format.join_with) {
    std::string joined = absl::StrJoin(texts, *format.join_with);
    push(format.format_joined ? FormatArgument(*format.format_joined, joined) : joined);
    return;
  }
  for (const std::string& text : texts) {
    if (format.before_each) push(*format.before_each);
    push(text);
  }
  if (format.terminate_with) push(*format.terminate_with);
}

}  // namespace

std::string FormatArgument(std::string_view format, std::string_view text) {
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
    } else if (format[++i] == 's') {
      out += text;
    } else {
      out += '%';
    }
  }
  return out;
}

ArgValue ArgsExpander::ToArgValue(Value value) {
  if (const auto* file = value.As<FileValue>()) return plan_id_(file->id());
  return starlark::Str(value);
}

absl::StatusOr<ArgList> ArgsExpander::Expand(const ArgsSpec& spec) {
  ArgList list;
  list.param_file_flag = spec.param_file_flag;
  list.param_file_always = spec.param_file_always;
  list.param_file_format = spec.param_file_format;
  list.items.reserve(spec.items.size());
  bool join_flags = spec.param_file_format == ArgList::ParamFileFormat::kFlagPerLine;
  for (const ArgsItem& item : spec.items) {
    size_t first = list.items.size();
    bool joins = join_flags && !item.format->flag.empty();
    COW_RETURN_IF_ERROR(ExpandItem(item, joins, list.items));
    if (joins) JoinWithFlag(item.format->flag, first, list.items);
  }
  list.items.shrink_to_fit();  // it lives as long as the build
  return list;
}

// "--flag", "a", "b" from `first` on become "--flag=a b".
void ArgsExpander::JoinWithFlag(const std::string& flag, size_t first, std::vector<ArgItem>& items) {
  std::string joined;
  for (size_t i = first; i < items.size(); ++i) {
    if (auto* boxed = std::get_if<Boxed<ArgExpansion>>(&items[i])) {
      ArgExpansion& lazy = **boxed;
      lazy.flag.clear();
      std::string format = lazy.format_joined.value_or("%s");
      lazy.format_joined = absl::StrCat(absl::StrReplaceAll(flag, {{"%", "%%"}}), "=", format);
      if (!lazy.join_with) lazy.join_with = " ";
      return;
    }
    absl::StrAppend(&joined, i == first ? "" : (i == first + 1 ? "=" : " "),
                    std::get<std::string>(std::get<ArgValue>(items[i])));
  }
  if (items.size() <= first + 1) return;
  items.resize(first);
  items.emplace_back(std::in_place_type<ArgValue>, std::move(joined));
}

absl::Status ArgsExpander::ExpandItem(const ArgsItem& item, bool as_text,
                                      std::vector<ArgItem>& out) {
  const ArgsFormat& format = *item.format;
  if (item.kind == ArgsItem::Kind::kValue) {
    if (!format.flag.empty()) out.push_back(ArgValue(format.flag));
    if (format.format_each) {
      out.push_back(ArgValue(FormatArgument(*format.format_each, TextOf(item.value))));
    } else if (as_text) {
      out.push_back(ArgValue(TextOf(item.value)));
    } else {
      out.push_back(ToArgValue(item.value));
    }
    return absl::OkStatus();
  }
  if (item.kind == ArgsItem::Kind::kList) {
    COW_ASSIGN_OR_RETURN(std::vector<Value> values, Map(item, item.list));
    return ExpandValues(format, std::move(values), out);
  }
  const ValueDepset& set = item.value.As<DepsetValue>()->set();
  if (format.map_each.IsUnset()) {
    if (set.empty() && format.omit_if_empty) return absl::OkStatus();
    auto element = [this](Value value) { return ToArgValue(value); };
    out.push_back(Lazy(format, depsets_.Convert(set, element)));
    return absl::OkStatus();
  }
  std::vector<Value> values;
  for (const DepsetElement& element : set.ToList()) values.push_back(element.value);
  COW_ASSIGN_OR_RETURN(values, Map(item, values));
  return ExpandValues(format, std::move(values), out);
}

absl::StatusOr<std::vector<Value>> ArgsExpander::Map(const ArgsItem& item,
                                                     const std::vector<Value>& values) {
  if (item.format->map_each.IsUnset()) return values;
  if (scratch_ == nullptr || scratch_->bytes_used() > kScratchLimit)
    scratch_ = std::make_unique<starlark::Heap>();
  starlark::Thread thread(*scratch_);
  limits_.Apply(thread);
  std::vector<Value> mapped;
  auto add_text = [&](Value text) -> absl::Status {
    if (!text.Is(starlark::Kind::kString)) {
      return UserError(item.format->location.ToString(),
                       ": error: map_each must return a string, a list of strings or None, ",
                       "but returned a value of type '", starlark::TypeName(text), "'");
    }
    mapped.push_back(text);
    return absl::OkStatus();
  };
  const auto* function = item.format->map_each.As<starlark::Function>();
  bool wants_expander = function != nullptr && function->ParameterNames().size() == 2;
  Value expander = wants_expander ? Value(scratch_->New<DirectoryExpander>()) : Value();
  for (Value value : values) {
    if (item.format->expand_directories && !wants_expander && IsDirectory(value)) {
      return UserError(item.format->location.ToString(), ": error: map_each cannot be applied to the files of directory '",
                       TextOf(value), "', which are known only when it is built; ",
                       "with expand_directories = False it gets the directory itself");
    }
    const Value arguments[] = {value, expander};
    COW_ASSIGN_OR_RETURN(Value result,
                         starlark::Call(thread, item.format->map_each,
                                        std::span(arguments).first(wants_expander ? 2 : 1)));
    if (result.IsNone()) continue;
    if (result.Is(starlark::Kind::kList) || result.Is(starlark::Kind::kTuple)) {
      COW_RETURN_IF_ERROR(starlark::ForEach(result, add_text));
    } else {
      COW_RETURN_IF_ERROR(add_text(result));
    }
  }
  return mapped;
}

absl::StatusOr<std::string> ArgsExpander::JoinText(const ArgsItem& item) {
  std::vector<Value> values = item.list;
  if (item.kind == ArgsItem::Kind::kDepset) {
    for (const DepsetElement& element : item.value.As<DepsetValue>()->set().ToList())
      values.push_back(element.value);
  }
  COW_ASSIGN_OR_RETURN(values, Map(item, values));
  std::vector<std::string> texts;
  absl::flat_hash_set<std::string> seen;
  for (Value value : values) {
    std::string text = TextOf(value);
    if (item.format->uniquify && !seen.insert(text).second) continue;
    texts.push_back(item.format->format_each ? FormatArgument(*item.format->format_each, text)
                                            : std::move(text));
  }
  if (texts.empty() && item.format->omit_if_empty) return std::string();
  std::string joined = absl::StrJoin(texts, item.format->join_with.value_or(""));
  return item.format->format_joined ? FormatArgument(*item.format->format_joined, joined) : joined;
}

absl::Status ArgsExpander::ExpandValues(const ArgsFormat& format, std::vector<Value> values,
                                        std::vector<ArgItem>& out) {
  if (format.expand_directories) {
    for (Value value : values) {
      if (IsDirectory(value)) return ExpandWithDirectories(format, values, out);
    }
  }
  std::vector<std::string> texts;
  absl::flat_hash_set<std::string> seen;
  for (Value value : values) {
    std::string text = TextOf(value);
    if (format.uniquify && !seen.insert(text).second) continue;
    texts.push_back(format.format_each ? FormatArgument(*format.format_each, text)
                                       : std::move(text));
  }
  PushTexts(format, texts, out);
  return absl::OkStatus();
}

absl::Status ArgsExpander::ExpandWithDirectories(const ArgsFormat& format,
                                                 const std::vector<Value>& values,
                                                 std::vector<ArgItem>& out) {
  // A depset prints equal values once, so a list that repeats one is cut before the repetition.
  std::vector<std::vector<ArgValue>> runs(1);
  absl::flat_hash_set<ArgValue> seen;
  for (Value value : values) {
    ArgValue argument = ToArgValue(value);
    if (!seen.insert(argument).second) {
      if (format.uniquify) continue;
      if (format.join_with)
        return UserError("add_joined of a list with directories may not repeat '", TextOf(value),
                         "'");
      runs.emplace_back();
      seen = {argument};
    }
    runs.back().push_back(std::move(argument));
  }
  for (size_t i = 0; i < runs.size(); ++i) {
    ArgExpansion expansion = Lazy(format, Depset<ArgValue>(std::move(runs[i]), {}));
    if (i > 0) expansion.flag.clear();
    if (i + 1 < runs.size()) expansion.terminate_with.reset();
    out.push_back(std::move(expansion));
  }
  return absl::OkStatus();
}

}  // namespace cow::analysis
