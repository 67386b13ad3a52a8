// Archives: what comes out, and what is refused. The tar files are written here, header by header.
#include "engine/loading/archive.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/posix_file.h"
#include "engine/base/subprocess.h"
#include "engine/loading/archive_paths.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::loading {
namespace {

using testing::HasSubstr;

constexpr char kFile = '0';
constexpr char kHardLink = '1';
constexpr char kSymlink = '2';
constexpr char kDevice = '3';
constexpr char kPipe = '6';

struct Item {
  std::string name;
  std::string text{};
  unsigned mode = 0644;
  char type = kFile;
  std::string target{};  // of a link
};

// A ustar archive.
std::string Tar(const std::vector<Item>& items) {
  std::string bytes;
  for (const Item& item : items) {
    std::string header(512, '\0');
    auto put = [&](size_t at, const std::string& text) { header.replace(at, text.size(), text); };
    auto octal = [](size_t width, uint64_t value) {
      std::string digits;
      for (; digits.size() < width; value /= 8) digits.insert(0, 1, static_cast<char>('0' + value % 8));
      return digits;
    };
    put(0, item.name);
    put(100, octal(7, item.mode));
    put(108, octal(7, 0));
    put(116, octal(7, 0));
    put(124, octal(11, item.text.size()));
    put(136, octal(11, 0));
    put(148, "        ");
    put(156, std::string(1, item.type));
    put(157, item.target);
    put(257, std::string("ustar\0" "00", 8));
    uint64_t sum = 0;
    for (char c : header) sum += static_cast<unsigned char>(c);
    put(148, octal(6, sum) + std::string("\0 ", 2));
    bytes += header + item.text + std::string((512 - item.text.size() % 512) % 512, '\0');
  }
  return bytes + std::string(1024, '\0');
}

class ArchiveTest : public testing::Test {
 protected:
  ArchiveTest() : top_(*MakeTempDirectory("/tmp/cow-archive-test-")) { (void)MakeDirectories(out()); }
  ~ArchiveTest() override { (void)RemoveTree(top_); }

  std::string out() const { return top_ + "/out"; }

  std::string ExtractBytes(std::string_view bytes, const ExtractOptions& options = {}) {
    std::string path = top_ + "/archive";
    EXPECT_TRUE(WriteFile(path, bytes).ok());
    return std::string(ExtractArchive(path, "a.tar", out(), options).message());
  }
  std::string Extract(const std::vector<Item>& items, const ExtractOptions& options = {}) { return ExtractBytes(Tar(items), options); }
  std::string Read(const std::string& path) { return ReadFile(out() + "/" + path).value_or("(absent)"); }
  uint32_t ModeOf(const std::string& path) { return StatFile(out() + "/" + path)->mode & 07777; }

