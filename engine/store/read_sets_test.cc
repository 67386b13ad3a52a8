#include "engine/store/read_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/store/testing_cache.h"

namespace cow::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ReadSetsTest : public ::testing::Test {
 public:
  ReadSetsTest() : store_(OpenTestingStore(dir_)), sets_(store_->database.get()) {}

  TestingDir dir_;
  std::unique_ptr<LocalStore> store_;
  ReadSets sets_;
};

TEST_F(ReadSetsTest, TheNewestComesFirstAndEachOnce) {
  const Digest shape = Digest::Of("shape");
  EXPECT_THAT(sets_.Get(shape), IsEmpty());
  const ReadSet first = {true, false, true, false, false, false, false, false, true};
  const ReadSet second(9, false);
  sets_.Add(shape, first);
  sets_.Add(shape, second);
  sets_.Add(shape, first);
  EXPECT_THAT(sets_.Get(shape), ElementsAre(second, first));
  EXPECT_THAT(sets_.Get(Digest::Of("other")), IsEmpty());
}

TEST_F(ReadSetsTest, OldOnesAreForgotten) {
  const Digest shape = Digest::Of("shape");
  for (int i = 0; i < 20; ++i) {
    ReadSet set(20);
    set[static_cast<size_t>(i)] = true;
    sets_.Add(shape, set);
  }
  const std::vector<ReadSet> sets = sets_.Get(shape);
  ASSERT_EQ(sets.size(), 8u);
  EXPECT_TRUE(sets[0][19]);
}

TEST_F(ReadSetsTest, DamagedRecordsAreNone) {
  const Digest shape = Digest::Of("shape");
  for (std::string_view bytes : {"", "x", "\x0a\x02\x08\x09", "\x0a\x00"}) {
    store_->database->Put(Table::kState, "execution/reads/" + shape.hex(), bytes);
    EXPECT_THAT(sets_.Get(shape), IsEmpty());
  }
}

}  // namespace
}  // namespace cow::store
