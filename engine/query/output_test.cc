// How results are ordered and printed.
#include "engine/query/output.h"

#include "engine/query/graph_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::query {
namespace {

// //:top -> //:b -> //:a, //:top -> //:a, //x/y:c -> //:a
struct QueryOutputTest : testing::Test {
  std::string Print(OutputFormat format, OrderOutput order = OrderOutput::kAuto) {
    absl::StatusOr<std::string> text = Render(graph, graph.Resolve("//...", false)->nodes, format, order);
    return text.ok() ? *text : std::string(text.status().message());
  }
  FakeGraph graph{{{"//:top", {.dependencies = {"//:b", "//:a"}, .attributes = {{"note", {"say \"x\""}}}}},
                   {"//:b", {.dependencies = {"//:a"}}},
                   {"//:a", {.kind = "source file"}},
                   {"//x/y:c", {.dependencies = {"//:a"}}}}};
};

TEST_F(QueryOutputTest, LinesPerTarget) {
  EXPECT_EQ(Print(OutputFormat::kLabel), "//:a\n//:b\n//:top\n//x/y:c\n");
  EXPECT_EQ(Print(OutputFormat::kLabelKind), "source file //:a\nlib rule //:b\nlib rule //:top\nlib rule //x/y:c\n");
  EXPECT_THAT(Print(OutputFormat::kLocation), testing::HasSubstr("BUILD:1:1: lib rule //:b\n"));
  EXPECT_EQ(Print(OutputFormat::kPackage), "\nx/y\n");
  EXPECT_EQ(Print(OutputFormat::kFiles), "a.out\nb.out\ntop.out\nc.out\n");
}

TEST_F(QueryOutputTest, DependentsComeFirstInFullOrder) {
  EXPECT_EQ(Print(OutputFormat::kLabel, OrderOutput::kFull), "//:top\n//:b\n//x/y:c\n//:a\n");
  EXPECT_EQ(Print(OutputFormat::kLabel, OrderOutput::kDeps), Print(OutputFormat::kLabel, OrderOutput::kFull));
}

TEST_F(QueryOutputTest, Ranks) {
  EXPECT_EQ(Print(OutputFormat::kMinRank), "0 //:top\n0 //x/y:c\n1 //:a\n1 //:b\n");
  EXPECT_EQ(Print(OutputFormat::kMaxRank), "0 //:top\n0 //x/y:c\n1 //:b\n2 //:a\n");
}

TEST_F(QueryOutputTest, GraphIsDot) {
  EXPECT_EQ(Print(OutputFormat::kGraph),
            "digraph query {\n  node [shape=box];\n  \"//:a\"\n  \"//:b\"\n  \"//:b\" -> \"//:a\"\n  \"//:top\"\n"
            "  \"//:top\" -> \"//:a\"\n  \"//:top\" -> \"//:b\"\n  \"//x/y:c\"\n  \"//x/y:c\" -> \"//:a\"\n}\n");
}

TEST_F(QueryOutputTest, CyclesArePrintedAndHaveNoLongestWay) {
  FakeGraph cycle({{"//:a", {.dependencies = {"//:b"}}}, {"//:b", {.dependencies = {"//:a"}}}, {"//:c", {.dependencies = {"//:a"}}}});
  NodeSet all = cycle.Resolve("//...", false)->nodes;
  EXPECT_EQ(*Render(cycle, all, OutputFormat::kLabel, OrderOutput::kFull), "//:c\n//:a\n//:b\n");
  EXPECT_EQ(*Render(cycle, all, OutputFormat::kMinRank, OrderOutput::kAuto), "0 //:c\n1 //:a\n2 //:b\n");
  EXPECT_THAT(std::string(Render(cycle, all, OutputFormat::kMaxRank, OrderOutput::kAuto).status().message()), testing::HasSubstr("has a cycle"));
}

TEST_F(QueryOutputTest, JsonAndBuild) {
  EXPECT_THAT(Print(OutputFormat::kJson),
              testing::HasSubstr("{\"label\":\"//:b\",\"kind\":\"lib rule\",\"location\":\"BUILD:1:1\",\"attributes\":{},\"explicit\":[],\"deps\":[\"//:a\"]}\n"));
  EXPECT_THAT(Print(OutputFormat::kBuild), testing::HasSubstr("# BUILD:1:1\nlib(\n  name = \"b\",\n)\n"));
}

TEST_F(QueryOutputTest, NamesOfFormats) {
  EXPECT_EQ(*ParseOutputFormat("graph"), OutputFormat::kGraph);
  EXPECT_EQ(ParseOutputFormat("labl").status().message(),
            "--output wants one of [label, label_kind, build, json, graph, files, package, location, minrank, maxrank], got 'labl' "
            "(did you mean 'label'?)");
  EXPECT_FALSE(ParseOrderOutput("random").ok());
}

}  // namespace
}  // namespace cow::query
