// Messages of known bytes: the digests that every client and server of REAPI gives them.
#include <gtest/gtest.h>

#include <string>

#include "engine/base/digest.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "wire/reapi.pb.h"

namespace {

namespace re = build::bazel::remote::execution::v2;

std::string Bytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

void Name(const std::string& bytes, re::Digest* digest) {
  const cow::Digest of = cow::Digest::Of(bytes);
  digest->set_hash(of.hex());
  digest->set_size_bytes(of.size_bytes());
}

re::Directory OneFile() {
  re::Directory directory;
  re::FileNode* file = directory.add_files();
  file->set_name("a.txt");
  Name("hello\n", file->mutable_digest());
  return directory;
}

re::Directory Nested() {
  re::Directory directory;
  re::FileNode* file = directory.add_files();
  file->set_name("empty");
  file->set_is_executable(true);
  Name("", file->mutable_digest());
  re::DirectoryNode* below = directory.add_directories();
  below->set_name("sub");
  Name(Bytes(OneFile()), below->mutable_digest());
  re::SymlinkNode* link = directory.add_symlinks();
  link->set_name("l");
  link->set_target("sub/a.txt");
  return directory;
}

re::Command Cat() {
  re::Command command;
  for (const char* word : {"/bin/sh", "-c", "cat sub/a.txt > out/o"}) command.add_arguments(word);
  auto* path = command.add_environment_variables();
  path->set_name("PATH");
  path->set_value("/usr/bin");
  command.add_environment_variables()->set_name("Z");
  command.add_output_paths("out/o");
  return command;
}

re::Action CatAction() {
  re::Action action;
  Name(Bytes(Cat()), action.mutable_command_digest());
  Name(Bytes(Nested()), action.mutable_input_root_digest());
  action.mutable_timeout()->set_seconds(60);
  auto* property = action.mutable_platform()->add_properties();
  property->set_name("OSFamily");
  property->set_value("linux");
  return action;
}

std::string NameOf(const google::protobuf::Message& message) { return cow::Digest::Of(Bytes(message)).ToString(); }

TEST(GoldenVectorsTest, Directories) {
  EXPECT_EQ(NameOf(re::Directory()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/0");
  EXPECT_EQ(NameOf(OneFile()), "eb8d6f9545e418ae849cc6319cf0d810d7dd4e01e0eb5d603817eeb64b87b9f3/79");
  EXPECT_EQ(NameOf(Nested()), "7566e7e3bf018b60464b24d3ff5e8cf5cb27aeba77615ff2b1b37fe3df474e4c/172");
}

TEST(GoldenVectorsTest, CommandAndActions) {
  EXPECT_EQ(NameOf(Cat()), "c2ef2d47d38138a18ef05a1d3aa057434c006ae911faa6dde0695bb090c35280/66");
  re::Action action = CatAction();
  EXPECT_EQ(NameOf(action), "8bad4e5e2686798465b5fa4bb47eba681c765c405abc62216829bac223c636aa/166");
  action.set_do_not_cache(true);
  action.set_salt("v1");
  EXPECT_EQ(NameOf(action), "0cc80b53fbc91e75b84acc1c140c8ebdec97514c59c9d5e2056d5c17d8e1166a/172");
}

TEST(GoldenVectorsTest, Tree) {
  re::Tree tree;
  *tree.mutable_root() = Nested();
  *tree.add_children() = OneFile();
  EXPECT_EQ(NameOf(tree), "32f313e48405f7e3412d0e4f0402786c2d8dbb68e8538cf5c1e71e39eb34733c/256");
}

TEST(GoldenVectorsTest, NamesOfServicesAndTypes) {
  EXPECT_EQ(re::ActionResult::descriptor()->full_name(), "build.bazel.remote.execution.v2.ActionResult");
  EXPECT_EQ(re::FindMissingBlobsResponse::kMissingBlobDigestsFieldNumber, 2);
  EXPECT_EQ(re::BatchUpdateBlobsRequest::kDigestFunctionFieldNumber, 5);
}

}  // namespace
