// A bounded load for a REAPI cache, one kind of call at a time:
//
//   cache_load --grpc=HOST:PORT --row=find|get|put|result|read|write|fill [--clients=N] [--seconds=S] [--count=N]
//
// Prints one line of JSON: calls, seconds, bytes of blobs, and how long calls took. What a row needs is stored before the
// clock starts. `fill` stores --count blobs of 100 bytes, a thousand in a call.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/base/digest.h"
#include "wire/bytestream.grpc.pb.h"
#include "wire/reapi.grpc.pb.h"

namespace cow::bench {
namespace {

namespace re = build::bazel::remote::execution::v2;
namespace bs = google::bytestream;
using Clock = std::chrono::steady_clock;

constexpr size_t kSmall = 4096;
constexpr size_t kLarge = 100 << 20;
constexpr size_t kMessage = 64 << 10;

[[noreturn]] void Die(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  std::exit(1);
}

void Check(const grpc::Status& status, const char* doing) {
  if (!status.ok()) Die(absl::StrCat(doing, ": ", status.error_message()));
}

std::string RandomBytes(size_t size) {
  thread_local std::mt19937_64 random(std::random_device{}());
  std::string bytes(size, '\0');
  for (size_t i = 0; i + 8 <= size; i += 8) {
    const uint64_t word = random();
    std::copy_n(reinterpret_cast<const char*>(&word), 8, &bytes[i]);
  }
  return bytes;
}

re::Digest WireDigest(const std::string& bytes) {
  const Digest digest = Digest::Of(bytes);
  re::Digest wire;
  wire.set_hash(digest.hex());
  wire.set_size_bytes(digest.size_bytes());
  return wire;
}

// A connection of its own for each client.
struct Client {
  explicit Client(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(32 << 20);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    cas = re::ContentAddressableStorage::NewStub(channel);
    results = re::ActionCache::NewStub(channel);
    stream = bs::ByteStream::NewStub(channel);
  }

  void Put(const std::vector<std::string>& blobs) {
    grpc::ClientContext context;
    re::BatchUpdateBlobsRequest request;
    for (const std::string& bytes : blobs) {
      auto* one = request.add_requests();
      *one->mutable_digest() = WireDigest(bytes);
      one->set_data(bytes);
    }
    re::BatchUpdateBlobsResponse response;
    Check(cas->BatchUpdateBlobs(&context, request, &response), "BatchUpdateBlobs");
    for (const auto& one : response.responses()) {
      if (one.status().code() != 0) Die("a blob was refused: " + one.status().message());
    }
  }

  void Write(const std::string& bytes) {
    grpc::ClientContext context;
    bs::WriteResponse response;
    const re::Digest digest = WireDigest(bytes);
    auto writer = stream->Write(&context, &response);
    for (size_t sent = 0; sent < bytes.size();) {
      bs::WriteRequest request;
      if (sent == 0) request.set_resource_name(absl::StrCat("uploads/u/blobs/", digest.hash(), "/", digest.size_bytes()));
      request.set_write_offset(static_cast<int64_t>(sent));
      request.set_data(bytes.substr(sent, kMessage));
      sent += request.data().size();
      request.set_finish_write(sent == bytes.size());
      if (!writer->Write(request)) break;
    }
    writer->WritesDone();
    Check(writer->Finish(), "Write");
  }

  size_t Read(const re::Digest& digest) {
    grpc::ClientContext context;
    bs::ReadRequest request;
    request.set_resource_name(absl::StrCat("blobs/", digest.hash(), "/", digest.size_bytes()));
    auto reader = stream->Read(&context, request);
    bs::ReadResponse response;
    size_t size = 0;
    while (reader->Read(&response)) size += response.data().size();
    Check(reader->Finish(), "Read");
    return size;
  }

