#include "engine/execution/output_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"

namespace cow::execution {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = ActionOutput::Kind;

class OutputScanTest : public testing::Test {
 protected:
  void SetUp() override {
    host_ = *MakeTempDirectory(testing::TempDir() + "cow-scan-");
    ASSERT_TRUE(MakeDirectories(host_ + "/0").ok());
    ASSERT_TRUE(MakeDirectories(host_ + "/1").ok());
    request_ = {.writable = {{"out", host_ + "/0"}, {"out/tree", host_ + "/1"}},
                .outputs = {{"out/file", Kind::kFile}, {"out/tree", Kind::kTree}},
                .is_input = [](const std::string& path) { return path == "out/input"; }};
    Write("0/file");
  }
  void TearDown() override { RemoveTree(host_).IgnoreError(); }

  void Write(const std::string& path, uint32_t mode = 0644) {
    ASSERT_TRUE(WriteFile(host_ + "/" + path, "x", mode).ok());
    ASSERT_EQ(chmod((host_ + "/" + path).c_str(), mode), 0);
  }
  BrokenPromises Scan() {
    entries_.clear();
    auto broken = ScanOutputs(request_, [this](const DeclaredOutput& output, FoundEntry entry) {
      entries_.push_back(absl::StrCat(output.path, ":", entry.path, entry.executable ? "*" : "", entry.target));
      return absl::OkStatus();
    });
    EXPECT_TRUE(broken.ok()) << broken.status();
    return broken.value_or(BrokenPromises{});
  }

  std::string host_;
  ScanRequest request_;
  std::vector<std::string> entries_;
};

TEST_F(OutputScanTest, VisitsDeclaredOutputsAndAllThatIsInATree) {
  ASSERT_TRUE(MakeDirectories(host_ + "/1/d").ok());
  Write("1/d/program", 0755);
  ASSERT_TRUE(MakeSymlink("d/program", host_ + "/1/link").ok());
  ASSERT_TRUE(MakeSymlink("nowhere", host_ + "/1/dangling").ok());
  EXPECT_THAT(Scan(), IsEmpty());
  EXPECT_THAT(entries_, ElementsAre("out/file:", "out/tree:", "out/tree:d", "out/tree:d/program*",
                                    "out/tree:danglingnowhere", "out/tree:linkd/program"));
}

TEST_F(OutputScanTest, IgnoresThePlaceholdersOfTheSandbox) {
  Write("0/input");
  ASSERT_TRUE(MakeDirectories(host_ + "/0/tree").ok());
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(OutputScanTest, ReadsWhatTheActionMadeUnreadable) {
  Write("0/file", 0);
  ASSERT_TRUE(MakeDirectories(host_ + "/1/d", 0).ok());
  EXPECT_THAT(Scan(), IsEmpty());
}

struct BadEntry {
  const char* name;
  std::function<void(const std::string& host)> make;
  const char* complaint;
};

TEST_F(OutputScanTest, RefusesWhatIsNotAPlainFile) {
  const std::vector<BadEntry> bad = {
      {"missing", [](const std::string& h) { unlink((h + "/0/file").c_str()); }, "it did not make its output 'out/file'"},
      {"fifo", [](const std::string& h) { unlink((h + "/0/file").c_str()); mkfifo((h + "/0/file").c_str(), 0600); },
       "its output 'out/file' is neither a regular file, a directory nor a symlink"},
      {"fifo in tree", [](const std::string& h) { mkfifo((h + "/1/fifo").c_str(), 0600); },
       "its output 'out/tree/fifo' is neither"},
      {"directory", [](const std::string& h) { unlink((h + "/0/file").c_str()); mkdir((h + "/0/file").c_str(), 0755); },
       "its output 'out/file' is a directory, not a file"},
      {"symlink", [](const std::string& h) {
         unlink((h + "/0/file").c_str());
         if (symlink("/etc/passwd", (h + "/0/file").c_str()) != 0) ADD_FAILURE();
       }, "its output 'out/file' is a symlink, not a file"},
      {"hard link", [](const std::string& h) {
         if (link((h + "/0/file").c_str(), (h + "/1/twin").c_str()) != 0) ADD_FAILURE();
       }, "has a second name (hard link)"},
      {"setuid", [](const std::string& h) { chmod((h + "/0/file").c_str(), 04755); },
       "its output 'out/file' has the setuid or setgid bit"},
      {"escaping symlink", [](const std::string& h) {
         if (symlink("../x", (h + "/1/l").c_str()) != 0) ADD_FAILURE();
       }, "the symlink 'out/tree/l' points out of its tree, to '../x'"},
      {"undeclared", [](const std::string& h) { mkdir((h + "/0/more").c_str(), 0755); },
       "it left the undeclared file 'out/more'"},
  };
  for (const BadEntry& entry : bad) {
    TearDown();
    SetUp();
    entry.make(host_);
    BrokenPromises broken = Scan();
    ASSERT_FALSE(broken.empty()) << entry.name;
    EXPECT_THAT(broken[0], HasSubstr(entry.complaint)) << entry.name;
  }
}

TEST(StaysInsideTest, CountsDirectoriesLexically) {
  EXPECT_TRUE(StaysInside("a", "b"));
  EXPECT_TRUE(StaysInside("d/e/a", "../../b"));
  EXPECT_TRUE(StaysInside("d/a", "./../b"));
  EXPECT_FALSE(StaysInside("d/a", "../../b"));
  EXPECT_FALSE(StaysInside("a", ".."));
  EXPECT_FALSE(StaysInside("a", "/b"));
  EXPECT_FALSE(StaysInside("a", ""));
  EXPECT_FALSE(StaysInside("d/a", "link/../../b")) << "'link' may lead anywhere inside";
}

}  // namespace
}  // namespace cow::execution
