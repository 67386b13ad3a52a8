#include "engine/analysis/args_value.h"

#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_replace.h"
#include "absl/synchronization/mutex.h"
#include "engine/analysis/depset_value.h"
#include "engine/analysis/file_value.h"
#include "engine/analysis/user_error.h"
#include "engine/base/status.h"
#include "engine/starlark/arguments.h"

namespace cow::analysis {

using starlark::Arguments;
using starlark::KwOptional;
using starlark::Optional;
using starlark::Required;
using starlark::Thread;
using starlark::Value;

absl::Status CheckPattern(std::string_view parameter, const std::optional<std::string>& pattern) {
  if (!pattern) return absl::OkStatus();
  std::string rest = absl::StrReplaceAll(*pattern, {{"%%", ""}});
  size_t at = rest.find("%s");
  if (at == std::string::npos || rest.find('%') != at ||
      rest.find('%', at + 1) != std::string::npos) {
    return UserError("invalid value for parameter \"", parameter,
                     "\": expected string with a single \"%s\", got \"", *pattern, "\"");
  }
  return absl::OkStatus();
}

absl::Status CheckMapEach(Value function, bool allow_closure) {
  if (function.IsUnset() || allow_closure) return absl::OkStatus();
  const auto* def = function.As<starlark::Function>();
  if (def == nullptr || def->IsGlobalDef()) return absl::OkStatus();
  return UserError(
      "the map_each function (declared at ", def->location().ToString(),
      ") must be declared by a top-level def statement, or allow_closure must be True");
}

absl::StatusOr<ArgsItem> ReadArgValues(Value values, std::string_view method) {
  ArgsItem item;
  if (values.As<DepsetValue>() != nullptr) {
    item.kind = ArgsItem::Kind::kDepset;
    item.value = values;
    return item;
  }
  item.kind = ArgsItem::Kind::kList;
  if (!values.Is(starlark::Kind::kList) && !values.Is(starlark::Kind::kTuple) &&
      !values.Is(starlark::Kind::kSet)) {
    return UserError("in call to ", method,
                     "(), expected value of type 'depset or sequence' for values, got '",
                     starlark::TypeName(values), "'");
  }
  COW_ASSIGN_OR_RETURN(item.list, starlark::Elements(values));
  return item;
}

namespace {

// Compares by all that is not about map_each.
struct SameFormat {
  static auto Key(const ArgsFormat& f) {
    return std::tie(f.flag, f.format_each, f.before_each, f.join_with, f.format_joined, f.terminate_with, f.omit_if_empty,
                    f.uniquify, f.expand_directories);
  }
  size_t operator()(const ArgsFormatPtr& format) const { return absl::HashOf(Key(*format)); }
  bool operator()(const ArgsFormatPtr& a, const ArgsFormatPtr& b) const { return Key(*a) == Key(*b); }
};

class SharedFormats {
 public:
  ArgsFormatPtr Find(ArgsFormat format) {
    auto wanted = std::make_shared<const ArgsFormat>(std::move(format));
    absl::MutexLock lock(&mutex_);
    return *known_.insert(std::move(wanted)).first;
  }

 private:
  absl::Mutex mutex_;
  absl::flat_hash_set<ArgsFormatPtr, SameFormat, SameFormat> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

ArgsFormatPtr SharedArgsFormat(ArgsFormat format) {
  // A map_each is a value of a heap that ends.
  if (!format.map_each.IsUnset()) return std::make_shared<const ArgsFormat>(std::move(format));
  static SharedFormats* const formats = new SharedFormats;
  return formats->Find(std::move(format));
}

ArgsFormatPtr PlainArgsFormat() {
  static const ArgsFormatPtr* const plain = new ArgsFormatPtr(SharedArgsFormat({}));
  return *plain;
}

namespace {

// The common head of add, add_all and add_joined: ("--flag", value) or (value).
absl::Status ReadFlag(const Arguments& args, Value first, Value& second, std::string& flag) {
  if (second.IsUnset()) {
    second = first;
    return absl::OkStatus();
  }
  const auto* text = first.As<starlark::String>();
  if (text == nullptr) {
    return UserError("in call to ", args.function_name(),
                     "(), expected value of type 'string' for arg name, got '",
                     starlark::TypeName(first), "'");
  }
  flag = text->str();
  return absl::OkStatus();
}

absl::StatusOr<ArgsValue*> Receiver(const Arguments& args) {
  auto* self = args.Receiver<ArgsValue>();
  COW_RETURN_IF_ERROR(self->CheckMutable());
  return self;
}

absl::StatusOr<Value> Add(Thread&, const Arguments& args) {
  Value first;
  Value second;
  std::optional<std::string> format;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {Required("arg_name_or_value", &first), Optional("value", &second),
                        KwOptional("format", &format)}));
  COW_ASSIGN_OR_RETURN(ArgsValue * self, Receiver(args));
  COW_RETURN_IF_ERROR(CheckPattern("format", format));
  std::string flag;
  COW_RETURN_IF_ERROR(ReadFlag(args, first, second, flag));
  if (second.As<DepsetValue>() != nullptr || second.Is(starlark::Kind::kList) ||
      second.Is(starlark::Kind::kTuple)) {
    return UserError(
        "Args.add() doesn't accept vectorized arguments; use Args.add_all() or Args.add_joined() "
        "instead");
  }
  ArgsItem item{.value = second};
  if (!flag.empty() || format) {
    item.format = SharedArgsFormat({.flag = std::move(flag), .format_each = std::move(format)});
  }
  self->Mutable().items.push_back(std::move(item));
  return args.receiver();
}

absl::StatusOr<Value> AddAll(Thread& thread, const Arguments& args) {
  Value first;
  Value second;
  ArgsFormat format;
  std::optional<starlark::Callable> map_each;
  bool allow_closure = false;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args,
      {Required("arg_name_or_values", &first), Optional("values", &second),
       KwOptional("map_each", &map_each), KwOptional("format_each", &format.format_each),
       KwOptional("before_each", &format.before_each),
       KwOptional("omit_if_empty", &format.omit_if_empty), KwOptional("uniquify", &format.uniquify),
       KwOptional("expand_directories", &format.expand_directories),
       KwOptional("terminate_with", &format.terminate_with),
       KwOptional("allow_closure", &allow_closure)}));
  COW_ASSIGN_OR_RETURN(ArgsValue * self, Receiver(args));
  if (map_each) {
    format.map_each = map_each->value;
    format.location = thread.CallerLocation();
  }
  COW_RETURN_IF_ERROR(CheckMapEach(format.map_each, allow_closure));
  COW_RETURN_IF_ERROR(CheckPattern("format_each", format.format_each));
  COW_RETURN_IF_ERROR(ReadFlag(args, first, second, format.flag));
  COW_ASSIGN_OR_RETURN(ArgsItem item, ReadArgValues(second, "add_all"));
  item.format = SharedArgsFormat(std::move(format));
  self->Mutable().items.push_back(std::move(item));
  return args.receiver();
}

