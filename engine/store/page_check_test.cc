#include "engine/store/page_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/store/lmdb_environment.h"
#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

constexpr int kTables = 3;
constexpr uint64_t kMapSize = 64 << 20;

// Several levels, values with pages of their own, and pages that became free.
void Fill(const std::string& directory) {
  auto environment = LmdbEnvironment::Open(directory, kMapSize, kTables).environment;
  for (int round = 0; round < 6; ++round) {
    const int code = environment->Write([&](MDB_txn* txn) {
      int one = MDB_SUCCESS;
      for (int i = 0; i < 2000 && one == MDB_SUCCESS; ++i) {
        one = environment->PutIn(txn, i % kTables, absl::StrCat("key", i * 7919 % 2000), std::string(40 + 10 * round, 'v'));
      }
      for (int i = 0; i < 5 && one == MDB_SUCCESS; ++i) {
        one = environment->PutIn(txn, 0, absl::StrCat("big", i), std::string(static_cast<size_t>(9000 * (round + 1)), 'v'));
      }
      for (int i = round; i < 1000 && one == MDB_SUCCESS; i += 6) one = environment->DeleteIn(txn, 1, absl::StrCat("key", i));
      return one;
    });
    ASSERT_EQ(code, MDB_SUCCESS);
  }
}

// What LMDB says when all is read and much is written.
int Use(const std::string& directory) {
  LmdbEnvironment::OpenResult opened = LmdbEnvironment::Open(directory, kMapSize, kTables);
  if (opened.code != MDB_SUCCESS) return opened.code;
  LmdbEnvironment::Records records;
  for (int table = 0; table < kTables; ++table) {
    const int code = opened.environment->Scan(table, "", 1'000'000, &records);
    if (code != MDB_SUCCESS) return code;
  }
  return opened.environment->Write([&](MDB_txn* txn) {
    int code = MDB_SUCCESS;
    for (size_t i = 0; i < records.size() && code == MDB_SUCCESS; i += 3) {
      code = opened.environment->DeleteIn(txn, static_cast<int>(i) % kTables, records[i].first);
    }
    for (int i = 0; i < 500 && code == MDB_SUCCESS; ++i) {
      code = opened.environment->PutIn(txn, i % kTables, absl::StrCat("new", i), std::string(300, 'w'));
    }
    return code;
  });
}

class PageCheckTest : public testing::Test {
 protected:
  std::string DataFile() const { return dir_.path() + "/data.mdb"; }
  absl::Status Check() const { return CheckPagesOfFile(DataFile()); }

  TestingDir dir_;
};

TEST_F(PageCheckTest, AcceptsWhatLmdbWrites) {
  ASSERT_NO_FATAL_FAILURE(Fill(dir_.path()));
  EXPECT_TRUE(Check().ok()) << Check();
  EXPECT_EQ(Use(dir_.path()), MDB_SUCCESS);
  EXPECT_TRUE(Check().ok()) << Check();
}

// One transaction with new records, a range of old ones deleted, and a value that becomes shorter.
int MixedTransaction(LmdbEnvironment& environment, std::mt19937& random, std::set<std::string>* keys) {
  std::set<std::string> added;
  const size_t count = 1 + random() % 2000;
  for (size_t n = 0; n < count; ++n) added.insert(absl::StrCat(absl::Hex(random()), absl::Hex(random()), "-key-of-usual-length"));
  std::vector<std::string> old(keys->begin(), keys->end());
  const size_t first = old.empty() ? 0 : random() % old.size();
  const size_t deleted = old.empty() ? 0 : 1 + random() % (old.size() - first);
  return environment.Write([&](MDB_txn* txn) {
    int code = environment.PutIn(txn, 2, "large", std::string(20000, 'v'));
    if (code == MDB_SUCCESS) code = environment.PutIn(txn, 2, "large", std::string(9000, 'v'));
    for (const std::string& key : added) {
      if (code == MDB_SUCCESS) code = environment.PutIn(txn, 0, key, std::string(50 + random() % 350, 'v'));
      keys->insert(key);
    }
    for (size_t n = first; n < first + deleted && code == MDB_SUCCESS; ++n) {
      code = environment.DeleteIn(txn, 0, old[n]);
      keys->erase(old[n]);
    }
    return code;
  });
}

// Pages at the end that are given back before they were written are not in the file.
TEST_F(PageCheckTest, AcceptsWhatMixedTransactionsLeave) {
  int shorter = 0;
  for (unsigned seed = 1; seed <= 25; ++seed) {
    std::mt19937 random(seed);
    std::set<std::string> keys;
    const std::string directory = absl::StrCat(dir_.path(), "/", seed);
    ASSERT_TRUE(MakeDirectories(directory).ok());
    auto environment = LmdbEnvironment::Open(directory, kMapSize, kTables).environment;
    for (int i = 0; i < 8; ++i) {
      ASSERT_EQ(MixedTransaction(*environment, random, &keys), MDB_SUCCESS);
      const std::string bytes = *ReadFile(directory + "/data.mdb");
      uint64_t last[2];
      for (size_t meta : {0, 1}) std::memcpy(&last[meta], bytes.data() + meta * 4096 + 16 + 24 + 96, sizeof last[meta]);
      shorter += std::max(last[0], last[1]) >= bytes.size() / 4096;
      ASSERT_TRUE(CheckPages(bytes).ok()) << CheckPages(bytes) << " after " << i;
    }
    environment.reset();
    ASSERT_EQ(Use(directory), MDB_SUCCESS);
  }
  EXPECT_GT(shorter, 0);
}

TEST_F(PageCheckTest, AcceptsAnEmptyDatabase) {
  { ASSERT_EQ(LmdbEnvironment::Open(dir_.path(), kMapSize, kTables).code, MDB_SUCCESS); }
  EXPECT_TRUE(Check().ok()) << Check();
  ASSERT_TRUE(WriteFile(DataFile(), "").ok());
  EXPECT_TRUE(Check().ok()) << Check();
}

TEST_F(PageCheckTest, RefusesWhatIsNoDatabase) {
  for (const std::string& bytes : {std::string("x"), std::string(4096, '\0'), std::string(65536, 'x')}) {
    EXPECT_TRUE(absl::IsDataLoss(CheckPages(bytes)));
  }
}

TEST_F(PageCheckTest, RefusesAFileWithoutItsEnd) {
  ASSERT_NO_FATAL_FAILURE(Fill(dir_.path()));
  const std::string bytes = *ReadFile(DataFile());
  EXPECT_TRUE(absl::IsDataLoss(CheckPages(std::string_view(bytes).substr(0, bytes.size() / 2))));
}

// Either the check sees a changed bit, or LMDB can live with it.
TEST_F(PageCheckTest, LetsNothingPassThatLmdbStumblesOver) {
  ASSERT_NO_FATAL_FAILURE(Fill(dir_.path()));
  const std::string sound = *ReadFile(DataFile());
  std::mt19937 random(20260101);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = sound;
    // Where pages have their headers, where their nodes begin, and anywhere.
    const size_t page = random() % (bytes.size() / 4096) * 4096;
    const size_t at = page + random() % (i % 3 == 0 ? 4096 : i % 3 == 1 ? 160 : 24);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    const absl::Status status = CheckPages(bytes);
    refused += !status.ok();
    if (!status.ok() || i % 8 != 0) continue;
    ASSERT_TRUE(WriteFile(DataFile(), bytes).ok());
    EXPECT_EQ(Use(dir_.path()), MDB_SUCCESS) << "byte " << at;
  }
  EXPECT_GT(refused, 250);
}

}  // namespace
}  // namespace cow::store
