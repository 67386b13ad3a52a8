// PrintableText: what a process printed, as it may be shown on a terminal.
//
// Text in UTF-8, tabs, line ends and colours stay. All else, which could move the cursor, retitle
// the window or hide lines, is shown as \x and two hexadecimal digits per byte.
#pragma once

#include <string>
#include <string_view>

namespace cow::execution {

std::string PrintableText(std::string_view bytes);

}  // namespace cow::execution
