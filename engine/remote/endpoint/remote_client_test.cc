#include "engine/remote/remote_client.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <atomic>
#include <random>
#include <thread>

#include "engine/base/posix_file.h"
#include "engine/remote/endpoint/scripted_cache.h"
#include "engine/remote/endpoint/zstd_stream.h"
#include "engine/store/testing_cache.h"

namespace cow::remote {
namespace {

// A machine with a cache of its own.
class Machine {
 public:
  explicit Machine(const std::string& address, RemoteOptions options = {}) : store_(store::OpenTestingStore(dir_)) {
    options.cache = address;
    options.upload_local_results = true;
    client_ = std::make_unique<RemoteClient>(
        options, RemoteClient::Parts{.program = COW_BIN_DIR "/cow-remote",
                                     .scratch_directory = store_->session->path(),
                                     .cas = store_->cas.get(),
                                     .warn = [this](const std::string& text) {
                                       absl::MutexLock lock(&mutex_);
                                       warnings_.push_back(text);
                                     }});
  }

  RemoteClient& remote() { return *client_; }
  store::LocalCas& cas() { return *store_->cas; }
  std::vector<std::string> warnings() {
    absl::MutexLock lock(&mutex_);
    return warnings_;
  }

 private:
  store::TestingDir dir_;
  std::unique_ptr<store::LocalStore> store_;
  absl::Mutex mutex_;
  std::vector<std::string> warnings_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<RemoteClient> client_;  // first to go
};

class Stopwatch {
 public:
  double seconds() const { return absl::ToDoubleSeconds(absl::Now() - began_); }

