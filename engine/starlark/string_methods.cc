// Methods of strings about case, classes of characters, stripping; and the tables of all of them.
#include "engine/starlark/string_methods.h"

#include <string>

#include "absl/strings/ascii.h"
#include "engine/base/status.h"
#include "engine/starlark/builtin_methods.h"
#include "engine/starlark/elems_value.h"
#include "engine/starlark/operations.h"
#include "engine/starlark/work_meter.h"

namespace cow::starlark {

namespace {

using string_methods::Result;
using string_methods::Self;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return IsUpper(c) || IsLower(c); }
bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

// Whether there are characters and all of them are of the class.
template <typename Predicate>
Result AllAre(const Arguments& args, Predicate predicate) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  std::string_view text = Self(args);
  NoteWork(SingleBytes(text.size()));
  for (char c : text) {
    if (!predicate(c)) return Value::Bool(false);
  }
  return Value::Bool(!text.empty());
}

Result IsAlpha(Thread&, const Arguments& args) { return AllAre(args, IsLetter); }
Result IsAlnum(Thread&, const Arguments& args) {
  return AllAre(args, [](char c) { return IsLetter(c) || IsDigit(c); });
}
Result IsDigits(Thread&, const Arguments& args) { return AllAre(args, IsDigit); }
Result IsSpaces(Thread&, const Arguments& args) { return AllAre(args, IsSpace); }

// Whether there are letters, and none of the other case.
Result HasCase(const Arguments& args, bool upper) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  NoteWork(SingleBytes(Self(args).size()));
  bool letters = false;
  for (char c : Self(args)) {
    if (upper ? IsLower(c) : IsUpper(c)) return Value::Bool(false);
    letters = letters || IsLetter(c);
  }
  return Value::Bool(letters);
}
Result IsUpperCase(Thread&, const Arguments& args) { return HasCase(args, true); }
Result IsLowerCase(Thread&, const Arguments& args) { return HasCase(args, false); }

Result IsTitle(Thread&, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  NoteWork(SingleBytes(Self(args).size()));
  bool letters = false;
  bool in_word = false;
  for (char c : Self(args)) {
    if (IsLetter(c)) {
      if (IsUpper(c) == in_word) return Value::Bool(false);
      letters = true;
    }
    in_word = IsLetter(c);
  }
  return Value::Bool(letters);
}

absl::Status CheckNewCase(std::string_view text) {
  COW_RETURN_IF_ERROR(ChargeWork(SingleBytes(text.size())));
  return CheckWorkingMemory(2 * text.size());
}

Result Upper(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_RETURN_IF_ERROR(CheckNewCase(Self(args)));
  return thread.heap().NewString(absl::AsciiStrToUpper(Self(args)));
}

Result Lower(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_RETURN_IF_ERROR(CheckNewCase(Self(args)));
  return thread.heap().NewString(absl::AsciiStrToLower(Self(args)));
}

Result Capitalize(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_RETURN_IF_ERROR(CheckNewCase(Self(args)));
  std::string text = absl::AsciiStrToLower(Self(args));
  if (!text.empty()) text[0] = absl::ascii_toupper(static_cast<unsigned char>(text[0]));
  return thread.heap().NewString(text);
}

Result Title(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  COW_RETURN_IF_ERROR(CheckNewCase(Self(args)));
  std::string text = absl::AsciiStrToLower(Self(args));
  bool in_word = false;
  for (char& c : text) {
    if (!in_word) c = absl::ascii_toupper(static_cast<unsigned char>(c));
    in_word = IsLetter(c);
  }
  return thread.heap().NewString(text);
}

// Code points of the set given, or ASCII white space.
Result Strip(Thread& thread, const Arguments& args, bool left, bool right) {
  std::optional<std::string_view> chars;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Optional("chars", &chars))}));
  const String& self = *args.Receiver<String>();
  std::string_view text = self.view();
  size_t begin = 0;
  size_t end = text.size();
  auto stripped = [&](size_t at, size_t length) {
    if (!chars) return length == 1 && IsSpace(text[at]);
    return chars->find(text.substr(at, length)) != std::string_view::npos;
  };
  const uint64_t each = chars ? 1 + BulkBytes(chars->size()) : 0;
  while (left && begin < end) {
    if (chars) COW_RETURN_IF_ERROR(ChargeWork(each));
    const size_t length = std::max<size_t>(ValidSequence(text, begin), 1);
    if (!stripped(begin, length)) break;
    begin += length;
  }
  NoteWork(SingleBytes(begin));
  while (right && begin < end) {
    if (chars) COW_RETURN_IF_ERROR(ChargeWork(each));
    size_t at = end - 1;
    while (at > begin && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
    if (ValidSequence(text, at) != end - at) at = end - 1;
    if (!stripped(at, end - at)) break;
    end = at;
  }
  NoteWork(SingleBytes(text.size() - end));
  if (begin == 0 && end == text.size()) return args.receiver();
  return thread.heap().NewSubstring(self, begin, end - begin);
}

