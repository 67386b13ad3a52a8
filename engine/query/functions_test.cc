// Every function and operator, over this graph:
//
//   //a:bin -> //a:lib -> //b:lib -> //c:lib       //a:suite -> //a:test -> //a:lib
//          \-> //b:gen -----------> //c:lib
#include "engine/query/functions.h"

#include "engine/query/graph_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::query {
namespace {

using testing::HasSubstr;

std::map<std::string, FakeGraph::Spec> Specs() {
  return {
      {"//a:bin", {.dependencies = {"//a:lib", "//b:gen"}, .kind = "bin rule", .attributes = {{"deps", {"//a:lib", "//b:gen"}}, {"tags", {"[x, y]"}}}}},
      {"//a:lib", {.dependencies = {"//b:lib"}, .attributes = {{"tags", {"[]"}}}}},
      {"//a:test", {.dependencies = {"//a:lib"}, .kind = "test rule"}},
      {"//a:suite", {.dependencies = {"//a:test"}, .kind = "suite rule"}},
      {"//b:lib", {.dependencies = {"//c:lib"}, .visible_from = {"a"}}},
      {"//b:gen", {.dependencies = {"//c:lib"}, .kind = "generated file", .visible_from = {"a", "c"}}},
      {"//c:lib", {}},
      {"//a:BUILD", {.dependencies = {"//b:x.bzl"}, .kind = "source file"}},
      {"//b:BUILD", {.kind = "source file"}},
      {"//c:BUILD", {.dependencies = {"//b:x.bzl"}, .kind = "source file"}},
      {"//b:x.bzl", {.kind = "source file"}},
  };
}

struct QueryFunctionsTest : testing::Test {
  std::string Query(const std::string& text) { return Ask(graph, text); }
  FakeGraph graph{Specs()};
};

TEST_F(QueryFunctionsTest, Operators) {
  EXPECT_EQ(Query("//a:lib + //b:lib"), "//a:lib //b:lib");
  EXPECT_EQ(Query("set(//a:lib //b:lib) - //a:lib"), "//b:lib");
  EXPECT_EQ(Query("set(//a:lib //b:lib) ^ set(//b:lib //c:lib)"), "//b:lib");
  EXPECT_EQ(Query("set()"), "");
}

TEST_F(QueryFunctionsTest, Variables) {
  EXPECT_EQ(Query("let x = //a:lib in $x + //b:lib"), "//a:lib //b:lib");
  EXPECT_EQ(Query("let x = //a:lib in let x = //b:lib in $x"), "//b:lib");
  EXPECT_EQ(Query("let x = //a:lib in (let x = //b:lib in $x) + $x"), "//a:lib //b:lib");
  EXPECT_THAT(Query("let libs = //a:lib in $lib"), HasSubstr("query:1:23: error: undefined variable '$lib' (did you mean 'libs'?)"));
}

TEST_F(QueryFunctionsTest, Deps) {
  EXPECT_EQ(Query("deps(//a:lib)"), "//a:lib //b:lib //c:lib");
  EXPECT_EQ(Query("deps(//a:bin, 1)"), "//a:bin //a:lib //b:gen");
  EXPECT_EQ(Query("deps(//a:bin, 0)"), "//a:bin");
}

TEST_F(QueryFunctionsTest, ReverseDeps) {
  EXPECT_EQ(Query("rdeps(//a:bin, //b:lib)"), "//a:bin //a:lib //b:lib");
  EXPECT_EQ(Query("rdeps(//..., //a:lib, 1)"), "//a:bin //a:lib //a:test");
  EXPECT_EQ(Query("rdeps(//b:lib, //a:lib)"), "");
  EXPECT_EQ(Query("allrdeps(//a:lib)"), "//a:bin //a:lib //a:suite //a:test");
  EXPECT_EQ(Ask(graph, "allrdeps(//a:lib)", {.universe_scope = "//a:bin"}), "//a:bin //a:lib");
  EXPECT_EQ(Query("same_pkg_direct_rdeps(//a:lib)"), "//a:bin //a:test");
  EXPECT_EQ(Query("same_pkg_direct_rdeps(//b:lib)"), "");
}

TEST_F(QueryFunctionsTest, Paths) {
  EXPECT_EQ(Query("allpaths(//a:bin, //c:lib)"), "//a:bin //a:lib //b:gen //b:lib //c:lib");
  EXPECT_EQ(Query("somepath(//a:bin, //c:lib)"), "//a:bin //b:gen //c:lib");
  EXPECT_EQ(Query("somepath(//c:lib, //a:bin)"), "");
  EXPECT_EQ(Query("allpaths(//b:lib, //a:lib)"), "");
}

TEST_F(QueryFunctionsTest, Filters) {
  EXPECT_EQ(Query("kind('^test|bin', //...)"), "//a:bin //a:test");
  EXPECT_EQ(Query("kind('generated', //...)"), "//b:gen");
  EXPECT_EQ(Query("filter('^//b:', //...)"), "//b:BUILD //b:gen //b:lib //b:x.bzl");
  EXPECT_EQ(Query("attr(tags, '\\[\\]', //...)"), "//a:lib");
  EXPECT_EQ(Query("attr(absent, '', //...)"), "");
  EXPECT_EQ(Query("executables(//...)"), "//a:bin");
  EXPECT_EQ(Query("labels(deps, //a:bin)"), "//a:lib //b:gen");
  EXPECT_EQ(Query("tests(//...)"), "//a:test");
  EXPECT_EQ(Query("tests(//a:suite)"), "//a:test");
  EXPECT_EQ(Query("visible(//a:lib, //b:lib + //c:lib)"), "//b:lib");
  EXPECT_EQ(Query("visible(//a:lib + //c:lib, //b:lib + //b:gen)"), "//b:gen");
}

TEST_F(QueryFunctionsTest, Files) {
  EXPECT_EQ(Query("buildfiles(//a:lib)"), "//a:BUILD //b:BUILD //b:x.bzl");
  EXPECT_EQ(Query("loadfiles(//...)"), "//b:x.bzl");
  EXPECT_EQ(Query("rbuildfiles(b/x.bzl)"), "//a:BUILD //c:BUILD");
  EXPECT_EQ(Query("rbuildfiles('//b:x.bzl', b/BUILD)"), "//a:BUILD //b:BUILD //c:BUILD");
  EXPECT_EQ(Query("siblings(//c:lib)"), "//c:BUILD //c:lib");
}

TEST_F(QueryFunctionsTest, Some) {
  EXPECT_EQ(Query("some(//a:lib + //b:lib)"), "//a:lib");
  EXPECT_EQ(Query("some(//a:lib + //b:lib + //c:lib, 2)"), "//a:lib //b:lib");
  EXPECT_THAT(Query("some(set())"), HasSubstr("query:1:1: error: some(): the argument is empty"));
}

TEST_F(QueryFunctionsTest, ErrorsPointIntoTheExpression) {
  EXPECT_EQ(Query("deps(//a:lib + //x:y)"),
            "query:1:16: error: no such target '//x:y'\n"
            "  deps(//a:lib + //x:y)\n"
            "                 ^");
  EXPECT_THAT(Query("kind('(', //...)"), HasSubstr("query:1:6: error: '(' is no regular expression: missing )"));
  EXPECT_THAT(Query("mnemonic(x, //...)"), HasSubstr("mnemonic() chooses actions: it works with --at=action"));
  EXPECT_THAT(Query("config(//..., target)"), HasSubstr("query:1:15: error: nothing is configured"));
}

TEST(QueryKeepGoingTest, GoesPastWhatIsBroken) {
  std::map<std::string, FakeGraph::Spec> specs = Specs();
  specs["//c:lib"].dependencies = {"//gone:x"};
  FakeGraph graph(specs);
  EXPECT_EQ(Ask(graph, "deps(//a:lib)"), "no such target '//gone:x'");
  std::vector<absl::Status> errors;
  EXPECT_EQ(Ask(graph, "deps(//a:lib) + deps(//c:lib) + //x:y", {.keep_going = true}, &errors), "//a:lib //b:lib //c:lib");
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].message(), "no such target '//gone:x'");
  EXPECT_THAT(std::string(errors[1].message()), HasSubstr("query:1:33: error: no such target '//x:y'"));
}

}  // namespace
}  // namespace cow::query
