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

}  // namespace repeater