Result StripBoth(Thread& thread, const Arguments& args) { return Strip(thread, args, true, true); }
Result StripLeft(Thread& thread, const Arguments& args) { return Strip(thread, args, true, false); }
Result StripRight(Thread& thread, const Arguments& args) {
  return Strip(thread, args, false, true);
}

Result RemovePrefix(Thread& thread, const Arguments& args) {
  std::string_view prefix;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("prefix", &prefix))}));
  const String& self = *args.Receiver<String>();
  NoteWork(BulkBytes(prefix.size()));
  if (!self.view().starts_with(prefix)) return args.receiver();
  return thread.heap().NewSubstring(self, prefix.size(), self.size() - prefix.size());
}

Result RemoveSuffix(Thread& thread, const Arguments& args) {
  std::string_view suffix;
  COW_RETURN_IF_ERROR(UnpackArgs(args, {PositionalOnly(Required("suffix", &suffix))}));
  const String& self = *args.Receiver<String>();
  NoteWork(BulkBytes(suffix.size()));
  if (suffix.empty() || !self.view().ends_with(suffix)) return args.receiver();
  return thread.heap().NewSubstring(self, 0, self.size() - suffix.size());
}

template <Elems::Mode kMode>
Result MakeElems(Thread& thread, const Arguments& args) {
  COW_RETURN_IF_ERROR(args.RejectAll());
  // One value for each byte, and copies of them.
  COW_RETURN_IF_ERROR(CheckElements(Length(args.receiver()), 64));
  COW_RETURN_IF_ERROR(ChargeWork(static_cast<uint64_t>(Length(args.receiver())) / 4));
  return NewElems(thread.heap(), args.receiver(), kMode);
}

}  // namespace

std::span<const MethodEntry> StringMethods() {
  namespace methods = string_methods;
  static constexpr MethodEntry kMethods[] = {
      {"capitalize", &Capitalize},
      {"codepoint_ords", &MakeElems<Elems::Mode::kCodepointOrds>},
      {"codepoints", &MakeElems<Elems::Mode::kCodepoints>},
      {"count", &methods::Count},
      {"elem_ords", &MakeElems<Elems::Mode::kElemOrds>},
      {"elems", &MakeElems<Elems::Mode::kElems>},
      {"endswith", &methods::EndsWith},
      {"find", &methods::Find},
      {"format", &methods::Format},
      {"index", &methods::IndexOf},
      {"isalnum", &IsAlnum},
      {"isalpha", &IsAlpha},
      {"isdigit", &IsDigits},
      {"islower", &IsLowerCase},
      {"isspace", &IsSpaces},
      {"istitle", &IsTitle},
      {"isupper", &IsUpperCase},
      {"join", &methods::Join},
      {"lower", &Lower},
      {"lstrip", &StripLeft},
      {"partition", &methods::Partition},
      {"removeprefix", &RemovePrefix},
      {"removesuffix", &RemoveSuffix},
      {"replace", &methods::Replace},
      {"rfind", &methods::RFind},
      {"rindex", &methods::RIndex},
      {"rpartition", &methods::RPartition},
      {"rsplit", &methods::RSplit},
      {"rstrip", &StripRight},
      {"split", &methods::Split},
      {"splitlines", &methods::SplitLines},
      {"startswith", &methods::StartsWith},
      {"strip", &StripBoth},
      {"title", &Title},
      {"upper", &Upper},
  };
  return kMethods;
}

std::span<const MethodEntry> BytesMethods() {
  static constexpr MethodEntry kMethods[] = {{"elems", &MakeElems<Elems::Mode::kBytes>}};
  return kMethods;
}

}  // namespace cow::starlark
