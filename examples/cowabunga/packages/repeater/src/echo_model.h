// The model: it says what it was told. Pure functions, the same answer for the same question, always.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace repeater {

inline constexpr std::size_t kEmbeddingSize = 512;

// Splits text into tokens: a word with the white space before it. Joined, they give the text again.
std::vector<std::string> Tokenize(std::string_view text);

struct Answer {
  std::vector<std::string> tokens{};
  bool truncated = false;  // it was cut at `max_tokens`

  std::string Text() const;
};

// Repeats the prompt, cut after `max_tokens` tokens.
Answer Repeat(std::string_view prompt, std::optional<int> max_tokens);

// A unit vector of kEmbeddingSize numbers that depends on nothing but the text.
std::vector<float> Embed(std::string_view text);

// What is heard in a recording: its bytes if they are text in UTF-8, else how many they are.
std::string Hear(std::string_view audio);

}  // namespace repeater