 private:
  const absl::Time began_ = absl::Now();
};

std::string Noise(size_t size, uint32_t seed) {
  std::minstd_rand random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random() >> 8);
  return bytes;
}

const Digest kKey = Digest::Of("an action");

ActionResult SomeResult(const std::vector<Digest>& files) {
  ActionResult result{.sandbox_tier = "S3", .wall_micros = 1'234'567, .max_rss_kib = 99};
  for (size_t i = 0; i < files.size(); ++i) {
    result.outputs.push_back({.path = absl::StrCat("out/f", i), .digest = files[i], .executable = i % 2 == 1});
  }
  return result;
}

TEST(ResultMessageTest, ComesBackAsItWas) {
  ActionResult result = SomeResult({Digest::Of("a"), Digest::Of("b")});
  result.outputs.push_back({.kind = ActionOutput::Kind::kTree, .path = "out/t", .digest = Digest::Of("tree")});
  result.outputs.push_back({.kind = ActionOutput::Kind::kSymlink, .path = "out/l", .target = "../x"});
  result.stdout_digest = Digest::Of("said");
  absl::StatusOr<NotedResult> noted = FromWire(ToWire(result, "0110"));
  ASSERT_TRUE(noted.ok());
  EXPECT_EQ(noted->result, result);
  EXPECT_EQ(noted->read, "0110");
}

TEST(ResultMessageTest, WhatAnotherToolMadeHasNoTier) {
  reapi::ActionResult message;
  absl::StatusOr<NotedResult> noted = FromWire(message);
  ASSERT_TRUE(noted.ok());
  EXPECT_EQ(noted->result.sandbox_tier, "");
  message.add_output_files()->mutable_digest()->set_hash("../../etc");
  EXPECT_FALSE(FromWire(message).ok());
}

TEST(RemoteClientTest, WhatOneMachineOffersAnotherFetches) {
  ScriptedCache cache;
  cache.batch_limit = 300'000;
  std::vector<std::string> blobs = {Noise(2'000'000, 1), "", Noise(600'000, 2)};
  for (uint32_t i = 0; i < 20; ++i) blobs.push_back(Noise(50'000 + i, 10 + i));
  std::vector<Digest> digests;
  ActionResult result;
  {
    Machine first(cache.address());
    for (const std::string& blob : blobs) digests.push_back(*first.cas().Put(blob));
    result = SomeResult(digests);
    first.remote().Offer({.key = kKey, .result = result, .read = {true, false}, .blobs = digests, .messages = {"command"}});
    EXPECT_EQ(first.remote().Finish().sent, 1);
    EXPECT_TRUE(first.warnings().empty());
  }
  EXPECT_TRUE(cache.Has("command"));
  EXPECT_LE(cache.largest_batch, 320'000);
  Machine second(cache.address());
  std::optional<store::RemoteResult> found = second.remote().Find(kKey);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->result, result);
  EXPECT_EQ(found->read, (store::ReadSet{true, false}));
  EXPECT_TRUE(second.remote().Fetch(digests));
  for (size_t i = 0; i < blobs.size(); ++i) EXPECT_EQ(second.cas().Get(digests[i]).value_or("gone"), blobs[i]);
  EXPECT_LE(cache.largest_batch, 320'000);
  EXPECT_FALSE(second.remote().Find(Digest::Of("another")).has_value());
  EXPECT_TRUE(second.warnings().empty());
}

TEST(RemoteClientTest, WrongBytesAreNotTaken) {
  for (size_t size : {100, 2'000'000}) {
    ScriptedCache cache;
    const std::string bytes = Noise(size, 3);
    const std::string other = Noise(size + 1, 4);
    cache.Put(bytes);
    cache.Put(other);
    cache.corrupts = true;
    Machine machine(cache.address());
    EXPECT_FALSE(machine.remote().Fetch({Digest::Of(bytes), Digest::Of(other)}));
    EXPECT_EQ(machine.cas().FindMissing({Digest::Of(bytes), Digest::Of(other)})->size(), 2u);
    ASSERT_EQ(machine.warnings().size(), 1u);
    EXPECT_NE(machine.warnings()[0].find("wrong bytes"), std::string::npos);
    cache.corrupts = false;
    EXPECT_TRUE(machine.remote().Fetch({Digest::Of(bytes), Digest::Of(other)}));
  }
}

TEST(RemoteClientTest, ABlobThatIsGoneIsSaidToBe) {
  ScriptedCache cache;
  cache.Put("there");
  Machine machine(cache.address());
  EXPECT_FALSE(machine.remote().Fetch({Digest::Of("there"), Digest::Of("gone")}));
  EXPECT_FALSE(machine.remote().Fetch({Digest::Of(Noise(1'000'000, 5))}));
}

TEST(RemoteClientTest, WhatTheServerHoldsItIsAskedForWithoutBytes) {
  ScriptedCache cache;
  cache.Put("there");
  cache.Put("too");
  Machine machine(cache.address());
  EXPECT_TRUE(machine.remote().Has({Digest::Of("there"), Digest::Of("too")}));
  EXPECT_FALSE(machine.remote().Has({Digest::Of("there"), Digest::Of("gone")}));
  EXPECT_EQ(machine.remote().fetched_blobs(), 0);
  EXPECT_TRUE(machine.remote().Fetch({Digest::Of("there")}));
  EXPECT_EQ(machine.remote().fetched_bytes(), 5);
  Machine alone("grpc://127.0.0.1:1");
  EXPECT_FALSE(alone.remote().Has({Digest::Of("there")}));
}

TEST(RemoteClientTest, WhoWaitsForUploadsLosesNone) {
  ScriptedCache cache;
  Machine machine(cache.address(), {.uploads_wait = true});
  constexpr int kResults = 300;  // more than may wait
  const Digest blob = *machine.cas().Put("made");
  for (int i = 0; i < kResults; ++i) {
    machine.remote().Offer({.key = Digest::Of(absl::StrCat("action ", i)), .result = SomeResult({blob}), .blobs = {blob}});
  }
  const RemoteClient::Uploads uploads = machine.remote().Finish();
  EXPECT_EQ(uploads.sent, kResults);
  EXPECT_EQ(uploads.dropped, 0);
}

TEST(RemoteClientTest, ACutStreamGoesOnWhereItWas) {
  ScriptedCache cache;
  const std::string bytes = Noise(1'000'000, 6);
  cache.Put(bytes);
  cache.cut_after = 400'000;
  Machine machine(cache.address());
  EXPECT_TRUE(machine.remote().Fetch({Digest::Of(bytes)}));
  EXPECT_EQ(cache.streams, 3);
}

TEST(RemoteClientTest, WhatFailsForTheMomentIsTriedAgain) {
  ScriptedCache cache;
  cache.PutResult(kKey, ToWire(SomeResult({}), ""));
  Machine machine(cache.address());
  EXPECT_TRUE(machine.remote().Find(kKey).has_value());
  cache.busy_for = 2;
  EXPECT_TRUE(machine.remote().Find(kKey).has_value());
  EXPECT_TRUE(machine.warnings().empty());
}

TEST(RemoteClientTest, AServerThatNeverAnswersCostsOneWaitAndOneWarning) {
  ScriptedCache cache;
  cache.silent = true;
  Machine machine(cache.address());
  Stopwatch watch;
  std::vector<std::thread> askers;
  for (int i = 0; i < 8; ++i) askers.emplace_back([&] { EXPECT_FALSE(machine.remote().Find(kKey).has_value()); });
  for (std::thread& asker : askers) asker.join();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(machine.remote().Find(kKey).has_value());
  machine.remote().Offer({.key = kKey, .result = SomeResult({})});
  EXPECT_EQ(machine.remote().Finish().dropped, 1);
  EXPECT_LT(watch.seconds(), 2.5);
  EXPECT_EQ(machine.warnings().size(), 1u);
}

TEST(RemoteClientTest, AServerThatFallsSilentIsGivenUpAndUsedAgain) {
  ScriptedCache cache;
  cache.PutResult(kKey, ToWire(SomeResult({}), ""));
  Machine machine(cache.address());
  EXPECT_TRUE(machine.remote().Find(kKey).has_value());
  cache.silent = true;
  Stopwatch watch;
  EXPECT_FALSE(machine.remote().Find(kKey).has_value());
  EXPECT_LT(watch.seconds(), 2.5);
  EXPECT_FALSE(machine.remote().Find(kKey).has_value());
  EXPECT_LT(watch.seconds(), 3);
  cache.silent = false;
  while (!machine.remote().Find(kKey).has_value() && watch.seconds() < 30) absl::SleepFor(absl::Milliseconds(50));
  EXPECT_LT(watch.seconds(), 30);
  EXPECT_EQ(machine.warnings().size(), 1u);
}

TEST(RemoteClientTest, AServerThatIsSlowButAliveIsWaitedFor) {
  ScriptedCache cache;
  cache.PutResult(kKey, ToWire(SomeResult({}), ""));
  cache.slow = true;
  Machine machine(cache.address());
  EXPECT_TRUE(machine.remote().Find(kKey).has_value());
  EXPECT_GE(cache.capability_calls, 2) << "signs of life were asked for";
  EXPECT_TRUE(machine.warnings().empty());
}

TEST(RemoteClientTest, LookupsThatHangAreGivenUpThoughTheServerLives) {
  ScriptedCache cache;
  cache.hangs = true;
  Machine machine(cache.address());
  Stopwatch watch;
  EXPECT_FALSE(machine.remote().Find(kKey).has_value());
  EXPECT_LT(watch.seconds(), 12);
  EXPECT_EQ(cache.lookups, 2);
  EXPECT_GE(cache.capability_calls, 2) << "signs of life came";
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(machine.remote().Find(kKey).has_value());
  EXPECT_EQ(cache.lookups, 2) << "nobody asks a link that is down";
  EXPECT_EQ(machine.warnings().size(), 1u);
}

TEST(RemoteClientTest, AnUploadInFlightToAServerThatDiesDoesNotHoldTheEndUp) {
  ScriptedCache cache;
  Machine machine(cache.address());
  EXPECT_FALSE(machine.remote().Find(kKey).has_value());
  cache.silent = true;
  machine.remote().Offer({.key = kKey, .result = SomeResult({}), .messages = {Noise(30'000'000, 7)}});
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_FALSE(machine.remote().Find(Digest::Of("another")).has_value());
  Stopwatch watch;
  EXPECT_EQ(machine.remote().Finish().dropped, 1);
  EXPECT_LT(watch.seconds(), 1) << "the server is known to be dead";
}

TEST(RemoteClientTest, UploadsThatWaitTakeNoMoreThanSomeMemory) {
  ScriptedCache cache;
  Machine machine(cache.address());
  EXPECT_FALSE(machine.remote().Find(kKey).has_value());
  cache.silent = true;
  for (int i = 0; i < 100; ++i) {
    machine.remote().Offer({.key = Digest::Of(absl::StrCat(i)), .result = SomeResult({}), .messages = {absl::StrCat(i, std::string(1 << 20, 'x'))}});
  }
  cache.silent = false;
  const RemoteClient::Uploads uploads = machine.remote().Finish();
  EXPECT_EQ(uploads.sent + uploads.dropped, 100);
  EXPECT_GE(uploads.dropped, 30);
  EXPECT_GE(uploads.sent, 60);
}

TEST(RemoteClientTest, UploadsToASilentServerDoNotHoldTheEndUp) {
  ScriptedCache cache;
  Machine machine(cache.address());
  EXPECT_FALSE(machine.remote().Find(kKey).has_value());
  cache.silent = true;
  for (int i = 0; i < 50; ++i) machine.remote().Offer({.key = Digest::Of(absl::StrCat(i)), .result = SomeResult({})});
  Stopwatch watch;
  EXPECT_EQ(machine.remote().Finish().dropped, 50);
  EXPECT_LT(watch.seconds(), 2.5);
  EXPECT_EQ(machine.warnings().size(), 1u);
}

TEST(RemoteClientTest, WhoMayNotWriteReads) {
  ScriptedCache cache;
  cache.refuses_results = true;
  cache.PutResult(kKey, ToWire(SomeResult({}), ""));
  Machine machine(cache.address());
  for (int i = 0; i < 20; ++i) machine.remote().Offer({.key = Digest::Of(absl::StrCat(i)), .result = SomeResult({})});
  EXPECT_EQ(machine.remote().Finish().dropped, 20);
  EXPECT_TRUE(machine.remote().Find(kKey).has_value());
  ASSERT_EQ(machine.warnings().size(), 1u);
  EXPECT_NE(machine.warnings()[0].find("a reader writes nothing"), std::string::npos);
}

TEST(RemoteClientTest, ABlobLargerThanABatchComesAsAStream) {
  ScriptedCache cache;
  cache.batch_limit = 300'000;
  const std::string bytes = Noise(400'000, 8);
  cache.Put(bytes);
  Machine machine(cache.address());
  EXPECT_TRUE(machine.remote().Fetch({Digest::Of(bytes)}));
  EXPECT_EQ(cache.batches, 0);
  EXPECT_EQ(cache.streams, 1);
}

TEST(RemoteClientTest, ABlobThatABatchGaveNoAnswerForIsNotThere) {
  ScriptedCache cache;
  cache.forgets = true;
  Machine machine(cache.address());
  machine.remote().Offer({.key = kKey, .result = SomeResult({}), .messages = {"one", "two"}});
  EXPECT_EQ(machine.remote().Finish().dropped, 1);
  EXPECT_FALSE(cache.HasResult(kKey));
  EXPECT_EQ(machine.warnings().size(), 1u);
}

TEST(RemoteClientTest, AResultWithAHugeTreeIsNone) {
  ScriptedCache cache;
  ActionResult result;
  result.outputs.push_back({.kind = ActionOutput::Kind::kTree, .path = "out/t", .digest = *Digest::FromHex(kKey.hex(), (64 << 20) + 1)});
  cache.PutResult(kKey, ToWire(result, ""));
  Machine machine(cache.address());
  EXPECT_FALSE(machine.remote().Find(kKey).has_value());
  result.outputs[0].digest = *Digest::FromHex(kKey.hex(), 64 << 20);
  cache.PutResult(kKey, ToWire(result, ""));
  EXPECT_TRUE(machine.remote().Find(kKey).has_value());
}

TEST(RemoteClientTest, WhatAProgramThatEndsOrHangsDidNotSendIsCounted) {
  for (const std::string body : {"exit 0", "exec sleep 30"}) {
    store::TestingDir dir;
    std::unique_ptr<store::LocalStore> store = store::OpenTestingStore(dir);
    const std::string program = dir.path() + "/program";
    ASSERT_TRUE(WriteFile(program, "#!/bin/sh\n" + body + "\n", 0755).ok());
    absl::Mutex mutex;
    std::vector<std::string> warnings;
    RemoteClient client({.cache = "grpc://127.0.0.1:1", .exit_wait_seconds = 0},
                        {.program = program,
                         .scratch_directory = store->session->path(),
                         .cas = store->cas.get(),
                         .warn = [&](const std::string& text) {
                           absl::MutexLock lock(&mutex);
                           warnings.push_back(text);
                         }});
    for (int i = 0; i < 3; ++i) client.Offer({.key = kKey, .result = SomeResult({})});
    EXPECT_EQ(client.Finish().dropped, 3) << body;
    absl::MutexLock lock(&mutex);
    EXPECT_EQ(warnings.size(), 1u) << body;
  }
}

TEST(ZstdStreamTest, AWindowThatWantsMuchMemoryIsRefused) {
  for (int log : {23, 24}) {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, log);
    const std::string bytes(1000, 'x');
    std::string compressed(1000, '\0');
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer out{compressed.data(), compressed.size(), 0};
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);  // of unknown size: the window is as large as it says
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
    ZSTD_freeCCtx(context);
    std::string found;
    const absl::Status status = Decompressor().Add(std::string_view(compressed).substr(0, out.pos), [&](std::string_view part) {
      found.append(part);
      return absl::OkStatus();
    });
    EXPECT_EQ(status.ok(), log == 23) << status;
    EXPECT_EQ(found == bytes, log == 23);
  }
}

TEST(RemoteClientTest, AMalformedResultIsNone) {
  ScriptedCache cache;
  reapi::ActionResult result = ToWire(SomeResult({Digest::Of("x")}), "");
  result.mutable_output_files(0)->mutable_digest()->set_size_bytes(-1);
  cache.PutResult(kKey, result);
  Machine machine(cache.address());
  EXPECT_FALSE(machine.remote().Find(kKey).has_value());
  EXPECT_EQ(machine.warnings().size(), 1u);
}

TEST(RemoteClientTest, ABlobThatIsGoneHereIsNotSentAndNeitherIsItsResult) {
  ScriptedCache cache;
  Machine machine(cache.address());
  machine.remote().Offer({.key = kKey, .result = SomeResult({Digest::Of("gone")}), .blobs = {Digest::Of("gone")}});
  EXPECT_EQ(machine.remote().Finish().dropped, 1);
  EXPECT_FALSE(cache.HasResult(kKey));
}

TEST(RemoteClientTest, WhoIsCancelledDoesNotWait) {
  ScriptedCache cache;
  cache.PutResult(kKey, ToWire(SomeResult({}), ""));
  cache.slow = true;
  Machine machine(cache.address());
  Stopwatch watch;
  std::thread asker([&] { EXPECT_FALSE(machine.remote().Find(kKey).has_value()); });
  absl::SleepFor(absl::Milliseconds(300));
  machine.remote().Cancel();
  asker.join();
  EXPECT_LT(watch.seconds(), 1.5);
  EXPECT_FALSE(machine.remote().Find(kKey).has_value());
}

TEST(RemoteClientTest, AProgramThatIsMissingIsAWarning) {
  store::TestingDir dir;
  std::unique_ptr<store::LocalStore> store = store::OpenTestingStore(dir);
  std::vector<std::string> warnings;
  RemoteClient client({.cache = "grpc://127.0.0.1:1"},
                      {.program = dir.path() + "/none",
                       .scratch_directory = store->session->path(),
                       .cas = store->cas.get(),
                       .warn = [&](const std::string& text) { warnings.push_back(text); }});
  EXPECT_FALSE(client.Find(kKey).has_value());
  EXPECT_FALSE(client.Fetch({Digest::Of("x")}));
  EXPECT_EQ(warnings.size(), 1u);
}

}  // namespace
}  // namespace cow::remote
