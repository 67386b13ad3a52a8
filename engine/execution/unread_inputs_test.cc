#include "engine/execution/unread_inputs.h"

#include <gtest/gtest.h>

namespace cow::execution {
namespace {

PreparedAction Sample() {
  PreparedAction prepared;
  prepared.preimage.action.salt = "salt";
  prepared.preimage.action.command = Digest::Of("command");
  prepared.preimage.action.input_root = Digest::Of("root");
  prepared.inputs = {{.path = "a", .digest = Digest::Of("1")},
                     {.path = "b", .digest = Digest::Of("2")},
                     {.kind = SpawnInput::Kind::kTree, .path = "t", .digest = Digest::Of("3")},
                     {.kind = SpawnInput::Kind::kSymlink, .path = "z", .target = "a"}};
  return prepared;
}

TEST(UnreadInputsTest, TheShapeIsAllButTheContentsOfFiles) {
  const Digest shape = ShapeOf(Sample());
  PreparedAction same = Sample();
  same.inputs[0].digest = Digest::Of("other");
  same.preimage.action.input_root = Digest::Of("other root");
  EXPECT_EQ(ShapeOf(same), shape);
  auto differs = [&](auto change) {
    PreparedAction other = Sample();
    change(other);
    return ShapeOf(other) != shape;
  };
  EXPECT_TRUE(differs([](PreparedAction& p) { p.inputs[0].path = "aa"; }));
  EXPECT_TRUE(differs([](PreparedAction& p) { p.inputs[0].executable = true; }));
  EXPECT_TRUE(differs([](PreparedAction& p) { p.inputs[0].digest = Digest(); }));
  EXPECT_TRUE(differs([](PreparedAction& p) { p.inputs[2].digest = Digest::Of("4"); }));
  EXPECT_TRUE(differs([](PreparedAction& p) { p.inputs[3].target = "b"; }));
  EXPECT_TRUE(differs([](PreparedAction& p) { p.inputs.pop_back(); }));
  EXPECT_TRUE(differs([](PreparedAction& p) { p.preimage.action.salt = "other"; }));
  EXPECT_TRUE(differs([](PreparedAction& p) { p.preimage.action.command = Digest::Of("other"); }));
  EXPECT_TRUE(differs([](PreparedAction& p) { p.preimage.action.timeout_seconds = 1; }));
  EXPECT_TRUE(differs([](PreparedAction& p) { p.preimage.action.platform = {{"a", "b"}}; }));
}

TEST(UnreadInputsTest, TheKeyHasWhatWasRead) {
  const PreparedAction action = Sample();
  const Digest shape = ShapeOf(action);
  const store::ReadSet read = {true, false, true, true};
  const Digest key = KeyOfRead(shape, action, read);
  PreparedAction other = Sample();
  other.inputs[1].digest = Digest::Of("other");
  EXPECT_EQ(KeyOfRead(shape, other, read), key);
  other.inputs[0].digest = Digest::Of("other");
  EXPECT_NE(KeyOfRead(shape, other, read), key);
  EXPECT_NE(KeyOfRead(shape, action, {true, true, true, true}), key);
  EXPECT_NE(KeyOfRead(Digest::Of("other shape"), action, read), key);
}

TEST(UnreadInputsTest, OnlyFilesCanBeUnused) {
  store::ReadSet read(4, true);
  MarkUnused(Sample(), "b\nt\nz\nnothing\n\n", &read);
  EXPECT_EQ(read, store::ReadSet({true, false, true, true}));
}

}  // namespace
}  // namespace cow::execution
