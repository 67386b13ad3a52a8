#include "engine/store/cas.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/store/testing_cache.h"
#include "engine/store/trust_index.h"

namespace cow::store {
namespace {

// Changes one byte and hides it: size and modification time stay.
void FlipByte(const std::string& path) {
  struct stat before;
  ASSERT_EQ(stat(path.c_str(), &before), 0);
  std::string bytes = *ReadFile(path);
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  ASSERT_TRUE(WriteFile(path, bytes).ok());
  timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  ASSERT_EQ(chmod(path.c_str(), 0444), 0);
}

class LocalCasTest : public testing::Test {
 protected:
  size_t Quarantined() const { return ListDirectory(dir_.path() + "/cache/quarantine")->size(); }

  // Makes the index believe the file as it is now, as it would if the disk had lost bytes behind our back.
  static void PretendUnchanged(LocalStore& store, const Digest& digest) {
    TrustIndex(store.database.get(), Table::kBlobs)
        .Record(digest.hash_view(), *LstatFile(store.cas->UncheckedPathOf(digest)));
  }

  TestingDir dir_;
};

TEST_F(LocalCasTest, KeepsBlobsReadOnlyUnderTheirHash) {
  auto store = OpenTestingStore(dir_);
  Digest digest = *store->cas->Put("bytes");
  std::string path = *store->cas->PathOf(digest);
  EXPECT_EQ(path, dir_.path() + "/cache/cas/" + digest.hex().substr(0, 2) + "/" + digest.hex());
  FileInfo info = *LstatFile(path);
  EXPECT_EQ(info.mode, 0444u);
  EXPECT_EQ(info.links, 1u);
  EXPECT_EQ(*ReadFd(store->cas->Open(digest)->get()), "bytes");
}

TEST_F(LocalCasTest, FindsAChangedByteInTheSameBoot) {
  auto store = OpenTestingStore(dir_);
  Digest digest = *store->cas->Put("some bytes");
  FlipByte(store->cas->UncheckedPathOf(digest));
  EXPECT_TRUE(absl::IsDataLoss(store->cas->PathOf(digest).status()));
  EXPECT_TRUE(absl::IsNotFound(store->cas->PathOf(digest).status()));
  EXPECT_EQ(Quarantined(), 1u);
}

TEST_F(LocalCasTest, FindsAByteTheDiskLostAfterAReboot) {
  Digest digest = Digest::Of("some bytes");
  {
    auto store = OpenTestingStore(dir_, "boot-a");
    ASSERT_TRUE(store->cas->Put("some bytes").ok());
    FlipByte(store->cas->UncheckedPathOf(digest));
    PretendUnchanged(*store, digest);
    EXPECT_TRUE(store->cas->PathOf(digest).ok());
  }
  auto store = OpenTestingStore(dir_, "boot-b");
  EXPECT_EQ(store->cas->FindMissing({digest})->size(), 1u);
  EXPECT_EQ(Quarantined(), 1u);
}

TEST_F(LocalCasTest, NeverReturnsWrongBytesFromGet) {
  auto store = OpenTestingStore(dir_);
  Digest digest = *store->cas->Put("some bytes");
  FlipByte(store->cas->UncheckedPathOf(digest));
  PretendUnchanged(*store, digest);
  EXPECT_TRUE(absl::IsDataLoss(store->cas->Get(digest).status()));
  EXPECT_FALSE(store->cas->Contains(digest));
}

TEST_F(LocalCasTest, TakesALinkOrADirectoryInPlaceOfABlobForDamage) {
  auto store = OpenTestingStore(dir_);
  for (bool link : {true, false}) {
    Digest digest = *store->cas->Put("some bytes");
    const std::string path = store->cas->UncheckedPathOf(digest);
    ASSERT_TRUE(RemoveFile(path).ok());
    ASSERT_TRUE(link ? MakeSymlink("/etc/passwd", path).ok() : MakeDirectories(path).ok());
    EXPECT_TRUE(absl::IsDataLoss(store->cas->Get(digest).status())) << store->cas->Get(digest).status();
    EXPECT_TRUE(absl::IsNotFound(store->cas->Get(digest).status()));
  }
  EXPECT_EQ(Quarantined(), 2u);
}

TEST_F(LocalCasTest, FindsATruncatedBlobWhateverTheIndexSays) {
  auto store = OpenTestingStore(dir_);
  Digest digest = *store->cas->Put("some bytes");
  std::string path = store->cas->UncheckedPathOf(digest);
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  ASSERT_EQ(truncate(path.c_str(), 4), 0);
  PretendUnchanged(*store, digest);
  EXPECT_TRUE(IsMiss(store->cas->PathOf(digest).status()));
}

TEST_F(LocalCasTest, BelievesACheckpointOfAnEarlierBootWithoutReading) {
  Digest digest = Digest::Of("some bytes");
  {
    auto store = OpenTestingStore(dir_, "boot-a");
    ASSERT_TRUE(store->cas->Put("some bytes").ok());
    FlipByte(store->cas->UncheckedPathOf(digest));
    PretendUnchanged(*store, digest);
    ASSERT_TRUE(store->cas->Checkpoint().ok());
  }
  // The byte was flipped before the checkpoint, so only a store that reads the file can notice.
  EXPECT_TRUE(OpenTestingStore(dir_, "boot-b")->cas->PathOf(digest).ok());
}

TEST_F(LocalCasTest, DoesNotBelieveWhatCameAfterTheCheckpoint) {
  Digest digest = Digest::Of("some bytes");
  {
    auto store = OpenTestingStore(dir_, "boot-a");
    ASSERT_TRUE(store->cas->Checkpoint().ok());
    ASSERT_TRUE(store->cas->Put("some bytes").ok());
    FlipByte(store->cas->UncheckedPathOf(digest));
    PretendUnchanged(*store, digest);
  }
  EXPECT_FALSE(OpenTestingStore(dir_, "boot-b")->cas->PathOf(digest).ok());
}

TEST_F(LocalCasTest, TakesSoundBlobsOverIntoANewBoot) {
  Digest digest = Digest::Of("some bytes");
  ASSERT_TRUE(OpenTestingStore(dir_, "boot-a")->cas->Put("some bytes").ok());
  EXPECT_TRUE(OpenTestingStore(dir_, "boot-b")->cas->PathOf(digest).ok());
  EXPECT_EQ(Quarantined(), 0u);
}

TEST_F(LocalCasTest, ReplacesADamagedBlob) {
  auto store = OpenTestingStore(dir_);
  Digest digest = *store->cas->Put("some bytes");
  FlipByte(store->cas->UncheckedPathOf(digest));
  ASSERT_TRUE(store->cas->Put("some bytes").ok());
  EXPECT_EQ(*store->cas->Get(digest), "some bytes");
}

TEST_F(LocalCasTest, TreatsADirectoryInTheWayAsDamage) {
  auto store = OpenTestingStore(dir_);
  Digest digest = Digest::Of("some bytes");
  ASSERT_TRUE(MakeDirectories(store->cas->UncheckedPathOf(digest)).ok());
  EXPECT_TRUE(IsMiss(store->cas->PathOf(digest).status()));
  ASSERT_TRUE(store->cas->Put("some bytes").ok());
  EXPECT_TRUE(store->cas->Contains(digest));
}

TEST_F(LocalCasTest, AdoptsAnOutputWithoutCopying) {
  auto store = OpenTestingStore(dir_);
  std::string output = store->session->path() + "/out";
  ASSERT_TRUE(WriteFile(output, "made by an action", 0755).ok());
  uint64_t inode = LstatFile(output)->inode;
  Digest digest = *store->cas->AdoptFile(output);
  EXPECT_EQ(digest, Digest::Of("made by an action"));
  FileInfo info = *LstatFile(*store->cas->PathOf(digest));
  EXPECT_EQ(info.inode, inode);
  EXPECT_EQ(info.mode, 0444u);
  EXPECT_FALSE(FileExists(output));
}

TEST_F(LocalCasTest, AdoptsAnOutputThatIsThereAlready) {
  auto store = OpenTestingStore(dir_);
  ASSERT_TRUE(store->cas->Put("same").ok());
  std::string output = store->session->path() + "/out";
  ASSERT_TRUE(WriteFile(output, "same").ok());
  EXPECT_EQ(*store->cas->AdoptFile(output), Digest::Of("same"));
  EXPECT_FALSE(FileExists(output));
}

TEST_F(LocalCasTest, RefusesToAdoptWhatHasAnotherName) {
  auto store = OpenTestingStore(dir_);
  std::string output = store->session->path() + "/out";
  ASSERT_TRUE(WriteFile(output, "x").ok());
  ASSERT_EQ(link(output.c_str(), (output + "2").c_str()), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(store->cas->AdoptFile(output).status()));
}

TEST_F(LocalCasTest, RefusesToAdoptASymlink) {
  auto store = OpenTestingStore(dir_);
  std::string output = store->session->path() + "/out";
  ASSERT_TRUE(MakeSymlink("/etc/passwd", output).ok());
  EXPECT_FALSE(store->cas->AdoptFile(output).ok());
}

TEST_F(LocalCasTest, CheckpointsOnlyWhatIsNew) {
  auto store = OpenTestingStore(dir_);
  TrustIndex index(store->database.get(), Table::kBlobs);
  ASSERT_TRUE(store->cas->Put("x").ok());
  EXPECT_TRUE(index.NeedsCheckpoint());
  ASSERT_TRUE(store->cas->Checkpoint().ok());
  EXPECT_FALSE(index.NeedsCheckpoint());
}

}  // namespace
}  // namespace cow::store
