#include "engine/execution/printable_text.h"

#include <gtest/gtest.h>

namespace cow::execution {
namespace {

TEST(PrintableTextTest, LeavesTextAndColoursAlone) {
  for (const char* text : {"", "a\tb\n", "gr\u00fc\u00dfe \u20ac \U0001F404",
                           "\x1b[01;31m\x1b[Kerror:\x1b[m\x1b[K", "\x1b[38;5;2mgreen\x1b[0m"}) {
    EXPECT_EQ(PrintableText(text), text);
  }
}

TEST(PrintableTextTest, ShowsWhatMovesTheCursorOrRetitlesTheWindow) {
  EXPECT_EQ(PrintableText("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(PrintableText("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
  EXPECT_EQ(PrintableText("hidden\rshown\b"), "hidden\\x0dshown\\x08");
  EXPECT_EQ(PrintableText("\x1b["), "\\x1b[");
  EXPECT_EQ(PrintableText("\x1b[1"), "\\x1b[1");
  EXPECT_EQ(PrintableText("\xc2\x9b"
                          "2J"),
            "\\xc2\\x9b2J");  // the same in one character
}

TEST(PrintableTextTest, ShowsBytesThatAreNoText) {
  EXPECT_EQ(PrintableText(std::string_view("\0\1\x7f", 3)), "\\x00\\x01\\x7f");
  EXPECT_EQ(PrintableText("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(PrintableText("\xc3"), "\\xc3");
  EXPECT_EQ(PrintableText("\xc0\x80"), "\\xc0\\x80");
  EXPECT_EQ(PrintableText("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(PrintableText("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(PrintableTextTest, TakesLineEndsOfOtherSystemsForLineEnds) {
  EXPECT_EQ(PrintableText("a\r\nb\r\n"), "a\nb\n");
}

}  // namespace
}  // namespace cow::execution