  std::unique_ptr<re::ContentAddressableStorage::Stub> cas;
  std::unique_ptr<re::ActionCache::Stub> results;
  std::unique_ptr<bs::ByteStream::Stub> stream;
};

struct Options {
  std::string grpc;
  std::string row;
  int64_t clients = 1;
  int64_t seconds = 3;
  int64_t count = 1'000'000;
};

// One call; returns the bytes of blobs it moved. `number` is unique.
using Call = std::function<size_t(Client&, int64_t number)>;

Call FindRow(Client& first) {
  auto request = std::make_shared<re::FindMissingBlobsRequest>();
  for (int batch = 0; batch < 5; ++batch) {
    std::vector<std::string> blobs;
    for (int i = 0; i < 1000; ++i) blobs.push_back(RandomBytes(64));
    first.Put(blobs);
    for (const std::string& bytes : blobs) *request->add_blob_digests() = WireDigest(bytes);
  }
  for (int i = 0; i < 5000; ++i) *request->add_blob_digests() = WireDigest(RandomBytes(64));
  return [request](Client& client, int64_t) {
    grpc::ClientContext context;
    re::FindMissingBlobsResponse response;
    Check(client.cas->FindMissingBlobs(&context, *request, &response), "FindMissingBlobs");
    if (response.missing_blob_digests_size() != 5000) Die("FindMissingBlobs does not say what is missing");
    return size_t{0};
  };
}

Call GetRow(Client& first) {
  auto digests = std::make_shared<std::vector<re::Digest>>();
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<std::string> blobs;
    for (int i = 0; i < 100; ++i) blobs.push_back(RandomBytes(kSmall));
    first.Put(blobs);
    for (const std::string& bytes : blobs) digests->push_back(WireDigest(bytes));
  }
  return [digests](Client& client, int64_t number) {
    grpc::ClientContext context;
    re::BatchReadBlobsRequest request;
    *request.add_digests() = (*digests)[static_cast<size_t>(number * 7919) % digests->size()];
    re::BatchReadBlobsResponse response;
    Check(client.cas->BatchReadBlobs(&context, request, &response), "BatchReadBlobs");
    if (response.responses_size() != 1 || response.responses(0).data().size() != kSmall) Die("a blob is not given");
    return kSmall;
  };
}

Call ResultRow(Client& first) {
  auto actions = std::make_shared<std::vector<re::Digest>>();
  for (int i = 0; i < 500; ++i) {
    const std::string output = RandomBytes(200);
    first.Put({output});
    re::UpdateActionResultRequest request;
    *request.mutable_action_digest() = WireDigest(RandomBytes(32));
    auto* file = request.mutable_action_result()->add_output_files();
    file->set_path("out/file.o");
    *file->mutable_digest() = WireDigest(output);
    grpc::ClientContext context;
    re::ActionResult answer;
    Check(first.results->UpdateActionResult(&context, request, &answer), "UpdateActionResult");
    actions->push_back(request.action_digest());
  }
  return [actions](Client& client, int64_t number) {
    grpc::ClientContext context;
    re::GetActionResultRequest request;
    *request.mutable_action_digest() = (*actions)[static_cast<size_t>(number * 7919) % actions->size()];
    re::ActionResult result;
    Check(client.results->GetActionResult(&context, request, &result), "GetActionResult");
    return size_t{0};
  };
}

Call RowOf(const std::string& row, Client& first) {
  if (row == "find") return FindRow(first);
  if (row == "get") return GetRow(first);
  if (row == "result") return ResultRow(first);
  if (row == "put") {
    return [](Client& client, int64_t) {
      client.Put({RandomBytes(kSmall)});
      return kSmall;
    };
  }
  if (row == "write") {
    return [](Client& client, int64_t) {
      client.Write(RandomBytes(kLarge));
      return kLarge;
    };
  }
  if (row == "read") {
    const std::string bytes = RandomBytes(kLarge);
    first.Write(bytes);
    return [digest = WireDigest(bytes)](Client& client, int64_t) {
      if (client.Read(digest) != kLarge) Die("a large blob is not given");
      return kLarge;
    };
  }
  Die("no such row: " + row);
}

int64_t Percentile(const std::vector<int64_t>& sorted, size_t percent) {
  return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

void Measure(const Options& options) {
  Client first(options.grpc);
  const Call call = RowOf(options.row, first);
  std::atomic<int64_t> next = 0;
  std::atomic<size_t> bytes = 0;
  std::vector<std::vector<int64_t>> took(static_cast<size_t>(options.clients));
  std::vector<std::thread> threads;
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + std::chrono::seconds(options.seconds);
  for (std::vector<int64_t>& own : took) {
    threads.emplace_back([&] {
      Client client(options.grpc);
      do {
        const Clock::time_point start = Clock::now();
        bytes += call(client, next++);
        own.push_back(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
      } while (Clock::now() < end);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::vector<int64_t> all;
  for (const std::vector<int64_t>& own : took) all.insert(all.end(), own.begin(), own.end());
  std::sort(all.begin(), all.end());
  std::printf("{\"calls\": %zu, \"seconds\": %.3f, \"bytes\": %zu, \"p50_us\": %lld, \"p99_us\": %lld}\n", all.size(), seconds,
              bytes.load(), static_cast<long long>(Percentile(all, 50)), static_cast<long long>(Percentile(all, 99)));
}

void Fill(const Options& options) {
  Client client(options.grpc);
  const Clock::time_point begin = Clock::now();
  for (int64_t done = 0; done < options.count; done += 1000) {
    std::vector<std::string> blobs;
    for (int i = 0; i < 1000; ++i) blobs.push_back(RandomBytes(104).substr(0, 100));
    client.Put(blobs);
  }
  std::printf("{\"calls\": %lld, \"seconds\": %.3f}\n", static_cast<long long>(options.count / 1000),
              std::chrono::duration<double>(Clock::now() - begin).count());
}

bool Number(absl::string_view text, const char* flag, int64_t* value) {
  return absl::ConsumePrefix(&text, flag) && absl::SimpleAtoi(text, value) && *value > 0;
}

int Main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    absl::string_view text = argv[i];
    if (absl::ConsumePrefix(&text, "--grpc=")) {
      options.grpc = std::string(text);
    } else if (absl::ConsumePrefix(&text, "--row=")) {
      options.row = std::string(text);
    } else if (!Number(text, "--clients=", &options.clients) && !Number(text, "--seconds=", &options.seconds) &&
               !Number(text, "--count=", &options.count)) {
      Die(absl::StrCat("bad argument ", argv[i]));
    }
  }
  if (options.grpc.empty() || options.row.empty()) Die("--grpc and --row are needed");
  options.row == "fill" ? Fill(options) : Measure(options);
  return 0;
}

}  // namespace
}  // namespace cow::bench

int main(int argc, char** argv) { return cow::bench::Main(argc, argv); }
