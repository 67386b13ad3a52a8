#include "engine/store/file_state_cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "engine/store/memory_blob_store.h"
#include "engine/store/settled_file.h"
#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

// Counts the files that are read.
class CountingStore final : public BlobStore {
 public:
  absl::StatusOr<std::string> Get(const Digest& digest) override { return memory_.Get(digest); }
  absl::StatusOr<Digest> Put(std::string_view bytes) override { return memory_.Put(bytes); }
  absl::StatusOr<Digest> PutFile(const std::string& path) override {
    ++reads;
    return memory_.PutFile(path);
  }
  absl::StatusOr<std::vector<Digest>> FindMissing(const std::vector<Digest>& digests) override {
    return memory_.FindMissing(digests);
  }
  void Forget(const Digest& digest) { memory_.Forget(digest); }

  int reads = 0;

 private:
  MemoryBlobStore memory_;
};

class FileStateCacheTest : public testing::Test {
 protected:
  FileStateCacheTest() : layout_(*OpenCache(dir_.path() + "/cache")), database_(*Database::Open(layout_)) {}

  // A file old enough for its state to be believed.
  std::string OldFile(std::string_view bytes) {
    std::string path = dir_.Write("file", bytes);
    usleep(80'000);
    return path;
  }

  TestingDir dir_;
  CacheLayout layout_;
  std::unique_ptr<Database> database_;
  CountingStore blobs_;
  FileStateCache files_{&blobs_, database_.get()};
};

TEST_F(FileStateCacheTest, BringsTheBytesIntoTheStore) {
  Digest digest = *files_.DigestOf(OldFile("source"), Ingest::kIntoCas);
  EXPECT_EQ(digest, Digest::Of("source"));
  EXPECT_EQ(*blobs_.Get(digest), "source");
}

TEST_F(FileStateCacheTest, ReadsAnUnchangedFileOnce) {
  std::string path = OldFile("source");
  ASSERT_TRUE(files_.DigestOf(path, Ingest::kIntoCas).ok());
  EXPECT_EQ(*files_.DigestOf(path, Ingest::kIntoCas), Digest::Of("source"));
  EXPECT_EQ(blobs_.reads, 1);
}

TEST_F(FileStateCacheTest, ReadsAFileThatWasJustWrittenEveryTime) {
  std::string path = dir_.Write("file", "source");
  ASSERT_TRUE(files_.DigestOf(path, Ingest::kIntoCas).ok());
  ASSERT_TRUE(files_.DigestOf(path, Ingest::kIntoCas).ok());
  EXPECT_EQ(blobs_.reads, 2);
}

TEST_F(FileStateCacheTest, ReadsAgainWhenTheStoreLostTheBytes) {
  std::string path = OldFile("source");
  Digest digest = *files_.DigestOf(path, Ingest::kIntoCas);
  blobs_.Forget(digest);
  ASSERT_TRUE(files_.DigestOf(path, Ingest::kIntoCas).ok());
  EXPECT_TRUE(blobs_.Get(digest).ok());
}

TEST_F(FileStateCacheTest, DigestOnlyKeepsNoBytes) {
  Digest digest = *files_.DigestOf(OldFile("source"), Ingest::kDigestOnly);
  EXPECT_EQ(digest, Digest::Of("source"));
  EXPECT_TRUE(IsMiss(blobs_.Get(digest).status()));
  EXPECT_EQ(blobs_.reads, 0);
}

TEST_F(FileStateCacheTest, SeesAnEditOfEqualSizeWithTheOldTimeRestored) {
  std::string path = OldFile("aaaa");
  struct stat before;
  ASSERT_EQ(stat(path.c_str(), &before), 0);
  ASSERT_TRUE(files_.DigestOf(path, Ingest::kIntoCas).ok());
  ASSERT_TRUE(WriteFile(path, "bbbb").ok());
  timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  EXPECT_EQ(*files_.DigestOf(path, Ingest::kIntoCas), Digest::Of("bbbb"));
}

TEST_F(FileStateCacheTest, SeesARapidSequenceOfEditsOfEqualSize) {
  for (int i = 0; i < 200; ++i) {
    std::string bytes = std::to_string(1000 + i);
    std::string path = dir_.Write("file", bytes);
    ASSERT_EQ(*files_.DigestOf(path, Ingest::kIntoCas), Digest::Of(bytes));
  }
}

TEST_F(FileStateCacheTest, SeesAnotherFileMovedIntoPlace) {
  std::string path = OldFile("aaaa");
  ASSERT_TRUE(files_.DigestOf(path, Ingest::kIntoCas).ok());
  ASSERT_TRUE(RenameFile(dir_.Write("other", "bbbb"), path).ok());
  EXPECT_EQ(*files_.DigestOf(path, Ingest::kIntoCas), Digest::Of("bbbb"));
}

TEST_F(FileStateCacheTest, SeesTheExecutableBit) {
  std::string path = OldFile("source");
  EXPECT_FALSE(files_.StateOf(path, Ingest::kIntoCas)->executable);
  ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  EXPECT_TRUE(files_.StateOf(path, Ingest::kIntoCas)->executable);
}

TEST_F(FileStateCacheTest, RemembersInTheNextSession) {
  std::string path = OldFile("source");
  ASSERT_TRUE(files_.DigestOf(path, Ingest::kIntoCas).ok());
  ASSERT_TRUE(database_->Flush().ok());
  FileStateCache later(&blobs_, database_.get());
  EXPECT_EQ(*later.DigestOf(path, Ingest::kIntoCas), Digest::Of("source"));
  EXPECT_EQ(blobs_.reads, 1);
}

TEST_F(FileStateCacheTest, SeesAStoreThatNoTimeTellsOfIfItTrustsNothing) {
  std::string path = OldFile("aaaa");
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  auto* bytes = static_cast<char*>(mmap(nullptr, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0));
  ASSERT_NE(bytes, MAP_FAILED);
  bytes[0] = 'b';
  usleep(80'000);
  ASSERT_EQ(*files_.DigestOf(path, Ingest::kIntoCas), Digest::Of("baaa"));
  const FileInfo before = *StatFile(path);
  bytes[0] = 'c';
  munmap(bytes, 4);
  if (!SameState(before, *StatFile(path))) GTEST_SKIP() << "this file system tells";
  FileStateCache paranoid(&blobs_, database_.get(), Trust::kNothing);
  EXPECT_EQ(paranoid.deceptions(), 0);
  EXPECT_EQ(*paranoid.DigestOf(path, Ingest::kIntoCas), Digest::Of("caaa"));
  EXPECT_EQ(*paranoid.DigestOf(path, Ingest::kDigestOnly), Digest::Of("caaa"));
  EXPECT_EQ(paranoid.deceptions(), 1);
  // Its successors know as well.
  EXPECT_EQ(*files_.DigestOf(path, Ingest::kIntoCas), Digest::Of("caaa"));
  EXPECT_EQ(files_.deceptions(), 1);
}

TEST_F(FileStateCacheTest, FollowsSymlinks) {
  std::string path = OldFile("source");
  std::string link = dir_.path() + "/link";
  ASSERT_TRUE(MakeSymlink("file", link).ok());
  EXPECT_EQ(*files_.DigestOf(link, Ingest::kIntoCas), Digest::Of("source"));
  ASSERT_TRUE(ReplaceSymlink(dir_.Write("other", "else"), link).ok());
  EXPECT_EQ(*files_.DigestOf(link, Ingest::kIntoCas), Digest::Of("else"));
}

TEST_F(FileStateCacheTest, TellsAbsentFromDirectory) {
  EXPECT_TRUE(absl::IsNotFound(files_.DigestOf(dir_.path() + "/none", Ingest::kIntoCas).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(files_.DigestOf(dir_.path(), Ingest::kIntoCas).status()));
}

}  // namespace
}  // namespace cow::store
