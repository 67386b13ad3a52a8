#include "packages/repeater/src/echo_model.h"

#include <cmath>
#include <cstdint>

namespace repeater {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// FNV-1a.
std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

// SplitMix64: a full-period sequence from any seed.
std::uint64_t Next(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// Bytes of the UTF-8 character `text` begins with; 0 if there is none. Neither overlong forms nor surrogates are.
std::size_t CharacterLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (byte(0) == 0xe0 && byte(1) < 0xa0) return 0;
  if (byte(0) == 0xed && byte(1) > 0x9f) return 0;
  if (byte(0) == 0xf0 && byte(1) < 0x90) return 0;
  if (byte(0) == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::vector<std::string> Tokenize(std::string_view text) {
  std::vector<std::string> tokens;
  std::size_t position = 0;
  while (position < text.size()) {
    std::size_t end = position;
    while (end < text.size() && IsSpace(text[end])) ++end;
    while (end < text.size() && !IsSpace(text[end])) ++end;
    tokens.emplace_back(text.substr(position, end - position));
    position = end;
  }
  return tokens;
}

std::string Answer::Text() const {
  std::string text;
  for (const std::string& token : tokens) text += token;
  return text;
}

Answer Repeat(std::string_view prompt, std::optional<int> max_tokens) {
  Answer answer{.tokens = Tokenize(prompt)};
  if (max_tokens && answer.tokens.size() > static_cast<std::size_t>(*max_tokens)) {
    answer.tokens.resize(static_cast<std::size_t>(*max_tokens));
    answer.truncated = true;
  }
  return answer;
}

std::vector<float> Embed(std::string_view text) {
  std::uint64_t state = Hash(text);
  std::vector<double> raw(kEmbeddingSize);
  double squares = 0;
  for (double& number : raw) {
    number = static_cast<double>(Next(state) >> 11) * 0x1p-52 - 1;  // in [-1, 1)
    squares += number * number;
  }
  const double length = std::sqrt(squares);
  std::vector<float> unit;
  unit.reserve(raw.size());
  for (double number : raw) unit.push_back(static_cast<float>(number / length));
  return unit;
}

std::string Hear(std::string_view audio) {
  if (IsUtf8(audio)) return std::string(audio);
  return "(a sound of " + std::to_string(audio.size()) + " bytes)";
}

}  // namespace repeater
