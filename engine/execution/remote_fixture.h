// For tests of what comes from other machines: a remote cache without a network, and machines that share it.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/execution/execution_fixture.h"
#include "engine/store/remote_cache.h"

namespace cow::execution {

// What a remote cache holds, without a network.
class FakeRemote final : public store::RemoteCache {
 public:
  explicit FakeRemote(store::LocalCas* cas) : cas_(*cas) {}

  bool reads() const override { return reading; }
  bool writes() const override { return writing; }
  std::optional<store::RemoteResult> Find(const Digest& key) override {
    ++finds;
    auto found = results.find(key);
    if (found == results.end()) return std::nullopt;
    return found->second;
  }
  bool Has(const std::vector<Digest>& wanted) override {
    ++questions;
    return std::all_of(wanted.begin(), wanted.end(), [this](const Digest& digest) { return claims || blobs.contains(digest); });
  }
  // As a real client takes them: under the digests that they have.
  bool Fetch(const std::vector<Digest>& wanted) override {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const Digest& digest : wanted) {
      if (cas_.Contains(digest)) continue;
      auto found = blobs.find(digest);
      if (found == blobs.end()) continue;
      cas_.Put(found->second).IgnoreError();
      fetched.insert(found->second);
    }
    return cas_.FindMissing(wanted)->empty();
  }
  void Offer(store::RemoteUpload upload) override {
    results[upload.key] = {.result = upload.result, .read = upload.read};
    for (const Digest& digest : upload.blobs) blobs[digest] = cas_.Get(digest).value_or("gone");
    for (const std::string& message : upload.messages) messages.push_back(Digest::Of(message));
    last = upload.key;
  }

  bool reading = true;
  bool writing = true;
  bool claims = false;  // that it has whatever it is asked for
  std::atomic<int> finds = 0;
  std::atomic<int> questions = 0;
  Digest last{};
  std::map<Digest, store::RemoteResult> results;
  std::map<Digest, std::string> blobs;
  std::vector<Digest> messages;
  std::set<std::string> fetched;

 private:
  std::mutex mutex_;
  store::LocalCas& cas_;
};

// Machines that share a remote cache and nothing else. The program "two" writes what it reads.
class RemoteTest : public ExecutionTest {
 protected:
  void SetUp() override {
    ExecutionTest::SetUp();
    fake_ = std::make_unique<FakeRemote>(store_->cas.get());
    remote_ = fake_.get();
    AddPrograms();
  }

  // As another machine that has nothing but the remote cache.
  void Move() {
    runner_.reset();
    store_.reset();
    ASSERT_TRUE(RemoveTree(root_ + "/cache").ok());
    ASSERT_TRUE(RemoveTree(absl::StrCat(workspace_, "/", "cow-out")).ok());
    std::unique_ptr<FakeRemote> before = std::move(fake_);
    store_ = *store::LocalStore::Open(root_ + "/cache");
    runner_ = std::make_unique<FakeSpawnRunner>(store_->cas.get());
    options_.scratch_root = store_->session->path();
    fake_ = std::make_unique<FakeRemote>(store_->cas.get());
    fake_->results = before->results;
    fake_->blobs = before->blobs;
    fake_->last = before->last;
    remote_ = fake_.get();
    AddPrograms();
  }

  virtual void AddPrograms() {
    runner_->programs["two"] = [](FakeProcess& process) {
      const std::string text = "made of " + process.Read(process.argv[2]);
      if (process.result.exit_code == 0) process.Write(process.argv[1], text);
    };
  }

  std::unique_ptr<FakeRemote> fake_;
};

}  // namespace cow::execution
