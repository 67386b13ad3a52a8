// Leases, collection and verification of a cache.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "engine/store/cache_collection.h"
#include "engine/store/cache_verification.h"
#include "engine/store/result_usage.h"
#include "engine/store/session_lease.h"
#include "engine/store/testing_cache.h"
#include "engine/store/tree_encoding.h"

namespace cow::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CacheMaintenanceTest : public testing::Test {
 protected:
  // Stores an output of 100 KiB and the result of the action that made it in so many seconds.
  Digest AddResult(const std::string& name, int64_t seconds) {
    const Digest output = *store_->cas->Put(name + std::string(100 * 1024, 'x'));
    ActionResult result{.wall_micros = seconds * 1'000'000};
    result.outputs = {{.path = name, .digest = output}};
    EXPECT_TRUE(store_->actions->Put(Digest::Of("key of " + name), result).ok());
    return output;
  }
  bool HasResult(const std::string& name) { return store_->actions->Get(Digest::Of("key of " + name))->has_value(); }
  bool HasBlob(const Digest& digest) const { return FileExists(store_->cas->UncheckedPathOf(digest)); }
  // Without the scratch of this session, which does not count.
  int64_t Bytes() {
    EXPECT_TRUE(store_->database->Flush().ok());
    const CacheCensus census = *TakeCensus(store_->layout, *store_->database, false);
    return census.total_bytes() - census.scratch.bytes;
  }

  TestingDir dir_;
  std::unique_ptr<LocalStore> store_ = OpenTestingStore(dir_);
};

TEST_F(CacheMaintenanceTest, ALeaseCoversWhatWasAddedAndLittleElse) {
  const auto map = *LeaseMap::Create(dir_.path() + "/lease");
  const auto same = *LeaseMap::Open(dir_.path() + "/lease");
  for (int i = 0; i < 1000; ++i) map->Add(Digest::Of(absl::StrCat(i)));
  int strangers = 0;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(same->MayHold(Digest::Of(absl::StrCat(i))));
    strangers += same->MayHold(Digest::Of(absl::StrCat("other ", i))) ? 1 : 0;
  }
  EXPECT_LT(strangers, 5);
  EXPECT_FALSE(LeaseMap::Create(dir_.path() + "/lease").ok());
}

TEST_F(CacheMaintenanceTest, ASessionLeasesWhatItLooksFor) {
  const Digest missing = Digest::Of("missing");
  EXPECT_FALSE(store_->cas->Contains(missing));
  const Digest present = *store_->cas->Put("present");
  LivingLeases own(store_->layout, store_->session->path());
  ASSERT_TRUE(own.Refresh().ok());
  EXPECT_EQ(own.sessions(), 0u);
  LivingLeases others(store_->layout, "");
  ASSERT_TRUE(others.Refresh().ok());
  EXPECT_EQ(others.sessions(), 1u);
  EXPECT_TRUE(others.MayHold(missing));
  EXPECT_TRUE(others.MayHold(present));
  EXPECT_FALSE(others.MayHold(Digest::Of("other")));
}

TEST_F(CacheMaintenanceTest, WhatIsCheapestToMakeAgainGoesFirst) {
  const Digest slow = AddResult("slow", 100);
  const Digest quick = AddResult("quick", 1);
  const Digest middle = AddResult("middle", 10);
  ASSERT_TRUE(store_->database->Flush().ok());
  absl::StatusOr<CollectionResult> result = CollectGarbage(*store_, Bytes() - 4096);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(HasBlob(quick));
  EXPECT_TRUE(HasBlob(middle));
  EXPECT_TRUE(HasBlob(slow));
  EXPECT_FALSE(HasResult("quick"));
  EXPECT_TRUE(HasResult("slow"));
  EXPECT_EQ(result->results, 1);
  EXPECT_LE(result->bytes_after, result->bytes_before - 4096);
}

TEST_F(CacheMaintenanceTest, WhatIsNotTooMuchStays) {
  const Digest output = AddResult("x", 1);
  absl::StatusOr<CollectionResult> result = CollectGarbage(*store_, Bytes() + 64 * 1024);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->blobs.count, 0);
  EXPECT_TRUE(HasBlob(output));
}

