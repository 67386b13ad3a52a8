// What every BlobStore promises, run over each implementation.
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "engine/store/memory_blob_store.h"
#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

struct Implementation {
  const char* name;
  bool on_disk;
};

class BlobStoreContractTest : public testing::TestWithParam<Implementation> {
 protected:
  BlobStoreContractTest() {
    if (GetParam().on_disk) local_ = OpenTestingStore(dir_);
  }
  BlobStore& blobs() { return local_ ? static_cast<BlobStore&>(*local_->cas) : memory_; }

  TestingDir dir_;
  MemoryBlobStore memory_;
  std::unique_ptr<LocalStore> local_;
};

TEST_P(BlobStoreContractTest, ReturnsWhatWasPut) {
  std::string bytes("a\0b\n", 4);
  Digest digest = *blobs().Put(bytes);
  EXPECT_EQ(digest, Digest::Of(bytes));
  EXPECT_EQ(*blobs().Get(digest), bytes);
}

TEST_P(BlobStoreContractTest, DoesNotFindWhatWasNeverPut) {
  absl::Status status = blobs().Get(Digest::Of("nowhere")).status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(IsMiss(status));
}

TEST_P(BlobStoreContractTest, AlwaysHoldsTheEmptyBlob) {
  EXPECT_EQ(*blobs().Get(Digest()), "");
  EXPECT_TRUE(blobs().FindMissing({Digest()})->empty());
}

TEST_P(BlobStoreContractTest, PutsTheSameTwice) {
  EXPECT_EQ(*blobs().Put("same"), *blobs().Put("same"));
}

TEST_P(BlobStoreContractTest, DoesNotFindTheHashWithAnotherSize) {
  Digest digest = *blobs().Put("twelve bytes");
  Digest liar(digest.hash(), 11);
  EXPECT_TRUE(IsMiss(blobs().Get(liar).status()));
  EXPECT_EQ(blobs().FindMissing({liar})->size(), 1u);
  EXPECT_TRUE(blobs().Get(digest).ok());
}

TEST_P(BlobStoreContractTest, FindsTheMissingInTheOrderGiven) {
  Digest here = *blobs().Put("here");
  Digest gone = Digest::Of("gone");
  Digest lost = Digest::Of("lost");
  EXPECT_EQ(*blobs().FindMissing({lost, here, gone}), (std::vector<Digest>{lost, gone}));
}

TEST_P(BlobStoreContractTest, PutsSmallAndLargeFiles) {
  for (size_t size : {size_t{0}, size_t{10}, size_t{3 << 20}}) {
    std::string bytes(size, 'x');
    Digest digest = *blobs().PutFile(dir_.Write("file", bytes));
    EXPECT_EQ(digest, Digest::Of(bytes));
    EXPECT_EQ(*blobs().Get(digest), bytes);
  }
}

TEST_P(BlobStoreContractTest, RefusesWhatIsNoRegularFile) {
  EXPECT_TRUE(absl::IsInvalidArgument(blobs().PutFile(dir_.path()).status()));
  EXPECT_TRUE(absl::IsNotFound(blobs().PutFile(dir_.path() + "/absent").status()));
}

TEST_P(BlobStoreContractTest, ManyThreadsPutAndGetAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 100; ++i) {
        std::string bytes = std::to_string((i + t) % 50);
        EXPECT_EQ(*blobs().Get(*blobs().Put(bytes)), bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Stores, BlobStoreContractTest,
                         testing::Values(Implementation{"Memory", false}, Implementation{"Local", true}),
                         [](const auto& store) { return std::string(store.param.name); });

}  // namespace
}  // namespace cow::store
