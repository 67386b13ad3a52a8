// What every REAPI cache has to do, asked over a socket: remote_cache_conformance --grpc=HOST:PORT --http=HOST:PORT
// [--gtest_...]. Each test uses bytes of its own, so that a server may be full of others.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tests/remote_cache/conformance.h"
#include "wire/bytestream.grpc.pb.h"
#include "wire/reapi.grpc.pb.h"

namespace cow::conformance {
namespace {

namespace re = build::bazel::remote::execution::v2;
namespace bs = google::bytestream;
using grpc::StatusCode;

}  // namespace

// Of the command line.
std::string& Address(bool http) {
  static auto* addresses = new std::string[2];
  return addresses[http ? 1 : 0];
}

namespace {

class ConformanceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (GrpcAddress().empty()) GTEST_SKIP() << "no --grpc";
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(32 << 20);
    static std::shared_ptr<grpc::Channel> channel =
        grpc::CreateCustomChannel(GrpcAddress(), grpc::InsecureChannelCredentials(), arguments);
    cas_ = re::ContentAddressableStorage::NewStub(channel);
    ac_ = re::ActionCache::NewStub(channel);
    stream_ = bs::ByteStream::NewStub(channel);
    capabilities_ = re::Capabilities::NewStub(channel);
  }

  bool Has(const re::Digest& digest) {
    grpc::ClientContext context;
    re::FindMissingBlobsRequest request;
    *request.add_blob_digests() = digest;
    re::FindMissingBlobsResponse response;
    const grpc::Status status = cas_->FindMissingBlobs(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.missing_blob_digests_size() == 0;
  }

  // The status of the one blob.
  int Update(const re::Digest& digest, const std::string& bytes, re::Compressor::Value compressor = re::Compressor::IDENTITY) {
    grpc::ClientContext context;
    re::BatchUpdateBlobsRequest request;
    auto* one = request.add_requests();
    *one->mutable_digest() = digest;
    one->set_data(bytes);
    one->set_compressor(compressor);
    re::BatchUpdateBlobsResponse response;
    const grpc::Status status = cas_->BatchUpdateBlobs(&context, request, &response);
    if (!status.ok()) return status.error_code();
    EXPECT_EQ(response.responses_size(), 1);
    return response.responses(0).status().code();
  }

  re::Digest Put(const std::string& bytes) {
    const re::Digest digest = ToWire(Digest::Of(bytes));
    EXPECT_EQ(Update(digest, bytes), StatusCode::OK);
    return digest;
  }

  grpc::Status Read(const std::string& name, int64_t offset, int64_t limit, std::string* bytes) {
    grpc::ClientContext context;
    bs::ReadRequest request;
    request.set_resource_name(name);
    request.set_read_offset(offset);
    request.set_read_limit(limit);
    auto reader = stream_->Read(&context, request);
    bs::ReadResponse response;
    bytes->clear();
    while (reader->Read(&response)) *bytes += response.data();
    return reader->Finish();
  }

  // `finish` false: the stream ends without it.
  grpc::Status Write(const std::string& name, const std::string& bytes, int64_t* committed, bool finish = true) {
    constexpr size_t kMessage = 100'000;
    grpc::ClientContext context;
    bs::WriteResponse response;
    auto writer = stream_->Write(&context, &response);
    size_t sent = 0;
    do {
      bs::WriteRequest request;
      if (sent == 0) request.set_resource_name(name);
      request.set_write_offset(static_cast<int64_t>(sent));
      request.set_data(bytes.substr(sent, kMessage));
      sent += request.data().size();
      request.set_finish_write(finish && sent == bytes.size());
      if (!writer->Write(request)) break;
    } while (sent < bytes.size());
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    *committed = response.committed_size();
    return status;
  }

  grpc::Status GetResult(const std::string& instance, const re::Digest& action, re::ActionResult* result, bool inline_stdout = false) {
    grpc::ClientContext context;
    re::GetActionResultRequest request;
    request.set_instance_name(instance);
    *request.mutable_action_digest() = action;
    request.set_inline_stdout(inline_stdout);
    return ac_->GetActionResult(&context, request, result);
  }

  grpc::Status UpdateResult(const std::string& instance, const re::Digest& action, const re::ActionResult& result) {
    grpc::ClientContext context;
    re::UpdateActionResultRequest request;
    request.set_instance_name(instance);
    *request.mutable_action_digest() = action;
    *request.mutable_action_result() = result;
    re::ActionResult response;
    return ac_->UpdateActionResult(&context, request, &response);
  }

  std::unique_ptr<re::ContentAddressableStorage::Stub> cas_;
  std::unique_ptr<re::ActionCache::Stub> ac_;
  std::unique_ptr<bs::ByteStream::Stub> stream_;
  std::unique_ptr<re::Capabilities::Stub> capabilities_;
};

std::string Compressed(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

std::string Decompressed(const std::string& bytes, size_t size) {
  std::string out(size + 1, '\0');
  // All frames, also skippable ones.
  const size_t n = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(n)) return ZSTD_getErrorName(n);
  out.resize(n);
  return out;
}

std::string NameOf(const re::Digest& digest) { return absl::StrCat(digest.hash(), "/", digest.size_bytes()); }

TEST_F(ConformanceTest, Capabilities) {
  grpc::ClientContext context;
  re::ServerCapabilities response;
  ASSERT_TRUE(capabilities_->GetCapabilities(&context, {}, &response).ok());
  const auto& functions = response.cache_capabilities().digest_functions();
  EXPECT_NE(std::find(functions.begin(), functions.end(), re::DigestFunction::SHA256), functions.end());
  EXPECT_EQ(response.high_api_version().major(), 2);
  EXPECT_LT(response.cache_capabilities().max_batch_total_size_bytes(), 4 << 20);
}

TEST_F(ConformanceTest, FindMissingIsExact) {
  const re::Digest present = Put(Unique(100));
  const re::Digest absent = ToWire(Digest::Of(Unique(100)));
  re::Digest wrong_size = present;
  wrong_size.set_size_bytes(99);
  grpc::ClientContext context;
  re::FindMissingBlobsRequest request;
  for (const re::Digest& digest : {present, absent, wrong_size, ToWire(Digest())}) *request.add_blob_digests() = digest;
  re::FindMissingBlobsResponse response;
  ASSERT_TRUE(cas_->FindMissingBlobs(&context, request, &response).ok());
  ASSERT_EQ(response.missing_blob_digests_size(), 2);
  // In any order.
  const bool absent_first = response.missing_blob_digests(0).hash() == absent.hash();
  EXPECT_EQ(response.missing_blob_digests(absent_first ? 0 : 1).hash(), absent.hash());
  EXPECT_EQ(response.missing_blob_digests(absent_first ? 1 : 0).size_bytes(), 99);
}

TEST_F(ConformanceTest, BatchRoundTrip) {
  grpc::ClientContext context;
  re::BatchReadBlobsRequest request;
  std::vector<std::string> blobs;
  for (size_t size : {1u, 100u, 2048u, 5000u, 1'000'000u}) {
    blobs.push_back(Unique(size));
    *request.add_digests() = Put(blobs.back());
  }
  *request.add_digests() = ToWire(Digest::Of(Unique(10)));
  *request.add_digests() = ToWire(Digest());
  re::BatchReadBlobsResponse response;
  ASSERT_TRUE(cas_->BatchReadBlobs(&context, request, &response).ok());
  ASSERT_EQ(response.responses_size(), 7);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(response.responses(i).data(), blobs[static_cast<size_t>(i)]);
  EXPECT_EQ(response.responses(5).status().code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(response.responses(6).status().code(), StatusCode::OK);
}

TEST_F(ConformanceTest, WrongBytesAreRefused) {
  const std::string bytes = Unique(5000);
  const re::Digest digest = ToWire(Digest::Of(bytes));
  EXPECT_EQ(Update(digest, Unique(5000)), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Update(digest, bytes.substr(1)), StatusCode::INVALID_ARGUMENT);
  re::Digest wrong_size = digest;
  wrong_size.set_size_bytes(4999);
  EXPECT_EQ(Update(wrong_size, bytes), StatusCode::INVALID_ARGUMENT);
  int64_t committed = 0;
  EXPECT_EQ(Write(absl::StrCat("uploads/u/blobs/", NameOf(digest)), Unique(5000), &committed).error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Write(absl::StrCat("uploads/u/blobs/", NameOf(digest)), bytes + "x", &committed).error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Write(absl::StrCat("uploads/u/blobs/", NameOf(digest)), bytes, &committed, /*finish=*/false).error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_FALSE(Has(digest));
}

TEST_F(ConformanceTest, StreamRoundTrip) {
  for (size_t size : {1u, 3000u, 5'000'000u}) {
    const std::string bytes = Unique(size);
    const re::Digest digest = ToWire(Digest::Of(bytes));
    int64_t committed = 0;
    const grpc::Status status = Write(absl::StrCat("uploads/u-", size, "/blobs/", NameOf(digest), "/any/thing"), bytes, &committed);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(committed, static_cast<int64_t>(size));
    EXPECT_TRUE(Has(digest));
    std::string got;
    ASSERT_TRUE(Read(absl::StrCat("blobs/", NameOf(digest)), 0, 0, &got).ok());
    EXPECT_TRUE(got == bytes);
    // Once more: it is there already.
    ASSERT_TRUE(Write(absl::StrCat("uploads/v-", size, "/blobs/", NameOf(digest)), bytes, &committed).ok());
    EXPECT_EQ(committed, static_cast<int64_t>(size));
  }
}

TEST_F(ConformanceTest, Ranges) {
  const std::string bytes = Unique(2'500'000);
  const re::Digest digest = ToWire(Digest::Of(bytes));
  int64_t committed = 0;
  ASSERT_TRUE(Write(absl::StrCat("uploads/u/blobs/", NameOf(digest)), bytes, &committed).ok());
  const std::string name = absl::StrCat("blobs/", NameOf(digest));
  std::string got;
  ASSERT_TRUE(Read(name, 1'200'000, 0, &got).ok());
  EXPECT_TRUE(got == bytes.substr(1'200'000));
  ASSERT_TRUE(Read(name, 7, 1000, &got).ok());
  EXPECT_TRUE(got == bytes.substr(7, 1000));
  ASSERT_TRUE(Read(name, 2'500'000, 0, &got).ok());
  EXPECT_EQ(got, "");
  EXPECT_EQ(Read(name, 2'500'001, 0, &got).error_code(), StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(Read(name, -1, 0, &got).error_code(), StatusCode::OUT_OF_RANGE);
  EXPECT_FALSE(Read(name, 0, -1, &got).ok());
}

TEST_F(ConformanceTest, Compressed) {
  const std::string bytes = std::string(3'000'000, 'a') + Unique(500'000);
  const re::Digest digest = ToWire(Digest::Of(bytes));
  int64_t committed = 0;
  const std::string sent = Compressed(bytes);
  const grpc::Status status = Write(absl::StrCat("uploads/u/compressed-blobs/zstd/", NameOf(digest)), sent, &committed);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(committed, static_cast<int64_t>(sent.size()));
  std::string got;
  ASSERT_TRUE(Read(absl::StrCat("blobs/", NameOf(digest)), 0, 0, &got).ok());
  EXPECT_TRUE(got == bytes);
  ASSERT_TRUE(Read(absl::StrCat("compressed-blobs/zstd/", NameOf(digest)), 0, 0, &got).ok());
  EXPECT_TRUE(Decompressed(got, bytes.size()) == bytes);
  ASSERT_TRUE(Read(absl::StrCat("compressed-blobs/zstd/", NameOf(digest)), 2'999'000, 0, &got).ok());
  EXPECT_TRUE(Decompressed(got, bytes.size()) == bytes.substr(2'999'000));
  const std::string small = Unique(4000);
  EXPECT_EQ(Update(ToWire(Digest::Of(small)), Compressed(small), re::Compressor::ZSTD), StatusCode::OK);
  EXPECT_TRUE(Has(ToWire(Digest::Of(small))));
}

TEST_F(ConformanceTest, BombsAndGarbageAreRefused) {
  const std::string bomb = Compressed(std::string(50'000'000, 'b'));  // a few KB
  re::Digest digest = ToWire(Digest::Of(Unique(1000)));
  int64_t committed = 0;
  EXPECT_EQ(Write(absl::StrCat("uploads/u/compressed-blobs/zstd/", NameOf(digest)), bomb, &committed).error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Update(digest, bomb, re::Compressor::ZSTD), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Update(digest, "no zstd at all", re::Compressor::ZSTD), StatusCode::INVALID_ARGUMENT);
  EXPECT_FALSE(Has(digest));
  digest.set_size_bytes(int64_t{1} << 60);
  EXPECT_FALSE(Write(absl::StrCat("uploads/u/blobs/", NameOf(digest)), "x", &committed).ok());
}

TEST_F(ConformanceTest, SizesThatOverflowAreRefused) {
  grpc::ClientContext context;
  re::BatchReadBlobsRequest request;
  const re::Digest blob = Put(Unique(100));
  for (int64_t size : {int64_t{1}, INT64_MAX, INT64_MAX}) {
    *request.add_digests() = blob;
    request.mutable_digests(request.digests_size() - 1)->set_size_bytes(size);
  }
  *request.add_digests() = blob;
  re::BatchReadBlobsResponse response;
  EXPECT_EQ(cas_->BatchReadBlobs(&context, request, &response).error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(ConformanceTest, BadNamesAreRefused) {
  std::string got;
  int64_t committed = 0;
  const std::string hash = Digest::Of(Unique(10)).hex();
  for (const std::string& name : {std::string("blobs/../../etc/passwd/1"), absl::StrCat("blobs/", hash), absl::StrCat("blobs/", hash, "/x"),
                                  absl::StrCat("blobs/", hash, "/-5"), std::string()}) {
    EXPECT_EQ(Read(name, 0, 0, &got).error_code(), StatusCode::INVALID_ARGUMENT) << name;
  }
  EXPECT_EQ(Write(absl::StrCat("blobs/", hash, "/1"), "x", &committed).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Read(absl::StrCat("blobs/", hash, "/10"), 0, 0, &got).error_code(), StatusCode::NOT_FOUND);
  ASSERT_TRUE(Read(absl::StrCat("blobs/", ToWire(Digest()).hash(), "/0"), 0, 0, &got).ok());
}

re::ActionResult ResultWith(const re::Digest& file) {
  re::ActionResult result;
  auto* output = result.add_output_files();
  output->set_path("out/a");
  *output->mutable_digest() = file;
  return result;
}

TEST_F(ConformanceTest, Results) {
  const re::Digest action = ToWire(Digest::Of(Unique(50)));
  re::ActionResult got;
  EXPECT_EQ(GetResult("", action, &got).error_code(), StatusCode::NOT_FOUND);
  re::ActionResult result = ResultWith(Put(Unique(3000)));
  const std::string printed = Unique(200);
  *result.mutable_stdout_digest() = Put(printed);
  result.set_exit_code(3);
  ASSERT_TRUE(UpdateResult("", action, result).ok());
  ASSERT_TRUE(GetResult("", action, &got).ok());
  EXPECT_EQ(got.output_files(0).digest().hash(), result.output_files(0).digest().hash());
  EXPECT_EQ(got.exit_code(), 3);
  EXPECT_EQ(got.stdout_raw(), "");
  ASSERT_TRUE(GetResult("", action, &got, /*inline_stdout=*/true).ok());
  EXPECT_EQ(got.stdout_raw(), printed);
}

TEST_F(ConformanceTest, ResultsWithoutTheirBlobsAreNotGiven) {
  const re::Digest action = ToWire(Digest::Of(Unique(50)));
  const re::Digest nowhere = ToWire(Digest::Of(Unique(40)));
  re::ActionResult got;
  UpdateResult("", action, ResultWith(nowhere));  // refused, or accepted and never given
  EXPECT_EQ(GetResult("", action, &got).error_code(), StatusCode::NOT_FOUND);

  re::Tree tree;
  auto* file = tree.mutable_root()->add_files();
  file->set_name("inside");
  *file->mutable_digest() = nowhere;
  std::string bytes;
  ASSERT_TRUE(tree.SerializeToString(&bytes));
  re::ActionResult result;
  auto* folder = result.add_output_directories();
  folder->set_path("out");
  *folder->mutable_tree_digest() = Put(bytes);
  UpdateResult("", action, result);
  EXPECT_EQ(GetResult("", action, &got).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(ConformanceTest, BytesInResultsBecomeBlobs) {
  const re::Digest action = ToWire(Digest::Of(Unique(50)));
  const std::string printed = Unique(300);
  re::ActionResult result;
  result.set_stdout_raw(printed);
  ASSERT_TRUE(UpdateResult("", action, result).ok());
  re::ActionResult got;
  ASSERT_TRUE(GetResult("", action, &got, true).ok());
  EXPECT_EQ(got.stdout_raw(), printed);
}

TEST_F(ConformanceTest, EmptyResult) {
  const re::Digest action = ToWire(Digest::Of(Unique(50)));
  ASSERT_TRUE(UpdateResult("", action, {}).ok());
  re::ActionResult got;
  EXPECT_TRUE(GetResult("", action, &got).ok());
}

TEST_F(ConformanceTest, MalformedResultsAreRefused) {
  const re::Digest action = ToWire(Digest::Of(Unique(50)));
  const re::Digest blob = Put(Unique(30));
  for (const char* path : {"/etc/passwd", "../x", "a//b", "a/../../b", ""}) {
    re::ActionResult result = ResultWith(blob);
    result.mutable_output_files(0)->set_path(path);
    EXPECT_FALSE(UpdateResult("", action, result).ok()) << path;
  }
  re::ActionResult result = ResultWith(blob);
  result.mutable_output_files(0)->mutable_digest()->set_hash("../../x");
  EXPECT_FALSE(UpdateResult("", action, result).ok());
}

TEST_F(ConformanceTest, InstancesDoNotMix) {
  const re::Digest action = ToWire(Digest::Of(Unique(50)));
  ASSERT_TRUE(UpdateResult("pr/7", action, ResultWith(Put(Unique(30)))).ok());
  re::ActionResult got;
  EXPECT_TRUE(GetResult("pr/7", action, &got).ok());
  EXPECT_EQ(GetResult("pr/8", action, &got).error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(GetResult("", action, &got).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(ConformanceTest, GetTreeSendsEachDirectoryOnce) {
  // 40 levels, each with two names for the one below: 2^40 paths.
  re::Directory directory;
  auto* file = directory.add_files();
  file->set_name(Digest::Of(Unique(20)).hex());
  *file->mutable_digest() = ToWire(Digest());
  re::Digest digest = Put(directory.SerializeAsString());
  for (int level = 0; level < 40; ++level) {
    re::Directory above;
    for (const char* name : {"a", "b"}) {
      auto* child = above.add_directories();
      child->set_name(name);
      *child->mutable_digest() = digest;
    }
    digest = Put(above.SerializeAsString());
  }
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  re::GetTreeRequest request;
  *request.mutable_root_digest() = digest;
  auto reader = cas_->GetTree(&context, request);
  re::GetTreeResponse page;
  int count = 0;
  while (reader->Read(&page)) count += page.directories_size();
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(count, 41);
}

}  // namespace

const std::string& GrpcAddress() { return Address(false); }
const std::string& HttpAddress() { return Address(true); }

std::string Unique(size_t size) {
  static std::mt19937_64 random{std::random_device()()};
  std::string bytes;
  while (bytes.size() < size) bytes += absl::StrCat(absl::Hex(random()));
  bytes.resize(size);
  return bytes;
}

}  // namespace cow::conformance

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    for (const char* name : {"--grpc=", "--http="}) {
      if (absl::ConsumePrefix(&argument, name)) cow::conformance::Address(name[2] == 'h') = std::string(argument);
    }
  }
  return RUN_ALL_TESTS();
}