  std::string top_;
};

TEST_F(ArchiveTest, UnpacksEveryCompression) {
  std::string tar = Tar({{"d/x.txt", "text"}, {"d/run", "#!", 0755}});
  EXPECT_EQ(ExtractBytes(tar), "");
  for (std::string program : {"gzip", "bzip2", "xz", "zstd"}) {
    if (!FindProgram(program).ok()) continue;
    ASSERT_TRUE(RemoveTree(out() + "/d").ok());
    absl::StatusOr<SubprocessResult> packed = RunSubprocess({.argv = {program, "-c"}, .stdin_text = tar});
    ASSERT_TRUE(packed.ok()) << packed.status();
    EXPECT_EQ(ExtractBytes(packed->out), "") << program;
    EXPECT_EQ(Read("d/x.txt"), "text") << program;
    EXPECT_EQ(ModeOf("d/run"), 0755u) << program;
  }
}

TEST_F(ArchiveTest, UnpacksAr) {
  EXPECT_EQ(ExtractBytes("!<arch>\nmember.o/       0           0     0     100644  2         `\nmm"), "");
  EXPECT_EQ(Read("member.o"), "mm");
}

TEST_F(ArchiveTest, DropsSetuidAndOddModes) {
  EXPECT_EQ(Extract({{"s", "x", 06755}, {"w", "x", 0666}}), "");
  EXPECT_EQ(ModeOf("s"), 0755u);
  EXPECT_EQ(ModeOf("w"), 0644u);
}

TEST_F(ArchiveTest, StripsThePrefix) {
  EXPECT_EQ(Extract({{"p-1/q/x", "1"}, {"p-1/y", "2"}, {"other", "3"}}, {.strip_prefix = "p-1/q"}), "");
  EXPECT_EQ(Read("x"), "1");
  EXPECT_EQ(Read("y"), "(absent)");
  EXPECT_EQ(Extract({{"p-1/x", "1"}}, {.strip_prefix = "p-2"}),
            "unpacking a.tar: strip_prefix 'p-2' is not in the archive, whose top holds [p-1] (did you mean 'p-1'?)");
}

TEST_F(ArchiveTest, RenamesBeforeItStrips) {
  EXPECT_EQ(Extract({{"p/a", "1"}}, {.strip_prefix = "p", .rename_files = {{"p/a", "p/b"}}}), "");
  EXPECT_EQ(Read("b"), "1");
}

TEST_F(ArchiveTest, RefusesNamesThatLeaveTheDirectory) {
  EXPECT_EQ(Extract({{"../evil", "x"}}), "unpacking a.tar: refusing the entry '../evil': its path has '..'");
  EXPECT_THAT(Extract({{"/etc/evil", "x"}}), HasSubstr("its path is absolute"));
  EXPECT_THAT(Extract({{"ok/../../evil", "x"}}), HasSubstr("its path has '..'"));
  EXPECT_FALSE(FileExists(top_ + "/evil"));
}

TEST_F(ArchiveTest, LinksStayInside) {
  EXPECT_EQ(Extract({{"d/x", "1"}, {"l", "", 0777, kSymlink, "d/x"}, {"d/up", "", 0777, kSymlink, "../l"}}), "");
  EXPECT_EQ(Read("d/up"), "1");
  EXPECT_THAT(Extract({{"abs", "", 0777, kSymlink, "/etc/passwd"}}), HasSubstr("symlink 'abs' -> '/etc/passwd': its target is absolute"));
  EXPECT_THAT(Extract({{"d/out", "", 0777, kSymlink, "../../x"}}), HasSubstr("it leads out of the directory"));
  // Harmless word for word, but the first link makes the second lead out.
  EXPECT_THAT(Extract({{"p/q/top", "", 0777, kSymlink, "../.."}, {"m", "", 0777, kSymlink, "p/q/top/.."}}),
              HasSubstr("symlink 'm' -> 'p/q/top/..': it leads out of the directory"));
  EXPECT_EQ(Extract({{"c1", "", 0777, kSymlink, "c2"}, {"c2", "", 0777, kSymlink, "c1"}}), "");
}

TEST_F(ArchiveTest, WritesNothingThroughALink) {
  EXPECT_THAT(Extract({{"l", "", 0777, kSymlink, "d"}, {"l/x", "1"}}), HasSubstr("'l' above it is not a directory"));
  ASSERT_TRUE(MakeSymlink(top_, out() + "/there").ok());
  EXPECT_THAT(Extract({{"there/x", "1"}}), HasSubstr("'there' above it is not a directory"));
  EXPECT_FALSE(FileExists(top_ + "/x"));
}

TEST_F(ArchiveTest, CopiesHardLinksAndRefusesStrangers) {
  EXPECT_EQ(Extract({{"a", "1", 0755}, {"b", "", 0644, kHardLink, "a"}}), "");
  EXPECT_EQ(Read("b"), "1");
  EXPECT_EQ(StatFile(out() + "/b")->links, 1u);
  EXPECT_THAT(Extract({{"c", "", 0644, kHardLink, "nothing"}}), HasSubstr("'nothing' is no file of the archive before it"));
  EXPECT_THAT(Extract({{"c", "", 0644, kHardLink, "../../etc/passwd"}}), HasSubstr("its path has '..'"));
}

TEST_F(ArchiveTest, RefusesDevicesAndPipes) {
  EXPECT_THAT(Extract({{"pipe", "", 0644, kPipe}}), HasSubstr("neither a file, a directory nor a link"));
  EXPECT_THAT(Extract({{"dev", "", 0644, kDevice}}), HasSubstr("neither a file, a directory nor a link"));
}

TEST_F(ArchiveTest, HasLimits) {
  EXPECT_THAT(Extract({{"a", "12345"}, {"b", "12345"}}, {.max_bytes = 8}), HasSubstr("more than 8 bytes"));
  EXPECT_THAT(Extract({{"a", "1"}, {"b", "2"}}, {.max_entries = 1}), HasSubstr("more than 1 entries"));
}

TEST_F(ArchiveTest, SaysWhatIsNoArchive) {
  std::string path = top_ + "/text";
  ASSERT_TRUE(WriteFile(path, "just text, and no archive at all").ok());
  EXPECT_THAT(std::string(ExtractArchive(path, "text", out(), {}).message()), HasSubstr("unpacking text: "));
  EXPECT_TRUE(CheckArchiveType("https://h/a.tar.gz?x=1", "").ok());
  EXPECT_TRUE(CheckArchiveType("https://h/download", "tgz").ok());
  EXPECT_THAT(std::string(CheckArchiveType("https://h/download", "").message()), HasSubstr("set 'type'"));
  EXPECT_THAT(std::string(CheckArchiveType("x", "rar").message()), HasSubstr("unknown kind of archive 'rar'"));
}

}  // namespace
}  // namespace cow::loading
