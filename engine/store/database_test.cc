#include "engine/store/database.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "engine/store/record_seal.h"
#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() : layout_(*OpenCache(dir_.path() + "/cache")) {}

  std::unique_ptr<Database> Open(DatabaseOptions options = {}) { return *Database::Open(layout_, std::move(options)); }
  static std::string Read(Database& database, std::string_view key) {
    return database.Get(Table::kState, key)->value_or("<none>");
  }
  std::string DataFile() const { return layout_.db() + "/data.mdb"; }

  TestingDir dir_;
  CacheLayout layout_;
};

TEST_F(DatabaseTest, SeesItsOwnWritesBeforeTheyAreCommitted) {
  auto database = Open({.commit_delay_ms = 100000});
  database->Put(Table::kState, "k", "v");
  EXPECT_EQ(Read(*database, "k"), "v");
  database->Delete(Table::kState, "k");
  EXPECT_EQ(Read(*database, "k"), "<none>");
}

TEST_F(DatabaseTest, KeepsRecordsOfOneKeyInDifferentTablesApart) {
  auto database = Open();
  database->Put(Table::kState, "k", "state");
  database->Put(Table::kMeta, "k", "meta");
  ASSERT_TRUE(database->Flush().ok());
  EXPECT_EQ(Read(*database, "k"), "state");
  EXPECT_EQ(database->Get(Table::kMeta, "k")->value(), "meta");
}

TEST_F(DatabaseTest, RemembersAfterItWasClosed) {
  {
    auto database = Open();
    database->Put(Table::kState, "k", "v");
    database->Put(Table::kState, "gone", "v");
    ASSERT_TRUE(database->Flush().ok());
    database->Delete(Table::kState, "gone");
  }
  auto database = Open();
  EXPECT_EQ(Read(*database, "k"), "v");
  EXPECT_EQ(Read(*database, "gone"), "<none>");
  EXPECT_TRUE(database->warnings().empty());
}

