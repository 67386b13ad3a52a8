// provider, depset and runfiles as .cow files see them.
#include "engine/analysis/analysis_fixture.h"

namespace cow::analysis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Runs statements in a rule function and gives what they print, without the position.
class ValuesTest : public AnalysisTest {
 protected:
  void Load(std::string_view globals, std::string_view body) {
    std::string text(globals);
    text += "\ndef _impl(ctx):\n";
    for (size_t at = 0; at < body.size();) {
      size_t end = std::min(body.find('\n', at), body.size());
      text += "    " + std::string(body.substr(at, end - at)) + "\n";
      at = end + 1;
    }
    text += "    return []\nr = rule(implementation = _impl)\n";
    Write("a/defs.cow", text);
    Write("a/BUILD.cow", "load(\":defs.cow\", \"r\")\nr(name = \"t\")\n");
  }
  std::vector<std::string> Print(std::string_view globals, std::string_view body) {
    Load(globals, body);
    absl::StatusOr<AnalysisResult> result = Run({"//a:t"});
    EXPECT_TRUE(result.ok()) << result.status().message();
    std::vector<std::string> lines;
    for (const std::string& line : printed_) lines.push_back(line.substr(line.rfind(": ") + 2));
    return lines;
  }
  std::string Fail(std::string_view globals, std::string_view body) {
    Load(globals, body);
    return Error({"//a:t"});
  }
};

TEST_F(ValuesTest, DepsetOrdersAreThoseOfBazel) {
  EXPECT_THAT(Print(R"(
def diamond(order):
    d = depset(["D"], order = order)
    b = depset(["B"], order = order, transitive = [d])
    c = depset(["C"], order = order, transitive = [d])
    return depset(["A"], order = order, transitive = [b, c]).to_list()
)",
                    R"(print(diamond("default"))
print(diamond("postorder"))
print(diamond("preorder"))
print(diamond("topological"))
print(depset([1, 2, 1, 3], transitive = [depset([3, 4])]).to_list()))"),
              ElementsAre(R"(["D", "B", "C", "A"])", R"(["D", "B", "C", "A"])",
                          R"(["A", "B", "D", "C"])", R"(["A", "B", "C", "D"])", "[3, 4, 1, 2]"));
}

TEST_F(ValuesTest, DepsetShowsItsElementsAndItsTruth) {
  EXPECT_THAT(
      Print("", R"(print(depset(["a"]), bool(depset()), bool(depset([1])), type(depset()))
print(depset(["a"], order = "preorder")))"),
      ElementsAre(R"(depset(["a"]) False True depset)", R"(depset(["a"], order = "preorder"))"));
}

TEST_F(ValuesTest, DepsetRefusesMixedOrders) {
  EXPECT_THAT(
      Fail("",
           R"(depset([1], order = "preorder", transitive = [depset([2], order = "topological")]))"),
      HasSubstr("Order 'preorder' is incompatible with order 'topological'"));
}

TEST_F(ValuesTest, DepsetRefusesMixedTypesAndMutableElements) {
  EXPECT_THAT(Fail("", R"(depset([1, "a"]))"),
              HasSubstr("cannot add an item of type 'string' to a depset of 'int'"));
  EXPECT_THAT(Fail("", R"(depset([1], transitive = [depset(["x"])]))"),
              HasSubstr("to a depset of"));
  EXPECT_THAT(Fail("", R"(depset([[]]))"), HasSubstr("depset elements must not be mutable values"));
  EXPECT_THAT(Fail("", R"(depset([1], order = "sideways"))"), HasSubstr("invalid order: sideways"));
}

TEST_F(ValuesTest, DeepDepsetsAreFlattenedWithoutRecursion) {
  EXPECT_THAT(Print(R"(
def deep():
    set = depset([0])
    for i in range(20000):
        set = depset([i], transitive = [set])
    return len(set.to_list())
)",
                    "print(deep())"),
              ElementsAre("20000"));
}

TEST_F(ValuesTest, ProviderInstancesShowTheirName) {
  EXPECT_THAT(
      Print(R"(Info = provider(fields = ["b", "a"]))", "print(Info(b = 1, a = \"x\"), Info)"),
      ElementsAre("Info(a = \"x\", b = 1) <provider Info>"));
}

TEST_F(ValuesTest, ProviderRefusesUnknownFields) {
  EXPECT_THAT(
      Fail(R"(Info = provider(fields = ["files"]))", "Info(filez = 1)"),
      HasSubstr(
          "unexpected keyword filez in call to instantiate provider Info (did you mean 'files'?)"));
}

TEST_F(ValuesTest, ProviderInitComputesTheFields) {
  EXPECT_THAT(Print(R"(
def _init(x):
    return {"x": x * 2}
Info, _new_info = provider(fields = ["x"], init = _init)
)",
                    "print(Info(21).x, _new_info(x = 1).x)"),
              ElementsAre("42 1"));
}

TEST_F(ValuesTest, DefaultInfoRefusesOtherThings) {
  EXPECT_THAT(Fail("", R"(DefaultInfo(files = depset(["x"])))"),
              HasSubstr("got a depset of 'string'"));
  EXPECT_THAT(Fail("", R"(DefaultInfo(executable = "x"))"), HasSubstr("want 'File'"));
}

TEST_F(ValuesTest, FilesTellTheirPaths) {
  EXPECT_THAT(
      Print("", R"(f = ctx.actions.declare_file("d/x.tar.gz")
ctx.actions.write(f, "")
print(f, f.path, f.short_path, f.basename, f.dirname, f.extension, f.root.path, f.is_source, f.is_directory, f.owner)
print(f == ctx.actions.declare_file("d/x.tar.gz"), type(f)))"),
      ElementsAre(
          "<generated file a/d/x.tar.gz> cow-out/linux_test-fastbuild/bin/a/d/x.tar.gz "
          "a/d/x.tar.gz "
          "x.tar.gz cow-out/linux_test-fastbuild/bin/a/d gz cow-out/linux_test-fastbuild/bin False "
          "False //a:t",
          "True File"));
}

TEST_F(ValuesTest, RunfilesMerge) {
  EXPECT_THAT(Print("", R"(f = ctx.actions.declare_file("f")
g = ctx.actions.declare_file("g")
ctx.actions.write(f, "")
ctx.actions.write(g, "")
r = ctx.runfiles([f]).merge(ctx.runfiles(transitive_files = depset([g])))
print([x.basename for x in r.files.to_list()], type(r))
print(len(ctx.runfiles().merge_all([r, r]).files.to_list())))"),
              ElementsAre(R"(["f", "g"] runfiles)", "2"));
}

}  // namespace
}  // namespace cow::analysis
