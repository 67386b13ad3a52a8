#include "engine/starlark/arguments.h"

#include <bitset>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/edit_distance.h"
#include "engine/base/status.h"
#include "engine/starlark/number_value.h"
#include "engine/starlark/operations.h"

namespace cow::starlark {

namespace internal {

bool StoreDouble(Value value, double* slot) {
  if (IsFloat(value)) {
    *slot = FloatOf(value);
    return true;
  }
  if (!IsInt(value)) return false;
  absl::StatusOr<double> number = IntToDouble(value);
  if (number.ok()) *slot = *number;
  return number.ok();
}

}  // namespace internal

namespace {

bool IsPositional(const Param& param) {
  return param.mode == Param::Mode::kRequired || param.mode == Param::Mode::kOptional;
}

absl::Status Store(const Arguments& args, const Param& param, Value value) {
  if (value.IsNone() && param.none_allowed) return absl::OkStatus();
  if (param.store(value, param.slot)) return absl::OkStatus();
  if (param.expected == "int" && IsInt(value)) {
    return absl::InvalidArgumentError(absl::StrCat("in call to ", args.function_name(),
                                                   "(), parameter '", param.name, "' got value ",
                                                   IntToString(value), ", which is out of range"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "in call to ", args.function_name(), "(), parameter '", param.name, "' got value of type '",
      TypeName(value), "', want '", param.expected, param.none_allowed ? "' or 'NoneType'" : "'"));
}

class Unpacker {
 public:
  Unpacker(const Arguments& args, std::initializer_list<Param> params)
      : args_(args), params_(params) {
    COW_CHECK(params.size() <= given_.size());
  }

  absl::Status Unpack() {
    COW_RETURN_IF_ERROR(StorePositional());
    COW_RETURN_IF_ERROR(StoreNamed());
    return CheckMissing();
  }

 private:
  const Param& param(size_t i) const { return *(params_.begin() + i); }

  absl::Status StorePositional() {
    size_t next = 0;
    std::vector<Value>* rest = nullptr;
    size_t accepted = 0;
    for (const Param& param : params_) {
      accepted += IsPositional(param) ? 1 : 0;
      if (param.mode == Param::Mode::kRest) rest = static_cast<std::vector<Value>*>(param.slot);
    }
    const std::span<const Value> positional = args_.positional();
    if (positional.size() > accepted && rest == nullptr) return TooMany(accepted);
    for (size_t i = 0; i < params_.size() && next < positional.size(); ++i) {
      if (!IsPositional(param(i))) continue;
      given_[i] = true;
      COW_RETURN_IF_ERROR(Store(args_, param(i), positional[next++]));
    }
    if (rest != nullptr)
      rest->assign(positional.begin() + static_cast<ptrdiff_t>(next), positional.end());
    return absl::OkStatus();
  }

  absl::Status TooMany(size_t accepted) const {
    const size_t got = args_.positional().size();
    if (accepted == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          args_.function_name(), "() does not accept positional arguments, but got ", got));
    }
    return absl::InvalidArgumentError(
        absl::StrCat(args_.function_name(), "() accepts no more than ", accepted,
                     " positional argument", accepted == 1 ? "" : "s", " but got ", got));
  }

  absl::Status StoreNamed() {
    for (const NamedValue& named : args_.named()) {
      size_t at = 0;
      while (at < params_.size() && !(param(at).name == named.name->view() &&
                                      !param(at).positional_only)) {
        ++at;
      }
      if (at < params_.size() && param(at).mode != Param::Mode::kRest &&
          param(at).mode != Param::Mode::kKwRest) {
        if (given_[at]) {
          return absl::InvalidArgumentError(absl::StrCat(args_.function_name(),
                                                         "() got multiple values for argument '",
                                                         named.name->view(), "'"));
        }
        given_[at] = true;
        COW_RETURN_IF_ERROR(Store(args_, param(at), named.value));
        continue;
      }
      COW_RETURN_IF_ERROR(StoreUnknown(named));
    }
    return absl::OkStatus();
  }

