// Processes that die in the middle and processes that work at the same time.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

TEST(CrashTest, KilledBetweenBlobAndResultLeavesABlobAndNoResult) {
  TestingDir dir;
  Digest blob = Digest::Of("output");
  Digest key = Digest::Of("key");
  pid_t pid = StartProcess([&] {
    auto store = OpenTestingStore(dir);
    COW_CHECK(store->cas->Put("output").ok());
    COW_CHECK(store->actions->Put(key, {.outputs = {{.path = "o", .digest = blob}}}).ok());
    raise(SIGKILL);  // before the result can be committed
  });
  EXPECT_TRUE(WIFSIGNALED(WaitForProcess(pid)));
  auto store = OpenTestingStore(dir);
  EXPECT_EQ(*store->cas->Get(blob), "output");
  absl::StatusOr<std::optional<ActionResult>> result = store->actions->Get(key);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(!result->has_value() || store->cas->Contains(blob));
}

TEST(CrashTest, CommittedResultSurvivesSigkill) {
  TestingDir dir;
  Digest key = Digest::Of("key");
  pid_t pid = StartProcess([&] {
    auto store = OpenTestingStore(dir);
    COW_CHECK(store->actions->Put(key, {.exit_code = 5}).ok());
    COW_CHECK(store->database->Flush().ok());
    raise(SIGKILL);
  });
  WaitForProcess(pid);
  EXPECT_EQ((*OpenTestingStore(dir)->actions->Get(key))->exit_code, 5);
}

