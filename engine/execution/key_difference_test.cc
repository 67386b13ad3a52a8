#include "engine/execution/key_difference.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/store/testing_cache.h"

namespace cow::execution {
namespace {

using Kind = KeyDifference::Kind;
using Differences = std::vector<KeyDifference>;

std::string Text(std::string_view bytes) { return Digest::Of(bytes).ToString(); }

class KeyDifferenceTest : public testing::Test {
 protected:
  struct Scene {
    ActionMessage action{.timeout_seconds = 1, .salt = "cow.v1"};
    CommandMessage command{.arguments = {"tool", "-a", "-b"},
                           .environment = {{"A", "1"}, {"B", "2"}},
                           .platform = {{"ISA", "x86-64"}, {"cow-host-tree", "t1"}},
                           .output_paths = {"out/o"}};
    std::vector<std::pair<std::string, std::string>> files = {{"a.c", "a"}, {"d/e/x.h", "x"}, {"d/y.h", "y"}};
  };

  Digest Store(const Scene& scene) {
    KeyPreimage preimage{.action = scene.action, .command = scene.command};
    store::DirectoryBuilder builder;
    for (const auto& [path, bytes] : scene.files) builder.AddFile(path, Digest::Of(bytes), false);
    preimage.directories = builder.Build()->directories;
    preimage.action.input_root = preimage.directories.front().digest;
    preimage.action.command = Digest::Of(EncodeCommand(scene.command));
    preimage.action.platform = scene.command.platform;
    const Digest key = Digest::Of(EncodeAction(preimage.action));
    StorePreimage(key, preimage, preimages_);
    return key;
  }

  Differences Compare(const Scene& before, const Scene& after) {
    KeyComparison comparison(preimages_, [this](const Digest& digest) -> std::optional<std::string> {
      auto found = blobs_.find(digest);
      if (found == blobs_.end()) return std::nullopt;
      return found->second;
    });
    return comparison.Compare(Store(before), Store(after)).value_or(Differences{{.name = "preimages are gone"}});
  }

  store::TestingDir dir_;
  std::unique_ptr<store::LocalStore> store_ = store::OpenTestingStore(dir_);
  store::PreimageStore preimages_{store_->database.get()};
  std::map<Digest, std::string> blobs_;
};

TEST_F(KeyDifferenceTest, TellsEveryPartOfAKey) {
  struct Case {
    const char* name;
    void (*change)(Scene&);
    Differences want;
  };
  const std::vector<Case> cases = {
      {"nothing", [](Scene&) {}, {}},
      {"argument", [](Scene& s) { s.command.arguments[1] = "-c"; }, {{Kind::kArgument, "", "-a", "-c"}}},
      {"argument more", [](Scene& s) { s.command.arguments.push_back("-c"); }, {{Kind::kArgument, "", "", "-c"}}},
      {"argument twice", [](Scene& s) { s.command.arguments.push_back("-a"); }, {{Kind::kArgument, "", "", "-a"}}},
      {"argument less", [](Scene& s) { s.command.arguments.pop_back(); }, {{Kind::kArgument, "", "-b", ""}}},
      {"order", [](Scene& s) { std::swap(s.command.arguments[1], s.command.arguments[2]); }, {{Kind::kArgumentOrder, "", "", ""}}},
      {"variable", [](Scene& s) { s.command.environment[0].second = "3"; }, {{Kind::kEnvironment, "A", "1", "3"}}},
      {"variable less", [](Scene& s) { s.command.environment.pop_back(); }, {{Kind::kEnvironment, "B", "2", ""}}},
      {"host tree", [](Scene& s) { s.command.platform[1].second = "t2"; }, {{Kind::kHostTree, "cow-host-tree", "t1", "t2"}}},
      {"property", [](Scene& s) { s.command.platform.emplace_back("pool", "x"); }, {{Kind::kPlatformProperty, "pool", "", "x"}}},
      {"outputs", [](Scene& s) { s.command.output_paths.push_back("out/p"); }, {{Kind::kOutputs, "", "", "out/p"}}},
      {"timeout", [](Scene& s) { s.action.timeout_seconds = 2; }, {{Kind::kTimeout, "", "1", "2"}}},
      {"caching", [](Scene& s) { s.action.do_not_cache = true; }, {{Kind::kCaching, "", "kept", "not kept"}}},
      {"engine", [](Scene& s) { s.action.salt = "cow.v2"; }, {{Kind::kEngine, "", "cow.v1", "cow.v2"}}},
      {"input", [](Scene& s) { s.files[1].second = "z"; }, {{Kind::kInputChanged, "d/e/x.h", Text("x"), Text("z")}}},
      {"input more", [](Scene& s) { s.files.emplace_back("n/m/new.h", "n"); }, {{Kind::kInputAdded, "n/m/new.h", "", Text("n")}}},
      {"input less", [](Scene& s) { s.files.pop_back(); }, {{Kind::kInputRemoved, "d/y.h", Text("y"), ""}}},
      {"directory less", [](Scene& s) { s.files.erase(s.files.begin() + 1); }, {{Kind::kInputRemoved, "d/e/x.h", Text("x"), ""}}},
      {"input renamed", [](Scene& s) { s.files[0].first = "b.c"; },
       {{Kind::kInputRemoved, "a.c", Text("a"), ""}, {Kind::kInputAdded, "b.c", "", Text("a")}}},
  };
  for (const auto& [name, change, want] : cases) {
    Scene before;
    Scene after;
    change(after);
    EXPECT_EQ(Compare(before, after), want) << name;
  }
}

TEST_F(KeyDifferenceTest, CallsTheProgramThatRunsATool) {
  Scene before;
  before.files.emplace_back("tool", "t");
  Scene after = before;
  after.files.back().second = "u";
  EXPECT_EQ(Compare(before, after), (Differences{{Kind::kTool, "tool", Text("t"), Text("u")}}));
}

TEST_F(KeyDifferenceTest, ReadsParameterFiles) {
  blobs_[Digest::Of("-x\n-y\n")] = "-x\n-y\n";
  blobs_[Digest::Of("-x\n-z\n")] = "-x\n-z\n";
  Scene before;
  before.command.arguments = {"tool", "@out/o-0.params"};
  before.files.emplace_back("out/o-0.params", "-x\n-y\n");
  Scene after = before;
  after.files.back().second = "-x\n-z\n";
  EXPECT_EQ(Compare(before, after), (Differences{{Kind::kArgument, "", "-y", "-z"}}));
  blobs_.clear();
  EXPECT_EQ(Compare(before, after),
            (Differences{{Kind::kInputChanged, "out/o-0.params", Text("-x\n-y\n"), Text("-x\n-z\n")}}));
}

TEST_F(KeyDifferenceTest, KnowsNothingOfKeysWithoutPreimage) {
  KeyComparison comparison(preimages_, [](const Digest&) { return std::nullopt; });
  EXPECT_FALSE(comparison.Compare(Store({}), Digest::Of("other")).has_value());
}

}  // namespace
}  // namespace cow::execution
