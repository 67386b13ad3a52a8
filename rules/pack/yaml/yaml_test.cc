#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/yaml/yaml_node.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

std::string Rewritten(std::string_view text) {
  absl::StatusOr<YamlNode> node = ParseYaml(text, "f.yaml");
  return node.ok() ? RenderYaml(*node) : "error: " + std::string(node.status().message());
}

TEST(YamlTest, KeepsOrderNestingAndQuoting) {
  EXPECT_EQ(Rewritten("b: '1'\na:\n- x: 1\n  z: [p, 'true']\n- []\n- {}\nc:\n"),
            "b: \"1\"\na:\n  - x: 1\n    z:\n      - p\n      - \"true\"\n  - []\n  - {}\nc: null\n");
}

TEST(YamlTest, RewritingIsStable) {
  std::string text = "a: \"1\"\nb:\n  - x: \"line\\nbreak\"\n    z: -5\n  - \"###T###\"\n  - \"a: b\"\nc: 12e4567\nd: true\n";
  EXPECT_EQ(Rewritten(text), text);
}

TEST(YamlTest, StringsThatLookLikeOthersAreQuoted) {
  for (std::string_view text : {"1234567", "12e4567", "1.10", "true", "NO", "null", "~", "", "0x1f", "2025-01-01", "1_000", ".inf", "+1", "y"}) {
    YamlNode node = YamlNode::Mapping();
    node.Set("k", YamlNode::Text(std::string(text)));
    EXPECT_EQ(RenderYaml(node), "k: \"" + std::string(text) + "\"\n");
  }
}

TEST(YamlTest, TextWithIndicatorsComesBackUnchanged) {
  for (std::string_view text : {"- a", "a: b", "a #b", "#a", "{a", "[a", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "'a", "\"a\\", " a", "a ", "a\tb", "a\nb", "a:", "?", "\x01", "---", "=", "<<"}) {
    YamlNode node = YamlNode::Mapping();
    node.Set("k", YamlNode::Sequence({YamlNode::Text(std::string(text))}));
    absl::StatusOr<YamlNode> again = ParseYaml(RenderYaml(node), "f");
    ASSERT_TRUE(again.ok()) << again.status() << RenderYaml(node);
    EXPECT_EQ(again->ItemsOf("k")[0].text, text);
  }
}

TEST(YamlTest, BlockScalarsKeepTheirLines) {
  EXPECT_EQ(Rewritten("a: |\n  one\n  two\nb: >-\n  x\n  y\n"), "a: \"one\\ntwo\\n\"\nb: x y\n");
}

TEST(YamlTest, ErrorsNameTheLine) {
  EXPECT_THAT(Rewritten("a: 1\nb: c: d\n"), HasSubstr("f.yaml:2: "));
  EXPECT_THAT(Rewritten("a: 1\na: 2\n"), HasSubstr("f.yaml:2: key 'a' is given twice"));
  EXPECT_THAT(Rewritten("a: !!binary xx\n"), HasSubstr("is not supported"));
  EXPECT_THAT(Rewritten("a: 1\n---\nb: 2\n"), HasSubstr("expected one YAML document, found 2"));
  EXPECT_THAT(Rewritten(""), HasSubstr("found 0"));
}

TEST(YamlTest, ExpandingAliasesHasALimit) {
  std::string text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'i'; ++c) {
    std::string previous(1, static_cast<char>(c - 1)), alias;
    for (int i = 0; i < 10; ++i) alias += (i > 0 ? ",*" : "*") + previous;
    text += std::string(1, c) + ": &" + c + " [" + alias + "]\n";
  }
  EXPECT_THAT(Rewritten(text), HasSubstr("too deep or too large"));
}

}  // namespace
}  // namespace cow::pack
