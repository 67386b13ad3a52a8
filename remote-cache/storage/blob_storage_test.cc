#include "remote-cache/storage/blob_storage.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/posix_file.h"

namespace cow::cache {
namespace {

class BlobStorageTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = *MakeTempDirectory(testing::TempDir() + "/storage-");
    options_.directory = folder_ + "/cache";
    options_.now_minute = [this] { return now_.load(); };
    Open();
  }
  void TearDown() override {
    storage_.reset();
    ASSERT_TRUE(RemoveTree(folder_).ok());
  }
  void Open() {
    storage_.reset();
    auto opened = BlobStorage::Open(options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    storage_ = *std::move(opened);
  }
  bool Has(const Digest& digest) { return storage_->FindMissing({digest})->empty(); }
  Digest Put(const std::string& bytes) {
    const Digest digest = Digest::Of(bytes);
    const absl::Status status = storage_->Put(digest, bytes);
    EXPECT_TRUE(status.ok()) << status;
    return digest;
  }
  std::vector<std::string> Files() {
    std::vector<std::string> files;
    const std::vector<DirectoryEntry> folders = *ListDirectory(options_.directory + "/cas");
    for (const DirectoryEntry& folder : folders) {
      const std::string path = absl::StrCat(options_.directory, "/cas/", folder.name);
      const std::vector<DirectoryEntry> entries = *ListDirectory(path);
      for (const DirectoryEntry& file : entries) files.push_back(absl::StrCat(path, "/", file.name));
    }
    return files;
  }

  // Files go when the index is written.
  bool HasFiles(size_t count) {
    for (int i = 0; i < 200 && Files().size() != count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return Files().size() == count;
  }

  static std::string Noise(size_t size) {
    std::mt19937_64 random(size);
    std::string bytes;
    while (bytes.size() < size) bytes.push_back(static_cast<char>(random()));
    bytes.resize(size);
    return bytes;
  }
  static std::string Text(size_t size) {
    std::string bytes;
    for (int i = 0; bytes.size() < size; ++i) absl::StrAppend(&bytes, "line ", i, " of a text\n");
    bytes.resize(size);
    return bytes;
  }

  std::string folder_;
  StorageOptions options_;
  std::atomic<int64_t> now_{1'000'000};
  std::unique_ptr<BlobStorage> storage_;
};

TEST_F(BlobStorageTest, GivesWhatWasPut) {
  for (size_t size : {0u, 1u, 2048u, 8192u, 8193u, 100'000u, 1'048'576u, 1'048'577u, 3'500'000u}) {
    for (const std::string& bytes : {Noise(size), Text(size)}) {
      const Digest digest = Put(bytes);
      EXPECT_TRUE(Has(digest));
      EXPECT_EQ(*storage_->ReadAll(digest), bytes) << size;
    }
  }
}

TEST_F(BlobStorageTest, ReadsFromAnyOffset) {
  for (const std::string& bytes : {Text(2'500'000), Noise(700'000), Text(300)}) {
    const Digest digest = Put(bytes);
    for (size_t offset : {size_t{0}, size_t{1}, bytes.size() / 2, bytes.size() - 1, bytes.size()}) {
      auto reader = storage_->Read(Space::kCas, digest.hash(), digest.size_bytes(), static_cast<int64_t>(offset));
      ASSERT_TRUE(reader.ok()) << reader.status();
      std::string rest;
      while ((*reader)->left() > 0) rest += *(*reader)->Next();
      EXPECT_EQ(rest, bytes.substr(offset));
      reader = storage_->Read(Space::kCas, digest.hash(), digest.size_bytes(), static_cast<int64_t>(offset));
      StreamDecompressor plain;
      rest.clear();
      while (true) {
        const std::string piece = *(*reader)->NextCompressed();
        if (piece.empty()) break;
        ASSERT_TRUE(plain.Add(piece, bytes.size(), &rest).ok());
      }
      EXPECT_EQ(rest, bytes.substr(offset));
      EXPECT_TRUE(plain.complete());
    }
  }
  const Digest digest = Put("short");
  EXPECT_EQ(storage_->Read(Space::kCas, digest.hash(), 5, 6).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(BlobStorageTest, RefusesWhatWasNotAnnounced) {
  const Digest digest = Digest::Of("right");
  EXPECT_EQ(storage_->Put(digest, "wrong").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(storage_->Put(digest, "righ").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(storage_->Put(digest, "right!").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(storage_->Put(Digest(digest.hash(), 4), "right").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(Has(digest));
  Put("right");
  EXPECT_FALSE(Has(Digest(digest.hash(), 4)));
  EXPECT_EQ(storage_->Read(Space::kCas, digest.hash(), 4, 0).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(BlobStorageTest, NeverGivesDamagedBytes) {
  for (const std::string& bytes : {Noise(600'000), Text(600'000)}) {
    const Digest digest = Put(bytes);
    ASSERT_EQ(Files().size(), 1u);
    const std::string file = Files()[0];
    std::string stored = *ReadFile(file);
    stored[stored.size() / 2] ^= 1;
    ASSERT_TRUE(WriteFile(file, stored).ok());
    EXPECT_EQ(storage_->ReadAll(digest).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_FALSE(Has(digest));
    EXPECT_TRUE(HasFiles(0));
    Put(bytes);
    ASSERT_TRUE(WriteFile(Files()[0], "short").ok());
    EXPECT_EQ(storage_->ReadAll(digest).status().code(), absl::StatusCode::kNotFound);
    EXPECT_TRUE(HasFiles(0));
    Put(bytes);
    ASSERT_TRUE(RemoveFile(Files()[0]).ok());
    EXPECT_EQ(storage_->ReadAll(digest).status().code(), absl::StatusCode::kNotFound);
    EXPECT_FALSE(Has(digest));
  }
  EXPECT_EQ(storage_->statistics().damaged_blobs, 4);
  EXPECT_EQ(storage_->statistics().vanished_blobs, 2);
  EXPECT_LT(storage_->statistics().used_bytes, 1);
}

TEST_F(BlobStorageTest, OutlivesTheProcess) {
  const Digest large = Put(Text(50'000));
  const Digest small = Put("small");
  ASSERT_TRUE(storage_->PutResult(small.hash(), "a result").ok());
  const int64_t used = storage_->statistics().used_bytes;
  Open();
  EXPECT_TRUE(Has(large));
  EXPECT_TRUE(Has(small));
  EXPECT_EQ(**storage_->GetResult(small.hash()), "a result");
  EXPECT_EQ(storage_->statistics().used_bytes, used);
}

TEST_F(BlobStorageTest, OneServerAtATime) {
  EXPECT_EQ(BlobStorage::Open(options_).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(BlobStorageTest, UnfinishedUploadsLeaveNothing) {
  const std::string bytes = Noise(2'000'000);
  {
    auto upload = storage_->Begin(Digest::Of(bytes));
    ASSERT_TRUE((*upload)->writer().Write(std::string_view(bytes).substr(0, 1'500'000)).ok());
    EXPECT_EQ(storage_->statistics().reserved_bytes, 2'000'000);
  }
  EXPECT_EQ(storage_->statistics().reserved_bytes, 0);
  EXPECT_TRUE(ListDirectory(options_.directory + "/tmp")->empty());
  EXPECT_FALSE(Has(Digest::Of(bytes)));
}

TEST_F(BlobStorageTest, EvictsWhatWasNotUsedForLongest) {
  options_.max_bytes = 4'000'000;
  Open();
  std::vector<Digest> old;
  for (int i = 0; i < 100; ++i) old.push_back(Put(Noise(20'000 + static_cast<size_t>(i))));
  now_ += 300;
  std::vector<Digest> recent;
  for (int i = 0; i < 95; ++i) recent.push_back(Put(Noise(30'000 + static_cast<size_t>(i))));
  for (int i = 0; i < 200 && storage_->statistics().used_bytes > options_.max_bytes; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_LE(storage_->statistics().used_bytes, options_.max_bytes);
  EXPECT_TRUE(storage_->FindMissing(recent)->empty());
  EXPECT_GE(storage_->FindMissing(old)->size(), 20u);
  EXPECT_GE(storage_->statistics().evicted_age_minutes, 300);
}

TEST_F(BlobStorageTest, RetentionYieldsOnlyToTheHardBound) {
  options_.max_bytes = 1'000'000;
  options_.hard_max_bytes = 2'000'000;
  Open();
  std::vector<Digest> digests;
  for (size_t i = 0; i < 60; ++i) digests.push_back(Put(Noise(20'000 + i)));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_TRUE(storage_->FindMissing(digests)->empty());  // 1.4 MB, all used just now
  for (size_t i = 0; i < 100; ++i) Put(Noise(30'000 + i));
  EXPECT_LE(storage_->statistics().used_bytes, options_.hard_max_bytes + 40'000);
  EXPECT_EQ(storage_->Begin(Digest(Digest().hash(), 1'000'001)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(BlobStorageTest, RawBytesUnderAnyKey) {
  const Key key = Digest::Of("key").hash();
  for (const std::string& bytes : {std::string("first"), Text(100'000), Noise(50'000)}) {
    auto upload = storage_->BeginRaw(key, static_cast<int64_t>(bytes.size()));
    ASSERT_TRUE((*upload)->writer().Write(bytes).ok());
    ASSERT_TRUE(storage_->Commit(**upload).ok());
    auto reader = storage_->Read(Space::kRaw, key, -1, 0);
    std::string got;
    while ((*reader)->left() > 0) got += *(*reader)->Next();
    EXPECT_EQ(got, bytes);
    EXPECT_TRUE(HasFiles(bytes.size() > 8192 ? 1 : 0));
  }
}

TEST_F(BlobStorageTest, VerifyFindsDamage) {
  const Digest sound = Put(Text(30'000));
  const Digest damaged = Put(Noise(30'000));
  for (const std::string& file : Files()) {
    if (file.find(damaged.hex()) == std::string::npos) continue;
    std::string bytes = *ReadFile(file);
    bytes[17] ^= 1;
    ASSERT_TRUE(WriteFile(file, bytes).ok());
  }
  EXPECT_EQ(*storage_->Verify([](int64_t, int64_t) {}), 1);
  EXPECT_TRUE(Has(sound));
  EXPECT_FALSE(Has(damaged));
}

// A power cut as the next boot sees it: no checkpoint, and of one file the bytes are not what was written.
TEST_F(BlobStorageTest, ReadsWhatNoCheckpointCoversInTheNextBoot) {
  const std::string lost = Noise(30'000);
  const std::string kept = Text(30'000);
  storage_.reset();
  options_.boot_id = "first";
  options_.checkpoint_interval = absl::Hours(1);
  const pid_t child = fork();
  if (child == 0) {
    auto storage = BlobStorage::Open(options_);
    for (const std::string& bytes : {lost, kept}) (*storage)->Put(Digest::Of(bytes), bytes).IgnoreError();  // seen below
    absl::SleepFor(absl::Seconds(1));  // the index is written
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  for (const std::string& file : Files()) {
    if (file.find(Digest::Of(lost).hex()) == std::string::npos) continue;
    ASSERT_TRUE(WriteFile(file, std::string(30'000, '\0')).ok());
  }
  options_.boot_id = "second";
  Open();
  EXPECT_FALSE(Has(Digest::Of(lost)));
  EXPECT_TRUE(Has(Digest::Of(kept)));
  EXPECT_EQ(storage_->statistics().damaged_blobs, 1);
}

TEST_F(BlobStorageTest, UsedByManyThreads) {
  options_.max_bytes = 2'000'000;
  options_.min_retention = absl::ZeroDuration();
  Open();
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 300; ++i) {
        if (i % 50 == 0) now_ += 11;
        const std::string bytes = Text(1000 + random() % 100 * 400);
        const Digest digest = Digest::Of(bytes);
        if (random() % 2 == 0) {
          storage_->Put(digest, bytes).IgnoreError();  // may find no room
        } else if (absl::StatusOr<std::string> got = storage_->ReadAll(digest); got.ok() && *got != bytes) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(storage_->statistics().damaged_blobs, 0);
}

}  // namespace
}  // namespace cow::cache