TEST_F(DatabaseTest, UpdateReadsAndWritesInOneStep) {
  auto database = Open();
  database->Put(Table::kState, "n", "1");
  absl::Status status = database->Update([](Database::Transaction& transaction) {
    return transaction.Put(Table::kState, "n", *transaction.Get(Table::kState, "n") + "1");
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Read(*database, "n"), "11");
}

TEST_F(DatabaseTest, UpdateThatFailsChangesNothing) {
  auto database = Open();
  absl::Status status = database->Update([](Database::Transaction& transaction) {
    COW_RETURN_IF_ERROR(transaction.Put(Table::kState, "n", "1"));
    return absl::AbortedError("no");
  });
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_EQ(Read(*database, "n"), "<none>");
}

TEST_F(DatabaseTest, VisitsEveryRecordOnce) {
  auto database = Open();
  for (int i = 0; i < 2500; ++i) database->Put(Table::kState, std::to_string(i), "v");
  ASSERT_TRUE(database->Flush().ok());
  std::map<std::string, int> seen;
  EXPECT_EQ(*database->ForEach(Table::kState, [&](std::string_view key, std::string_view) { ++seen[std::string(key)]; }), 0);
  EXPECT_EQ(seen.size(), 2500u);
  for (const auto& [key, count] : seen) EXPECT_EQ(count, 1) << key;
}

TEST_F(DatabaseTest, GrowsWhenTheMapIsFull) {
  auto database = Open({.map_size = 1 << 20});
  std::string value(100'000, 'x');
  for (int i = 0; i < 100; ++i) database->Put(Table::kState, std::to_string(i), value);
  ASSERT_TRUE(database->Flush().ok());
  EXPECT_EQ(Read(*database, "99"), value);
}

TEST_F(DatabaseTest, UpdateRunsAgainWhenTheMapIsFull) {
  auto database = Open({.map_size = 1 << 20});
  int runs = 0;
  absl::Status status = database->Update([&](Database::Transaction& transaction) -> absl::Status {
    ++runs;
    for (int i = 0; i < 40; ++i) {
      COW_RETURN_IF_ERROR(transaction.Put(Table::kState, std::to_string(i), std::string(100'000, 'x')));
    }
    return absl::OkStatus();
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_GT(runs, 1);
  EXPECT_EQ(Read(*database, "39").size(), 100'000u);
  database.reset();
  EXPECT_TRUE(Open()->warnings().empty());
}

TEST_F(DatabaseTest, FollowsWhenAnotherProcessGrewTheMap) {
  int ready[2], grown[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(grown), 0);
  pid_t pid = StartProcess([&] {
    char byte;
    if (read(ready[0], &byte, 1) != 1) _exit(1);
    auto database = Open({.map_size = 1 << 20});
    for (int i = 0; i < 100; ++i) database->Put(Table::kState, std::to_string(i), std::string(100'000, 'x'));
    if (!database->Flush().ok() || write(grown[1], "", 1) != 1) _exit(1);
  });
  auto database = Open({.map_size = 1 << 20});
  ASSERT_EQ(write(ready[1], "", 1), 1);
  char byte;
  ASSERT_EQ(read(grown[0], &byte, 1), 1);
  EXPECT_EQ(Read(*database, "99").size(), 100'000u);
  database->Put(Table::kState, "mine", "v");
  EXPECT_TRUE(database->Flush().ok());
  EXPECT_EQ(WaitForProcess(pid), 0);
}

TEST_F(DatabaseTest, ManyProcessesWriteAtOnce) {
  std::vector<pid_t> children;
  for (int p = 0; p < 4; ++p) {
    children.push_back(StartProcess([&] {
      auto database = Open({.commit_delay_ms = 1});
      for (int i = 0; i < 50; ++i) {
        absl::Status status = database->Update([](Database::Transaction& transaction) {
          int n = std::stoi(transaction.Get(Table::kState, "n").value_or("0"));
          return transaction.Put(Table::kState, "n", std::to_string(n + 1));
        });
        if (!status.ok()) _exit(1);
      }
    }));
  }
  for (pid_t pid : children) EXPECT_EQ(WaitForProcess(pid), 0);
  EXPECT_EQ(Read(*Open(), "n"), "200");
}

TEST_F(DatabaseTest, StartsEmptyIfTheFileIsGarbage) {
  { Open()->Put(Table::kState, "k", "v"); }
  ASSERT_TRUE(WriteFile(DataFile(), std::string(100'000, 'G')).ok());
  auto database = Open();
  ASSERT_EQ(database->warnings().size(), 1u);
  EXPECT_NE(database->warnings()[0].find("quarantine"), std::string::npos);
  EXPECT_EQ(Read(*database, "k"), "<none>");
  database->Put(Table::kState, "k", "again");
  EXPECT_TRUE(database->Flush().ok());
}

TEST_F(DatabaseTest, StartsEmptyIfTheFileLostItsEnd) {
  {
    auto database = Open();
    for (int i = 0; i < 1000; ++i) database->Put(Table::kState, std::to_string(i), std::string(500, 'x'));
  }
  ASSERT_EQ(truncate(DataFile().c_str(), 16384), 0);
  auto database = Open();
  EXPECT_EQ(database->warnings().size(), 1u);
  EXPECT_EQ(Read(*database, "7"), "<none>");
}

TEST_F(DatabaseTest, OutlivesAFileThatLosesItsEndMeanwhile) {
  // In a process of its own, because the map of a damaged database is never freed.
  pid_t pid = StartProcess([&] {
    auto database = Open();
    for (int i = 0; i < 2000; ++i) database->Put(Table::kState, absl::StrCat("key", i), std::string(500, 'v'));
    if (!database->Flush().ok() || truncate(DataFile().c_str(), 3 * 4096) != 0) _exit(1);
    int lost = 0;
    for (int i = 0; i < 2000; ++i) lost += absl::IsDataLoss(database->Get(Table::kState, absl::StrCat("key", i)).status());
    database->Put(Table::kState, "late", "v");
    if (lost == 0 || !absl::IsDataLoss(database->Flush())) _exit(2);
  });
  EXPECT_EQ(WaitForProcess(pid), 0);
  auto database = Open();
  EXPECT_EQ(database->warnings().size(), 1u);
  EXPECT_EQ(Read(*database, "key7"), "<none>");
}

TEST_F(DatabaseTest, StartsEmptyIfPagesWereSpoiled) {
  {
    auto database = Open();
    for (int i = 0; i < 2000; ++i) database->Put(Table::kState, absl::StrCat("key", i), std::string(500, 'v'));
  }
  std::string bytes = *ReadFile(DataFile());
  for (size_t page = 2; page * 4096 < bytes.size(); ++page) bytes[page * 4096 + 14] ^= 0x10;
  ASSERT_TRUE(WriteFile(DataFile(), bytes).ok());
  EXPECT_EQ(Open()->warnings().size(), 1u);
  EXPECT_TRUE(Open()->warnings().empty());
}

TEST_F(DatabaseTest, KeepsWhatAKilledSessionCommitted) {
  pid_t pid = StartProcess([&] {
    auto database = Open();
    database->Put(Table::kState, "k", "v");
    if (!database->Flush().ok()) _exit(1);
    raise(SIGKILL);
  });
  EXPECT_EQ(WaitForProcess(pid), SIGKILL);
  auto database = Open();
  EXPECT_TRUE(database->warnings().empty());
  EXPECT_EQ(Read(*database, "k"), "v");
}

TEST_F(DatabaseTest, StartsEmptyIfASessionFoundDamage) {
  { Open()->Put(Table::kState, "k", "v"); }
  ASSERT_TRUE(WriteFile(layout_.db() + "/damaged", "").ok());
  EXPECT_EQ(Open()->warnings().size(), 1u);
  EXPECT_TRUE(Open()->warnings().empty());
}

TEST_F(DatabaseTest, TreatsAFlippedBitInAValueAsAbsent) {
  std::string value = "a value that is long enough to be found in the file";
  { Open()->Put(Table::kState, "k", value); }
  std::string bytes = *ReadFile(DataFile());
  size_t at = bytes.find(value);
  ASSERT_NE(at, std::string::npos);
  while (at != std::string::npos) {
    bytes[at] = 'A';
    at = bytes.find(value);
  }
  ASSERT_TRUE(WriteFile(DataFile(), bytes).ok());
  auto database = Open();
  EXPECT_EQ(Read(*database, "k"), "<none>");
  EXPECT_EQ(*database->ForEach(Table::kState, [](std::string_view, std::string_view) {}), 1);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(DatabaseTest, MakesDoWithLittleAddressSpace) {
  pid_t pid = StartProcess([&] {
    rlimit limit{512 << 20, 512 << 20};
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(1);
    absl::StatusOr<std::unique_ptr<Database>> database = Database::Open(layout_);
    if (!database.ok()) _exit(2);
    (*database)->Put(Table::kState, "k", "v");
    if (!(*database)->Flush().ok()) _exit(3);
  });
  EXPECT_EQ(WaitForProcess(pid), 0);
}
#endif

TEST_F(DatabaseTest, ReportsADiskThatIsFull) {
  pid_t pid = StartProcess([&] {
    signal(SIGXFSZ, SIG_IGN);
    auto database = Open();
    database->Put(Table::kState, "before", "v");
    if (!database->Flush().ok()) _exit(1);
    rlimit limit{1 << 20, 1 << 20};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    for (int i = 0; i < 40; ++i) database->Put(Table::kState, std::to_string(i), std::string(100'000, 'x'));
    if (database->Flush().ok()) _exit(3);
    if (Read(*database, "before") != "v") _exit(4);
  });
  EXPECT_EQ(WaitForProcess(pid), 0);
  auto database = Open();
  EXPECT_EQ(Read(*database, "before"), "v");
  EXPECT_TRUE(database->warnings().empty());
}

TEST_F(DatabaseTest, NamesTheRunningBoot) { EXPECT_GE(Open()->boot_id().size(), 36u); }

TEST(RecordSealTest, OpensOnlyForItsTableAndKey) {
  std::string sealed = SealRecord(1, "key", "value");
  EXPECT_EQ(*UnsealRecord(1, "key", sealed), "value");
  EXPECT_FALSE(UnsealRecord(2, "key", sealed).has_value());
  EXPECT_FALSE(UnsealRecord(1, "kex", sealed).has_value());
  EXPECT_FALSE(UnsealRecord(1, "ke", sealed).has_value());
  EXPECT_FALSE(UnsealRecord(1, "key", sealed + "x").has_value());
  EXPECT_FALSE(UnsealRecord(1, "key", "").has_value());
}

}  // namespace
}  // namespace cow::store