TEST_F(CacheMaintenanceTest, WhatAnotherSessionLeasesStays) {
  const Digest used = AddResult("used", 1);
  const Digest unused = AddResult("unused", 1);
  ASSERT_TRUE(store_->database->Flush().ok());
  // Another session: a directory that is locked, with a lease.
  const auto other = *SessionDir::Create(store_->layout);
  const auto lease = *LeaseMap::Create(absl::StrCat(other->path(), "/", kLeaseFile));
  lease->Add(used);
  absl::StatusOr<CollectionResult> result = CollectGarbage(*store_, 1);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(HasBlob(used));
  EXPECT_FALSE(HasBlob(unused));
  EXPECT_GT(result->leased_bytes, 0);
}

TEST_F(CacheMaintenanceTest, ACollectedTreeIsLaidOutAgain) {
  const Digest leaf = *store_->cas->Put("leaf");
  const Digest tree = *store_->cas->Put(*EncodeTree({{.path = "d/leaf", .digest = leaf}}));
  const std::string place = *store_->trees->MaterializeTree(tree);
  // The tree goes first: it costs nothing.
  absl::StatusOr<CollectionResult> result = CollectGarbage(*store_, Bytes() - 4096);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(FileExists(place));
  EXPECT_EQ(result->trees.count, 1);
  EXPECT_EQ(*store_->trees->MaterializeTree(tree), place);
  EXPECT_EQ(*ReadFile(place + "/d/leaf"), "leaf");
}

TEST_F(CacheMaintenanceTest, UseCountsOncePerEpoch) {
  AddResult("x", 1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(HasResult("x"));
  const std::string key = UsageKey(Digest::Of("key of x").hash_view());
  std::optional<Usage> usage = DecodeUsage(**store_->database->Get(Table::kMeta, key));
  ASSERT_TRUE(usage.has_value());
  EXPECT_GE(usage->epoch, AccessEpochNow() - 1);
  EXPECT_LE(usage->epochs, 2);
}

TEST_F(CacheMaintenanceTest, ASoundCacheIsSound) {
  AddResult("x", 1);
  const Digest tree = *store_->cas->Put(*EncodeTree({{.kind = TreeEntry::Kind::kEmptyDirectory, .path = "e"},
                                                     {.path = "d/x", .digest = *store_->cas->Put("1"), .executable = true},
                                                     {.path = "d-y", .digest = *store_->cas->Put("2")}}));
  ASSERT_TRUE(store_->trees->MaterializeTree(tree).ok());
  absl::StatusOr<VerificationResult> result = VerifyCache(*store_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->bad, IsEmpty());
  EXPECT_EQ(result->trees, 1);
  EXPECT_GE(result->blobs, 5);
  EXPECT_EQ(result->incomplete_results, 0);
}

TEST_F(CacheMaintenanceTest, WhatIsBadGoesToQuarantine) {
  const Digest output = AddResult("x", 1);
  const std::string blob = store_->cas->UncheckedPathOf(output);
  ASSERT_TRUE(RemoveFile(blob).ok());
  ASSERT_TRUE(WriteFile(blob, "something else").ok());
  const Digest tree = *store_->cas->Put(*EncodeTree({{.path = "x", .digest = *store_->cas->Put("1")}}));
  const std::string place = *store_->trees->MaterializeTree(tree);
  ASSERT_TRUE(RemoveTree(place).ok());
  ASSERT_TRUE(MakeDirectories(place).ok());
  ASSERT_TRUE(WriteFile(store_->layout.cas() + "/stray", "").ok());
  absl::StatusOr<VerificationResult> result = VerifyCache(*store_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->bad, testing::UnorderedElementsAre(HasSubstr("blob " + output.hex()), HasSubstr("tree " + tree.hex()),
                                                         HasSubstr("stray")));
  EXPECT_FALSE(FileExists(blob));
  EXPECT_FALSE(FileExists(place));
  EXPECT_EQ(ListDirectory(store_->layout.quarantine())->size(), 3u);
  // Once is enough; the result lacks its bytes now.
  result = VerifyCache(*store_);
  EXPECT_THAT(result->bad, IsEmpty());
  EXPECT_EQ(result->incomplete_results, 1);
}

}  // namespace
}  // namespace cow::store
