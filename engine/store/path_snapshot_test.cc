#include "engine/store/path_snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/store/listing_digest.h"
#include "engine/store/settled_file.h"
#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

using Kind = SeenPath::Kind;
using Verdict = PathSnapshot::Verdict;

class PathSnapshotTest : public ::testing::Test {
 public:
  PathSnapshotTest() : store_(OpenTestingStore(dir_)) {}

  std::string Path(const std::string& name) const { return dir_.path() + "/w/" + name; }
  std::string Write(const std::string& name, std::string_view bytes) { return dir_.Write("w/" + name, bytes); }

  SeenPath File(const std::string& name, std::string_view bytes) {
    return {.path = Write(name, bytes), .digest = Digest::Of(bytes), .executable = false};
  }

  SeenPath Directory(const std::string& name, bool resolved = false) {
    std::vector<DirectoryEntry> listing = resolved ? ListSources(Path(name))->entries : *ListDirectory(Path(name));
    return {.path = Path(name),
            .kind = resolved ? Kind::kSourceDirectory : Kind::kDirectory,
            .digest = DigestOfListing(listing)};
  }

  SeenPath Link(const std::string& name, const std::string& target) {
    EXPECT_TRUE(MakeSymlink(target, Path(name)).ok());
    return {.path = Path(name), .kind = Kind::kSymlink, .digest = Digest::Of(target)};
  }

  SeenPath Absent(const std::string& name) { return {.path = Path(name), .kind = Kind::kAbsent}; }

  absl::StatusOr<std::string> Take(std::vector<SeenPath> seen) {
    return PathSnapshot::Take(std::move(seen), WallClockNanos(), "payload", 2, *store_->files);
  }

  PathSnapshot Snapshot(std::vector<SeenPath> seen) {
    absl::StatusOr<std::string> record = Take(std::move(seen));
    EXPECT_TRUE(record.ok()) << record.status();
    return *PathSnapshot::Open(*std::move(record));
  }

  Verdict Compare(const PathSnapshot& snapshot) {
    differences_ = {};
    return snapshot.Compare(2, *store_->files, &differences_);
  }

  PathSnapshot Retake(const PathSnapshot& snapshot, PathSnapshot::Update update = {.payload = "payload"}) {
    absl::StatusOr<std::string> record = snapshot.Retake(differences_, update, 2, *store_->files);
    EXPECT_TRUE(record.ok()) << record.status();
    return *PathSnapshot::Open(*std::move(record));
  }

