// What every ActionCache promises, run over each implementation; and the stored form of results.
#include <gtest/gtest.h>

#include <memory>

#include "engine/store/action_result_record.h"
#include "engine/store/memory_action_cache.h"
#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

ActionResult Result() {
  return {.exit_code = 3,
          .outputs = {{.kind = ActionOutput::Kind::kFile, .path = "a.o", .digest = Digest::Of("a"), .executable = true},
                      {.kind = ActionOutput::Kind::kTree, .path = "tree", .digest = Digest::Of("t")},
                      {.kind = ActionOutput::Kind::kSymlink, .path = "l\xff", .target = "../x"}},
          .stdout_digest = Digest::Of("out"),
          .stderr_digest = Digest::Of("err"),
          .sandbox_tier = "S3",
          .wall_micros = 123456,
          .max_rss_kib = 7};
}

struct Implementation {
  const char* name;
  bool on_disk;
};

class ActionCacheContractTest : public testing::TestWithParam<Implementation> {
 protected:
  ActionCacheContractTest() {
    if (GetParam().on_disk) local_ = OpenTestingStore(dir_);
  }
  ActionCache& actions() { return local_ ? static_cast<ActionCache&>(*local_->actions) : memory_; }

  const Digest key_ = Digest::Of("key");
  TestingDir dir_;
  MemoryActionCache memory_;
  std::unique_ptr<LocalStore> local_;
};

TEST_P(ActionCacheContractTest, HasNothingAtFirst) {
  EXPECT_FALSE(actions().Get(key_)->has_value());
}

TEST_P(ActionCacheContractTest, ReturnsWhatWasPutAtOnce) {
  ASSERT_TRUE(actions().Put(key_, Result()).ok());
  EXPECT_EQ(**actions().Get(key_), Result());
}

TEST_P(ActionCacheContractTest, ReplacesAResult) {
  ASSERT_TRUE(actions().Put(key_, Result()).ok());
  ActionResult other;
  ASSERT_TRUE(actions().Put(key_, other).ok());
  EXPECT_EQ(**actions().Get(key_), other);
}

INSTANTIATE_TEST_SUITE_P(Caches, ActionCacheContractTest,
                         testing::Values(Implementation{"Memory", false}, Implementation{"Local", true}),
                         [](const auto& store) { return std::string(store.param.name); });

TEST(LocalActionCacheTest, RemembersInTheNextSession) {
  TestingDir dir;
  Digest key = Digest::Of("key");
  ASSERT_TRUE(OpenTestingStore(dir)->actions->Put(key, Result()).ok());
  auto store = OpenTestingStore(dir);
  EXPECT_EQ(**store->actions->Get(key), Result());
}

TEST(LocalActionCacheTest, TreatsARecordOfAnotherKeyAsAbsent) {
  TestingDir dir;
  auto store = OpenTestingStore(dir);
  Digest key = Digest::Of("key");
  store->database->Put(Table::kActions, key.hash_view(), EncodeActionResult(Digest::Of("other"), Result()));
  EXPECT_FALSE(store->actions->Get(key)->has_value());
}

TEST(ActionResultRecordTest, DecodesWhatItEncodes) {
  Digest key = Digest::Of("key");
  EXPECT_EQ(*DecodeActionResult(key, EncodeActionResult(key, Result())), Result());
  EXPECT_EQ(*DecodeActionResult(key, EncodeActionResult(key, {})), ActionResult());
}

TEST(ActionResultRecordTest, RefusesCutOffRecords) {
  Digest key = Digest::Of("key");
  std::string bytes = EncodeActionResult(key, Result());
  for (size_t size = 0; size < bytes.size() / 2; ++size) {
    EXPECT_FALSE(DecodeActionResult(key, bytes.substr(0, size)).ok()) << size;
  }
}

TEST(ActionResultRecordTest, SurvivesEveryFlippedByte) {
  Digest key = Digest::Of("key");
  std::string bytes = EncodeActionResult(key, Result());
  for (char& byte : bytes) {
    byte = static_cast<char>(~byte);
    DecodeActionResult(key, bytes).status().IgnoreError();
    byte = static_cast<char>(~byte);
  }
  EXPECT_TRUE(DecodeActionResult(key, bytes).ok());
}

}  // namespace
}  // namespace cow::store
