// Quoted forms of strings and bytes, as repr prints them.
#pragma once

#include <string>
#include <string_view>

namespace cow::starlark {

void AppendQuoted(std::string_view text, std::string& out);
void AppendQuotedBytes(std::string_view bytes, std::string& out);

}  // namespace cow::starlark
