#include "engine/execution/spawn_message.h"

#include <gtest/gtest.h>

namespace cow::execution {
namespace {

TravelOrder Full() {
  TravelOrder order{.has_root = true, .limits = {.memory_bytes = 1, .processes = 2, .file_bytes = 3, .output_bytes = 4}, .min_tier = "S2"};
  order.spawn = {.argv = {"sh", "", "-c"},
                 .env = {"A=", "B=b"},
                 .inputs = {{.path = "a/file", .digest = Digest::Of("x"), .executable = true},
                            {.kind = SpawnInput::Kind::kTree, .path = "b", .digest = Digest::Of("y")},
                            {.kind = SpawnInput::Kind::kSymlink, .path = "c", .target = "../../x"}},
                 .writable = {{.path = "cow-out/x"}, {.path = ""}},
                 .working_directory = "a",
                 .timeout_seconds = 5,
                 .report_reads = true,
                 .writable_root = true};
  return order;
}

TEST(SpawnMessageTest, AnOrderArrivesAsItWas) {
  for (const TravelOrder& order : {Full(), TravelOrder{.spawn = {.argv = {"x"}}}}) {
    absl::StatusOr<TravelOrder> read = DecodeOrder(EncodeOrder(order));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->spawn.argv, order.spawn.argv);
    EXPECT_EQ(read->spawn.env, order.spawn.env);
    EXPECT_EQ(read->spawn.inputs, order.spawn.inputs);
    ASSERT_EQ(read->spawn.writable.size(), order.spawn.writable.size());
    for (size_t i = 0; i < order.spawn.writable.size(); ++i) EXPECT_EQ(read->spawn.writable[i].path, order.spawn.writable[i].path);
    EXPECT_EQ(read->spawn.working_directory, order.spawn.working_directory);
    EXPECT_EQ(read->spawn.timeout_seconds, order.spawn.timeout_seconds);
    EXPECT_EQ(read->spawn.report_reads, order.spawn.report_reads);
    EXPECT_EQ(read->spawn.writable_root, order.spawn.writable_root);
    EXPECT_EQ(read->has_root, order.has_root);
    EXPECT_EQ(read->limits, order.limits);
    EXPECT_EQ(read->min_tier, order.min_tier);
  }
}

TEST(SpawnMessageTest, AReportArrivesAsItWas) {
  TravelReport report{.status = absl::FailedPreconditionError("no namespaces"),
                      .result = {.outcome = SpawnResult::Outcome::kSignalled,
                                 .exit_code = -1,
                                 .signal = 9,
                                 .wall_micros = 7,
                                 .max_rss_kib = 8,
                                 .tier = "S3",
                                 .limit = "memory",
                                 .read = {true, false, true}}};
  absl::StatusOr<TravelReport> read = DecodeReport(EncodeReport(report));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->status, report.status);
  EXPECT_EQ(read->result.outcome, report.result.outcome);
  EXPECT_EQ(read->result.exit_code, -1);
  EXPECT_EQ(read->result.signal, 9);
  EXPECT_EQ(read->result.wall_micros, 7);
  EXPECT_EQ(read->result.max_rss_kib, 8);
  EXPECT_EQ(read->result.tier, "S3");
  EXPECT_EQ(read->result.limit, "memory");
  EXPECT_EQ(read->result.read, report.result.read);
}

TEST(SpawnMessageTest, WhatIsNeitherIsRefused) {
  EXPECT_FALSE(DecodeOrder("").ok());
  EXPECT_FALSE(DecodeOrder("nonsense").ok());
  EXPECT_FALSE(DecodeReport("nonsense").ok());
  const std::string bytes = EncodeOrder(Full());
  EXPECT_FALSE(DecodeOrder(bytes.substr(0, bytes.size() - 1)).ok());
}

}  // namespace
}  // namespace cow::execution