absl::StatusOr<Value> AddJoined(Thread& thread, const Arguments& args) {
  Value first;
  Value second;
  ArgsFormat format;
  std::string join_with;
  std::optional<starlark::Callable> map_each;
  bool allow_closure = false;
  COW_RETURN_IF_ERROR(UnpackArgs(
      args,
      {Required("arg_name_or_values", &first), Optional("values", &second),
       starlark::KwRequired("join_with", &join_with), KwOptional("map_each", &map_each),
       KwOptional("format_each", &format.format_each),
       KwOptional("format_joined", &format.format_joined),
       KwOptional("omit_if_empty", &format.omit_if_empty), KwOptional("uniquify", &format.uniquify),
       KwOptional("expand_directories", &format.expand_directories),
       KwOptional("allow_closure", &allow_closure)}));
  COW_ASSIGN_OR_RETURN(ArgsValue * self, Receiver(args));
  format.join_with = join_with;
  if (map_each) {
    format.map_each = map_each->value;
    format.location = thread.CallerLocation();
  }
  COW_RETURN_IF_ERROR(CheckMapEach(format.map_each, allow_closure));
  COW_RETURN_IF_ERROR(CheckPattern("format_each", format.format_each));
  COW_RETURN_IF_ERROR(CheckPattern("format_joined", format.format_joined));
  COW_RETURN_IF_ERROR(ReadFlag(args, first, second, format.flag));
  COW_ASSIGN_OR_RETURN(ArgsItem item, ReadArgValues(second, "add_joined"));
  item.format = SharedArgsFormat(std::move(format));
  self->Mutable().items.push_back(std::move(item));
  return args.receiver();
}

absl::StatusOr<Value> UseParamFile(Thread&, const Arguments& args) {
  std::string flag;
  bool always = false;
  COW_RETURN_IF_ERROR(
      UnpackArgs(args, {Required("param_file_arg", &flag), KwOptional("use_always", &always)}));
  COW_ASSIGN_OR_RETURN(ArgsValue * self, Receiver(args));
  COW_RETURN_IF_ERROR(CheckPattern("param_file_arg", flag));
  self->Mutable().param_file_flag = flag;
  self->Mutable().param_file_always = always;
  return args.receiver();
}

absl::StatusOr<Value> SetParamFileFormat(Thread&, const Arguments& args) {
  std::string_view format;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {Required("format", &format)}));
  COW_ASSIGN_OR_RETURN(ArgsValue * self, Receiver(args));
  if (format == "shell") {
    self->Mutable().param_file_format = ArgList::ParamFileFormat::kShell;
  } else if (format == "multiline") {
    self->Mutable().param_file_format = ArgList::ParamFileFormat::kMultiline;
  } else if (format == "flag_per_line") {
    self->Mutable().param_file_format = ArgList::ParamFileFormat::kFlagPerLine;
  } else {
    return UserError(
        "invalid value for parameter \"format\": expected one of \"shell\", \"multiline\", "
        "\"flag_per_line\", got \"",
        format, "\"");
  }
  return args.receiver();
}

}  // namespace

const starlark::MethodTable* ArgsValue::Methods() const {
  static const starlark::MethodTable kMethods({{"add", &Add},
                                               {"add_all", &AddAll},
                                               {"add_joined", &AddJoined},
                                               {"use_param_file", &UseParamFile},
                                               {"set_param_file_format", &SetParamFileFormat}});
  return &kMethods;
}

absl::StatusOr<std::shared_ptr<const ArgsSpec>> ArgsFromArgument(Value argument) {
  if (const auto* args = argument.As<ArgsValue>()) return args->Snapshot();
  if (!argument.Is(starlark::Kind::kString)) {
    return UserError("'arguments' holds a value of type '", starlark::TypeName(argument),
                     "', want 'string or Args'");
  }
  auto spec = std::make_shared<ArgsSpec>();
  spec->items.push_back({.value = argument});
  return spec;
}

}  // namespace cow::analysis
