#include <charconv>
#include <cmath>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/starlark/number_value.h"

namespace cow::starlark {

namespace {

// Exponents from here on are written out, as Bazel does.
constexpr int kExponentAbove = 17;
constexpr int kExponentBelow = -4;

}  // namespace

std::string FloatToString(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "+inf" : "-inf";
  if (number == 0) return std::signbit(number) ? "-0.0" : "0.0";
  char buffer[512];
  auto end =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific).ptr;
  std::string text(buffer, end);
  const size_t e = text.find('e');
  const int exponent = std::atoi(text.c_str() + e + 1);
  if (exponent < kExponentBelow || exponent >= kExponentAbove) return text;
  end = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed).ptr;
  text.assign(buffer, end);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

bool ParseFloat(std::string_view text, double* number) {
  double sign = 1;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    if (text[0] == '-') sign = -1;
    text.remove_prefix(1);
  }
  const std::string lower = absl::AsciiStrToLower(text);
  if (lower == "inf" || lower == "infinity") {
    *number = sign * HUGE_VAL;
    return true;
  }
  if (lower == "nan") {
    *number = std::nan("");
    return true;
  }
  if (text.empty() || !(absl::ascii_isdigit(text[0]) || text[0] == '.')) return false;
  double magnitude;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude,
                                      std::chars_format::general);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return false;
  // from_chars tells under- from overflow by nothing; strtod does.
  if (error == std::errc::result_out_of_range) magnitude = std::strtod(lower.c_str(), nullptr);
  *number = sign * magnitude;
  return true;
}

}  // namespace cow::starlark
