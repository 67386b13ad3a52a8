#include "engine/base/diagnostic.h"
#include "engine/starlark/test_program.h"
#include "gmock/gmock.h"

namespace cow::starlark {
namespace {

using testing::HasSubstr;

std::string Errors(const std::string& text, const Dialect& dialect = Dialect::Module()) {
  auto program = CompileText(text, dialect);
  if (program.ok()) return "";
  EXPECT_TRUE(IsDiagnostic(program.status()));
  return std::string(program.status().message());
}

TEST(StaticErrorsTest, ShowPlaceLineAndCaret) {
  EXPECT_EQ(Errors("x = 1\ny = foo + 1\n"),
            "test.star:2:5: error: name 'foo' is not defined\n"
            "  y = foo + 1\n"
            "      ^");
}

TEST(StaticErrorsTest, ColumnsCountCodePoints) {
  EXPECT_THAT(Errors("x = \"äöü\" + foo"), HasSubstr("test.star:1:13: error"));
}

TEST(StaticErrorsTest, AllErrorsOfAFileAreReported) {
  const std::string errors = Errors("a\nb\ndef f():\n  return c\n");
  EXPECT_THAT(errors, HasSubstr("test.star:1:1: error: name 'a'"));
  EXPECT_THAT(errors, HasSubstr("test.star:2:1: error: name 'b'"));
  EXPECT_THAT(errors, HasSubstr("test.star:4:10: error: name 'c'"));
}

TEST(StaticErrorsTest, ParsingGoesOnAfterASyntaxError) {
  const std::string errors = Errors("x = = 1\ndef f(:):\n  y = 2\nz = 3 4\n");
  EXPECT_THAT(errors, HasSubstr("test.star:1:5: error: syntax error at '=': expected expression"));
  EXPECT_THAT(errors, HasSubstr("test.star:2:7"));
  EXPECT_THAT(errors, HasSubstr("test.star:4:7"));
}

TEST(StaticErrorsTest, AnOpenBracketEndsWhereAStatementMustBegin) {
  const std::string errors = Errors("x = [1,\ny = (2\n\ndef f():\n  return undefined 1\n");
  EXPECT_THAT(errors, HasSubstr("test.star:2:5: error: '(' was never closed"));
  EXPECT_THAT(errors, HasSubstr("test.star:5:20: error: syntax error at '1': expected newline"));
}

TEST(StaticErrorsTest, RebindingNamesTheFirstBinding) {
  EXPECT_THAT(Errors("x = 1\nx = 2\n"),
              HasSubstr("test.star:2:1: error: 'x' redeclared at top level"));
  EXPECT_THAT(Errors("x = 1\nx = 2\n"), HasSubstr("previously declared at test.star:1:1"));
}

TEST(StaticErrorsTest, SuggestTheNearestName) {
  EXPECT_THAT(Errors("value = 1\nprint(valeu)"), HasSubstr("(did you mean 'value'?)"));
}

TEST(StaticErrorsTest, ModulesLoadFirst) {
  EXPECT_EQ(Errors("\"\"\"doc\"\"\"\nload(\"a\", \"b\")\n"), "");
  EXPECT_THAT(Errors("x = 1\nload(\"a\", \"b\")\n"),
              HasSubstr("load statements must appear before any other statement"));
}

TEST(BuildDialectTest, AllowsRebindingAndLateLoads) {
  EXPECT_EQ(Errors("x = 1\nx = [x for _ in [1]]\nload(\"a\", \"b\")\nb = 2\n", Dialect::Build()),
            "");
}

TEST(BuildDialectTest, RefusesCode) {
  const Dialect build = Dialect::Build();
  EXPECT_THAT(Errors("def f(): pass", build),
              HasSubstr("functions may not be defined in BUILD files"));
  EXPECT_THAT(Errors("x = lambda: 1", build), HasSubstr("functions may not be defined in BUILD files"));
  EXPECT_THAT(Errors("if True: pass", build),
              HasSubstr("if statements are not allowed at the top level"));
  EXPECT_THAT(Errors("for x in []: pass", build),
              HasSubstr("for loops are not allowed at the top level"));
  EXPECT_THAT(Errors("print(*[1])", build), HasSubstr("*args arguments are not allowed in BUILD"));
  EXPECT_THAT(Errors("print(**{})", build),
              HasSubstr("**kwargs arguments are not allowed in BUILD"));
}

TEST(ProgramTest, TellsItsLoads) {
  auto program = CompileText("load(\"//a:b.cow\", \"x\", y = \"z\")\n", Dialect::Module());
  ASSERT_TRUE(program.ok()) << program.status();
  ASSERT_EQ((*program)->loads().size(), 1u);
  const LoadStatement& load = (*program)->loads()[0];
  EXPECT_EQ(load.module, "//a:b.cow");
  EXPECT_EQ(load.location.ToString(), "test.star:1:6");
  ASSERT_EQ(load.bindings.size(), 2u);
  EXPECT_EQ(load.bindings[1].local, "y");
  EXPECT_EQ(load.bindings[1].exported, "z");
  EXPECT_EQ(load.bindings[1].location.ToString(), "test.star:1:28");
}

TEST(ProgramTest, HasTheDocString) {
  auto program = CompileText("\"\"\"What it does.\"\"\"\nx = 1\n");
  ASSERT_TRUE(program.ok());
  EXPECT_EQ((*program)->doc(), "What it does.");
}

// Nesting that would overflow the machine's stack is an error, wherever it is.
TEST(RobustnessTest, DeepNestingIsRefused) {
  const size_t n = 100000;
  auto repeat = [](std::string_view part, size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) out += part;
    return out;
  };
  for (std::string_view part : {"(", "[", "{1:", "f(", "x[", "-", "not ", "~",
                                "lambda: ", "1 if 1 else ", "[x for x in (", "{", "(1,"}) {
    EXPECT_THAT(Errors("x = " + repeat(part, n)), HasSubstr("error")) << part;
  }
  EXPECT_THAT(Errors("x = []\ny = x" + repeat(".a", n)), HasSubstr("nested too deeply"));
  EXPECT_THAT(Errors("x = len" + repeat("()", n)), HasSubstr("nested too deeply"));
  EXPECT_THAT(Errors("x = len" + repeat("[0]", n)), HasSubstr("nested too deeply"));
  std::string blocks;
  for (size_t i = 0; i < 2000; ++i) blocks += std::string(i, ' ') + "def f():\n";
  EXPECT_THAT(Errors(blocks), HasSubstr("error"));
  std::string mixed = "1";
  for (size_t i = 0; i < 300; ++i) mixed = "len(" + mixed + ")" + repeat(".a", 300);
  EXPECT_THAT(Errors("x = " + mixed), HasSubstr("nested too deeply"));
}

TEST(RobustnessTest, LongChainsOfOperatorsAreFine) {
  std::string sum = "x = 0";
  std::string text = "y = \"\"";
  std::string logic = "z = 0";
  std::string conditions = "def f(a):\n  if a";
  for (int i = 0; i < 100000; ++i) {
    sum += " + 1";
    text += " or \"\"";
    logic += i % 2 == 0 ? " and 1" : " or 2";
    conditions += " or a";
  }
  EXPECT_EQ(ErrorOf(sum + "\n" + text + "\n" + logic + "\n" + conditions + ": pass\nf(0)\n" +
                    "x == 100000 or fail(x)\nz == 1 or fail(z)\n"),
            "ok");
}

TEST(RobustnessTest, ManyElifsAndStatementsAreFine) {
  std::string text = "def f(x):\n  if x == 0: return 0\n";
  for (int i = 1; i < 20000; ++i) {
    text += "  elif x == " + std::to_string(i) + ": return " + std::to_string(i) + "\n";
  }
  EXPECT_EQ(ErrorOf(text + "f(19999) == 19999 or fail()\n"), "ok");
}

TEST(RobustnessTest, OddBytesAreErrorsNotCrashes) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string c(1, static_cast<char>(byte));
    Errors(c);
    Errors("x = " + c);
    Errors("x = \"" + c);
    Errors("x = \"\\" + c);
    Errors("def f(" + c + "):\n " + c);
  }
  EXPECT_THAT(Errors(std::string("x = 1\0y", 7)), HasSubstr("invalid character: '\\x00'"));
}

}  // namespace
}  // namespace cow::starlark
