#include "engine/store/build_history.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

RecordedAction Action(const std::string& name) {
  return {.outputs = {"cow-out/" + name, "cow-out/" + name + ".d"},
          .label = "//a:" + name,
          .mnemonic = "Compile",
          .outcome = RecordedAction::Outcome::kFailed,
          .miss = MissReason::kBlobLost,
          .key = Digest::Of("now " + name),
          .previous = {{.key = Digest::Of("then"), .failed = true, .unix_micros = 7}, {.key = Digest::Of("before")}},
          .lost = "cow-out/lost",
          .source = "src",
          .start_micros = 3,
          .wall_micros = 4};
}

BuildRecord Record(int64_t unix_micros, std::vector<RecordedAction> actions = {}) {
  return {.summary = {.unix_micros = unix_micros,
                      .wall_micros = 5,
                      .command = "build",
                      .arguments = {"//...", "-c", "opt"},
                      .exit_code = 1,
                      .interrupted = true,
                      .actions_run = 2,
                      .actions_cached = 3,
                      .actions_failed = 4},
          .actions = std::move(actions)};
}

class BuildHistoryTest : public testing::Test {
 protected:
  // As the next process would see it.
  void Reopen() {
    store_.reset();
    store_ = OpenTestingStore(dir_);
  }
  BuildHistory History(HistoryLimits limits = {}) { return BuildHistory(store_->database.get(), "/ws", limits); }
  void Add(BuildRecord record, HistoryLimits limits = {}) {
    History(limits).AddBuild(std::move(record));
    Reopen();
  }

  TestingDir dir_;
  std::unique_ptr<LocalStore> store_ = OpenTestingStore(dir_);
};

TEST_F(BuildHistoryTest, KeepsBuildsInTheOrderOfTimeWithEverythingAboutThem) {
  Add(Record(1000, {Action("x"), Action("y")}));
  Add(Record(2000));
  std::vector<BuildSummary> builds = History().Builds();
  ASSERT_EQ(builds.size(), 2u);
  BuildSummary first = Record(1000).summary;
  first.number = 1;
  first.actions_recorded = 2;
  first.record_bytes = builds[0].record_bytes;
  EXPECT_EQ(builds[0], first);
  EXPECT_GT(builds[0].record_bytes, 100);
  EXPECT_EQ(builds[1].number, 2);
  EXPECT_EQ(*History().ActionsOf(1000), (std::vector<RecordedAction>{Action("x"), Action("y")}));
  EXPECT_TRUE(History().ActionsOf(2000)->empty());
  EXPECT_FALSE(History().ActionsOf(3000).has_value());
}

TEST_F(BuildHistoryTest, DropsTheOldestBuildsWhenThereAreTooMany) {
  for (int64_t i = 1; i <= 5; ++i) Add(Record(i, {Action("x")}), {.builds = 3});
  std::vector<BuildSummary> builds = History().Builds();
  ASSERT_EQ(builds.size(), 3u);
  EXPECT_EQ(builds[0].number, 3);
  EXPECT_EQ(builds[2].number, 5);
  EXPECT_FALSE(History().ActionsOf(2).has_value());
  EXPECT_TRUE(History().ActionsOf(3).has_value());
}

TEST_F(BuildHistoryTest, DropsTheOldestBuildsWhenTheyAreTooLargeButNeverTheNewest) {
  Add(Record(1, {Action("x")}), {.bytes = 10});
  EXPECT_EQ(History().Builds().size(), 1u);
  Add(Record(2, {Action("x")}), {.bytes = 10});
  ASSERT_EQ(History().Builds().size(), 1u);
  EXPECT_EQ(History().Builds()[0].number, 2);
}

TEST_F(BuildHistoryTest, WorkspacesDoNotSeeEachOther) {
  BuildHistory(store_->database.get(), "/other").AddBuild(Record(1));
  BuildHistory(store_->database.get(), "/other").AddLastKey("o", {.key = Digest::Of("k")});
  Reopen();
  EXPECT_TRUE(History().Builds().empty());
  EXPECT_FALSE(History().ActionsOf(1).has_value());
  EXPECT_TRUE(History().LastKeysOf("o").empty());
}

TEST_F(BuildHistoryTest, RemembersTheLastKeysOfAnOutput) {
  auto key = [](const std::string& name) { return LastKey{.key = Digest::Of(name), .failed = true, .unix_micros = 12}; };
  EXPECT_TRUE(History().LastKeysOf("o").empty());
  for (const char* name : {"a", "b", "c", "b"}) History().AddLastKey("o", key(name));
  EXPECT_EQ(History().LastKeysOf("o"), (std::vector<LastKey>{key("b"), key("c"), key("a")}));
  Reopen();
  for (const char* name : {"d", "e"}) History().AddLastKey("o", key(name));
  EXPECT_EQ(History().LastKeysOf("o"), (std::vector<LastKey>{key("e"), key("d"), key("b"), key("c")}));
  EXPECT_TRUE(History().LastKeysOf("p").empty());
}

TEST_F(BuildHistoryTest, RemembersHowLongActionsTake) {
  auto timed = [](const std::string& name, const std::string& mnemonic, int64_t micros) {
    return RecordedAction{.outputs = {name}, .mnemonic = mnemonic, .wall_micros = micros};
  };
  BuildRecord record = Record(1);
  for (int i = 0; i < 98; ++i) record.actions.push_back(timed(absl::StrCat("o", i), "Compile", 1'000));
  record.actions.push_back(timed("slow", "Compile", 5'000'000));
  record.actions.push_back(timed("link", "Link", 2'000));
  Add(std::move(record));
  const RecordedDurations first = History().Durations();
  EXPECT_EQ(first.by_mnemonic.at("Compile"), (98 * 1'000 + 5'000'000) / 99);
  EXPECT_EQ(first.by_mnemonic.at("Link"), 2'000);
  EXPECT_EQ(first.by_output.size(), 1u);
  EXPECT_EQ(first.by_output.at("slow"), 5'000'000);
  BuildRecord later = Record(2);
  later.actions.push_back(timed("slow", "Compile", 1'000));
  Add(std::move(later));
  const RecordedDurations second = History().Durations();
  EXPECT_TRUE(second.by_output.empty());
  EXPECT_LT(second.by_mnemonic.at("Compile"), first.by_mnemonic.at("Compile"));
  EXPECT_EQ(second.by_mnemonic.at("Link"), 2'000);
}

TEST_F(BuildHistoryTest, TakesDamagedRecordsForMissingOnes) {
  Add(Record(1, {Action("x")}));
  std::string key(Digest::Of("/ws").hash_view());
  key += std::string("\0\0\0\0\0\0\0\1", 8);
  std::string bytes = **store_->database->Get(Table::kBuildActions, key);
  for (size_t size = 0; size < bytes.size() / 2; size += 7) {
    store_->database->Put(Table::kBuildActions, key, bytes.substr(0, size));
    EXPECT_FALSE(History().ActionsOf(1).has_value()) << size;
  }
}

TEST(PreimageStoreTest, KeepsWhatWasPut) {
  TestingDir dir;
  auto store = OpenTestingStore(dir);
  PreimageStore preimages(store->database.get());
  EXPECT_FALSE(preimages.Get(Digest::Of("a")).has_value());
  preimages.Put(Digest::Of("a"), "a");
  preimages.Put(Digest::Of("a"), "a");
  EXPECT_EQ(preimages.Get(Digest::Of("a")), "a");
}

}  // namespace
}  // namespace cow::store