  absl::Status StoreUnknown(const NamedValue& named) const {
    for (const Param& param : params_) {
      if (param.mode == Param::Mode::kKwRest) {
        static_cast<std::vector<NamedValue>*>(param.slot)->push_back(named);
        return absl::OkStatus();
      }
    }
    std::vector<std::string> names;
    for (const Param& param : params_) {
      if (param.positional_only && param.name == named.name->view()) {
        return absl::InvalidArgumentError(
            absl::StrCat(args_.function_name(), "() got named argument for positional-only parameter '",
                         param.name, "'"));
      }
      if (!param.positional_only && !param.name.empty()) names.emplace_back(param.name);
    }
    const std::string close = ClosestMatch(named.name->view(), names);
    return absl::InvalidArgumentError(
        absl::StrCat(args_.function_name(), "() got unexpected keyword argument '",
                     named.name->view(),
                     close.empty() ? "'" : absl::StrCat("' (did you mean '", close, "'?)")));
  }

  absl::Status CheckMissing() const {
    std::vector<std::string_view> positional;
    std::vector<std::string_view> named;
    for (size_t i = 0; i < params_.size(); ++i) {
      if (given_[i]) continue;
      if (param(i).mode == Param::Mode::kRequired) positional.push_back(param(i).name);
      if (param(i).mode == Param::Mode::kKwRequired) named.push_back(param(i).name);
    }
    if (positional.empty() && named.empty()) return absl::OkStatus();
    const std::vector<std::string_view>& missing = positional.empty() ? named : positional;
    return absl::InvalidArgumentError(
        absl::StrCat(args_.function_name(), "() missing ", missing.size(), " required ",
                     positional.empty() ? "named" : "positional", " argument",
                     missing.size() == 1 ? "" : "s", ": ", absl::StrJoin(missing, ", ")));
  }

  const Arguments& args_;
  std::initializer_list<Param> params_;
  std::bitset<64> given_;
};

}  // namespace

Value Arguments::FindNamed(std::string_view name) const {
  for (const NamedValue& named : named_) {
    if (named.name->view() == name) return named.value;
  }
  return Value();
}

absl::Status Arguments::RejectNamed() const {
  if (named_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      function_name_, "() got unexpected keyword argument '", named_[0].name->view(), "'"));
}

absl::Status Arguments::RejectAll() const { return UnpackArgs(*this, {}); }

Param Rest(std::vector<Value>* slot) {
  return {Param::Mode::kRest, false, true, "", slot, nullptr, ""};
}

Param KwRest(std::vector<NamedValue>* slot) {
  return {Param::Mode::kKwRest, false, true, "", slot, nullptr, ""};
}

namespace {

// The common case: only positional arguments, all of them right. False if anything is unusual, and
// Unpacker has to look from the beginning.
bool UnpackPositional(std::span<const Value> positional, std::initializer_list<Param> params) {
  const Value* next = positional.data();
  const Value* const end = next + positional.size();
  for (const Param& param : params) {
    switch (param.mode) {
      case Param::Mode::kRequired:
      case Param::Mode::kOptional:
        if (next == end) {
          if (param.mode == Param::Mode::kRequired) return false;
        } else {
          const Value value = *next++;
          if (!(value.IsNone() && param.none_allowed) && !param.store(value, param.slot)) {
            return false;
          }
        }
        break;
      case Param::Mode::kKwOptional:
      case Param::Mode::kKwRest: break;
      case Param::Mode::kKwRequired:
      case Param::Mode::kRest: return false;
    }
  }
  return next == end;
}

}  // namespace

absl::Status UnpackArgs(const Arguments& args, std::initializer_list<Param> params) {
  if (args.named().empty() && UnpackPositional(args.positional(), params)) return absl::OkStatus();
  return Unpacker(args, params).Unpack();
}

}  // namespace cow::starlark