  // From now on stat tells every change of what is there.
  static void Settle() { usleep(80'000); }

  TestingDir dir_;
  std::unique_ptr<LocalStore> store_;
  PathSnapshot::Differences differences_;  // of the last Compare
};

TEST_F(PathSnapshotTest, NothingChanged) {
  std::vector<SeenPath> seen = {File("a/x", "1"), File("a/y", "2"), File("b/z", "3"), Absent("a/none"), Absent("no/dir")};
  seen.push_back(Directory("a"));
  seen.push_back(Link("b/link", "nowhere"));
  Settle();
  const PathSnapshot snapshot = Snapshot(seen);
  EXPECT_EQ(snapshot.payload(), "payload");
  EXPECT_EQ(Compare(snapshot), Verdict::kSame);
}

TEST_F(PathSnapshotTest, EveryKindOfChangeIsSeen) {
  struct Case {
    const char* name;
    std::function<void(PathSnapshotTest&)> change;
  };
  const std::vector<Case> cases = {
      {"other bytes", [](auto& t) { t.Write("a/x", "2"); }},
      {"longer", [](auto& t) { t.Write("a/x", "11"); }},
      {"executable", [](auto& t) { chmod(t.Path("a/x").c_str(), 0755); }},
      {"gone", [](auto& t) { unlink(t.Path("a/x").c_str()); }},
      {"now a directory", [](auto& t) { unlink(t.Path("a/x").c_str()); mkdir(t.Path("a/x").c_str(), 0755); }},
      {"its directory is gone", [](auto& t) { rename(t.Path("a").c_str(), t.Path("c").c_str()); }},
      {"a name was added", [](auto& t) { t.Write("list/two", ""); }},
      {"a name was removed", [](auto& t) { unlink(t.Path("list/one").c_str()); }},
      {"a name of another kind", [](auto& t) { unlink(t.Path("list/one").c_str()); mkdir(t.Path("list/one").c_str(), 0755); }},
      {"a link leads elsewhere", [](auto& t) { unlink(t.Path("link").c_str()); t.Link("link", "b"); }},
      {"a link became a file", [](auto& t) { unlink(t.Path("link").c_str()); t.Write("link", "a"); }},
      {"it appeared", [](auto& t) { t.Write("none", ""); }},
      {"it appeared as a link to nothing", [](auto& t) { t.Link("none", "nowhere"); }},
      {"what a link points to changed its kind",
       [](auto& t) { rmdir(t.Path("target").c_str()); t.Write("target", ""); }},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    ASSERT_TRUE(RemoveTree(Path("")).ok());
    std::vector<SeenPath> seen = {File("a/x", "1"), Absent("none")};
    Write("list/one", "");
    seen.push_back(Directory("list"));
    seen.push_back(Link("link", "a"));
    mkdir(Path("target").c_str(), 0755);
    mkdir(Path("resolved").c_str(), 0755);
    Link("resolved/link", "../target");
    seen.push_back(Directory("resolved", true));
    Settle();
    const PathSnapshot snapshot = Snapshot(seen);
    ASSERT_EQ(Compare(snapshot), Verdict::kSame);
    one.change(*this);
    EXPECT_EQ(Compare(snapshot), Verdict::kChanged);
  }
}

TEST_F(PathSnapshotTest, AnotherFileWithTheSameContentsIsAsGood) {
  std::vector<SeenPath> seen = {File("a/x", "1")};
  seen.push_back(Directory("a"));
  Settle();
  const PathSnapshot snapshot = Snapshot(seen);
  ASSERT_TRUE(WriteFileAtomically(Path("a/x"), "1").ok());
  Settle();
  EXPECT_EQ(Compare(snapshot), Verdict::kSameContents);
  const PathSnapshot fresh = Retake(snapshot);
  EXPECT_EQ(fresh.payload(), "payload");
  EXPECT_EQ(Compare(fresh), Verdict::kSame);
}

TEST_F(PathSnapshotTest, ChangedSourcesAndOutputsAreTold) {
  SeenPath source = File("source", "1");
  source.role = SeenPath::Role::kSource;
  source.tag = 7;
  SeenPath output = File("out/output", "1");
  output.role = SeenPath::Role::kOutput;
  SeenPath input = File("input", "1");
  Settle();
  const PathSnapshot snapshot = Snapshot({source, output, input});
  Write("source", "22");
  ASSERT_TRUE(RemoveFile(output.path).ok());
  ASSERT_EQ(Compare(snapshot), Verdict::kPartly);
  ASSERT_EQ(differences_.changes.size(), 2u);
  for (const PathSnapshot::Change& change : differences_.changes) {
    const bool is_source = change.role == SeenPath::Role::kSource;
    EXPECT_EQ(change.path, is_source ? source.path : output.path);
    EXPECT_EQ(change.tag, is_source ? 7u : 0u);
  }
  // The next snapshot has the new source and not the output.
  source.digest = Digest::Of("22");
  Settle();
  const PathSnapshot next = Retake(snapshot, {.seen = {source}, .dropped = {Path("out")}, .payload = "next"});
  EXPECT_EQ(next.payload(), "next");
  EXPECT_EQ(Compare(next), Verdict::kSame);
  Write("input", "22");
  EXPECT_EQ(Compare(next), Verdict::kChanged);
  // Nothing can be made from a source that is gone.
  Write("input", "1");
  ASSERT_TRUE(RemoveFile(source.path).ok());
  EXPECT_EQ(Compare(next), Verdict::kChanged);
}

// A file that is written again in the clock tick in which it was looked at may have the same times.
TEST_F(PathSnapshotTest, TheContentsOfFreshFilesAreCompared) {
  SeenPath seen = File("x", "1");
  const PathSnapshot snapshot = Snapshot({seen});
  EXPECT_EQ(Compare(snapshot), Verdict::kSameContents);
  struct stat before;
  ASSERT_EQ(stat(seen.path.c_str(), &before), 0);
  Write("x", "2");
  const timespec times[] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(utimensat(AT_FDCWD, seen.path.c_str(), times, 0), 0);
  EXPECT_EQ(Compare(snapshot), Verdict::kChanged);
}

TEST_F(PathSnapshotTest, WhatChangedSinceItWasSeenIsNotTaken) {
  SeenPath file = File("x", "1");
  Write("x", "2");
  EXPECT_TRUE(absl::IsFailedPrecondition(Take({file}).status()));
  SeenPath absent = Absent("y");
  Write("y", "");
  EXPECT_TRUE(absl::IsFailedPrecondition(Take({absent}).status()));
  // Without a digest, whatever it was must be older than the build.
  Write("d/z", "");
  EXPECT_TRUE(absl::IsUnavailable(Take({{.path = Path("d"), .kind = Kind::kDirectory}}).status()));
  Settle();
  EXPECT_TRUE(Take({{.path = Path("d"), .kind = Kind::kDirectory}}).ok());
}

TEST_F(PathSnapshotTest, OtherBytesAreRefused) {
  SeenPath file = File("x", "1");
  std::string record = Take({file}).value();
  EXPECT_FALSE(PathSnapshot::Open("").ok());
  EXPECT_FALSE(PathSnapshot::Open(record.substr(0, record.size() / 2)).ok());
  EXPECT_FALSE(PathSnapshot::Open(std::string(1000, 'x')).ok());
}

}  // namespace
}  // namespace cow::store
