#include "engine/execution/shell_quote.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_cat.h"

namespace cow::execution {
namespace {

bool IsPlain(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("@%-_+:,./=").find(c) != std::string_view::npos;
}

}  // namespace

std::string ShellQuote(std::string_view argument) {
  if (!argument.empty() && std::all_of(argument.begin(), argument.end(), IsPlain)) return std::string(argument);
  return absl::StrCat("'", absl::StrReplaceAll(argument, {{"'", "'\\''"}}), "'");
}

std::string ShellCommand(const std::vector<std::string>& argv) {
  return absl::StrJoin(argv, " ", [](std::string* out, const std::string& arg) { out->append(ShellQuote(arg)); });
}

}  // namespace cow::execution