TEST(CrashTest, ResultsNeverComeBeforeTheirBlobsWheneverTheProcessIsKilled) {
  TestingDir dir;
  for (int round = 0; round < 8; ++round) {
    pid_t pid = StartProcess([&] {
      auto store = OpenTestingStore(dir);
      for (int i = 0;; ++i) {
        std::string bytes = std::to_string(round) + "/" + std::to_string(i);
        Digest blob = *store->cas->Put(bytes);
        COW_CHECK(store->actions->Put(Digest::Of("key " + bytes), {.outputs = {{.digest = blob}}}).ok());
      }
    });
    usleep(static_cast<useconds_t>(20'000 * (round + 1)));
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    WaitForProcess(pid);
    auto store = OpenTestingStore(dir);
    int results = 0;
    for (int i = 0; i < 100'000; ++i) {
      std::string bytes = std::to_string(round) + "/" + std::to_string(i);
      auto result = *store->actions->Get(Digest::Of("key " + bytes));
      if (!result) break;
      ++results;
      ASSERT_TRUE(store->cas->Contains(result->outputs[0].digest)) << bytes;
    }
    RecordProperty("results", results);
    EXPECT_TRUE(store->database->warnings().empty());
  }
}

TEST(CrashTest, BlobThatDoesNotFitOnTheDiskIsAnErrorAndLeavesNothing) {
  TestingDir dir;
  Digest digest = Digest::Of(std::string(3 << 20, 'x'));
  pid_t pid = StartProcess([&] {
    signal(SIGXFSZ, SIG_IGN);
    auto store = OpenTestingStore(dir);
    rlimit limit{1 << 20, 1 << 20};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(1);
    if (store->cas->Put(std::string(3 << 20, 'x')).ok()) _exit(2);
    if (store->cas->Contains(digest)) _exit(3);
  });
  EXPECT_EQ(WaitForProcess(pid), 0);
  EXPECT_FALSE(FileExists(OpenTestingStore(dir)->cas->UncheckedPathOf(digest)));
}

TEST(CrashTest, TwoProcessesStoreTheSameBlobsAtOnce) {
  TestingDir dir;
  std::vector<pid_t> children;
  for (int p = 0; p < 3; ++p) {
    children.push_back(StartProcess([&] {
      auto store = OpenTestingStore(dir);
      for (int i = 0; i < 200; ++i) {
        std::string bytes = "blob " + std::to_string(i);
        absl::StatusOr<Digest> digest = store->cas->Put(bytes);
        if (!digest.ok() || store->cas->Get(*digest).value_or("") != bytes) _exit(1);
      }
      store.reset();
    }));
  }
  for (pid_t pid : children) EXPECT_EQ(WaitForProcess(pid), 0);
  auto store = OpenTestingStore(dir);
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(store->cas->Contains(Digest::Of("blob " + std::to_string(i))));
  EXPECT_TRUE(ListDirectory(dir.path() + "/cache/quarantine")->empty());
}

TEST(SessionDirTest, RemovesWhatKilledSessionsLeft) {
  TestingDir dir;
  pid_t pid = StartProcess([&] {
    auto store = OpenTestingStore(dir);
    COW_CHECK(MakeDirectories(store->session->path() + "/a/b").ok());
    COW_CHECK(WriteFile(store->session->path() + "/a/b/file", "x", 0444).ok());
    raise(SIGKILL);
  });
  WaitForProcess(pid);
  CacheLayout layout{.root = dir.path() + "/cache"};
  EXPECT_EQ(ListDirectory(layout.tmp())->size(), 1u);
  auto session = *SessionDir::Create(layout);
  auto entries = *ListDirectory(layout.tmp());
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(layout.tmp() + "/" + entries[0].name, session->path());
}

TEST(SessionDirTest, LeavesManyEmptyDirectoriesToTheNextSession) {
  TestingDir dir;
  CacheLayout layout = *OpenCache(dir.path() + "/cache");
  auto one = *SessionDir::Create(layout);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(MakeDirectories(absl::StrCat(one->path(), "/a/", i)).ok());
  ASSERT_TRUE(WriteFile(one->path() + "/a/file", "x", 0444).ok());
  const std::string path = one->path();
  one.reset();
  EXPECT_FALSE(FileExists(path));
  auto entries = *ListDirectory(layout.tmp());
  ASSERT_EQ(entries.size(), 1u);  // what is left
  const std::string left = layout.tmp() + "/" + entries[0].name;
  EXPECT_TRUE(FileExists(left + "/a/19"));
  EXPECT_FALSE(FileExists(left + "/a/file"));
  auto two = *SessionDir::Create(layout);
  for (int i = 0; FileExists(left) && i < 1000; ++i) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_FALSE(FileExists(left));
}

TEST(SessionDirTest, RemovesFewDirectoriesItself) {
  TestingDir dir;
  CacheLayout layout = *OpenCache(dir.path() + "/cache");
  auto one = *SessionDir::Create(layout);
  ASSERT_TRUE(MakeDirectories(one->path() + "/a/b").ok());
  one.reset();
  EXPECT_TRUE(ListDirectory(layout.tmp())->empty());
}

// Each begins while others look for dead ones, and none may take what is another's.
TEST(SessionDirTest, ManyBeginAtOnce) {
  TestingDir dir;
  CacheLayout layout = *OpenCache(dir.path() + "/cache");
  std::vector<pid_t> children;
  for (int child = 0; child < 6; ++child) {
    children.push_back(StartProcess([&] {
      for (int i = 0; i < 200; ++i) {
        auto session = SessionDir::Create(layout);
        COW_CHECK(session.ok());
        const std::string file = (*session)->path() + "/file";
        COW_CHECK(WriteFile(file, "x", 0444).ok());
        COW_CHECK(FileExists(file));
      }
    }));
  }
  for (pid_t pid : children) EXPECT_EQ(WaitForProcess(pid), 0);
  EXPECT_TRUE(ListDirectory(layout.tmp())->empty());
}

TEST(SessionDirTest, LeavesLivingSessionsAlone) {
  TestingDir dir;
  CacheLayout layout = *OpenCache(dir.path() + "/cache");
  auto one = *SessionDir::Create(layout);
  auto two = *SessionDir::Create(layout);
  EXPECT_NE(one->path(), two->path());
  EXPECT_TRUE(FileExists(one->path()));
  std::string path = one->path();
  one.reset();
  EXPECT_FALSE(FileExists(path));
  EXPECT_TRUE(FileExists(two->path()));
}

}  // namespace
}  // namespace cow::store
