// repository_ctx.download and its kin, with a fake in place of the network.
#include <map>
#include <string>

#include "engine/loading/workspace_fixture.h"
#include "engine/store/downloader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cow::loading {
namespace {

using testing::HasSubstr;

// Knows some URLs; checks hashes as the real one does.
class FakeDownloader final : public store::Downloader {
 public:
  explicit FakeDownloader(std::string directory) : directory_(std::move(directory)) {}

  void Put(const std::string& url, const std::string& text) { files[url] = text; }

  absl::StatusOr<store::DownloadedFile> Download(const store::DownloadRequest& request) override {
    for (const std::string& url : request.urls) {
      auto found = files.find(url);
      if (found == files.end()) continue;
      Digest digest = Digest::Of(found->second);
      if (!request.sha256.empty() && request.sha256 != digest.hex()) return absl::FailedPreconditionError("checksum mismatch");
      std::string path = directory_ + "/" + digest.hex();
      COW_RETURN_IF_ERROR(WriteFile(path, found->second));
      return store::DownloadedFile{digest, path};
    }
    return absl::UnavailableError("nobody answers");
  }

  std::map<std::string, std::string> files;

 private:
  std::string directory_;
};

struct Downloads {
  Downloads() : downloader(fixture.top()) {
    fixture.options.downloader = &downloader;
    fixture.Write("BUILD.cow", "");
    downloader.Put("https://h/x.txt", "text");
  }
  // Runs `body` as the implementation of a rule; the repository's file `out`, or the error.
  std::string Run(const std::string& body) {
    fixture.Write("r.cow", "def _impl(ctx):\n" + body + "    ctx.file(\"BUILD.cow\", \"\")\nr = repository_rule(implementation = _impl)\n");
    fixture.Write("WORKSPACE.cow", "load(\"//:r.cow\", \"r\")\nr(name = \"r\")\n");
    if (absl::Status status = fixture.Open(); !status.ok()) return fixture.Shown(status);
    absl::StatusOr<std::string> root = fixture.workspace().RepositoryRoot("r");
    if (!root.ok()) return fixture.Shown(root.status());
    return ReadFile(*root + "/out").value_or("(no out)");
  }
  std::string Hash(std::string_view text) { return Digest::Of(text).hex(); }

  WorkspaceFixture fixture;
  FakeDownloader downloader;
};

TEST(RepositoryDownloadsTest, BringsAFileWithTheRightHash) {
  Downloads test;
  EXPECT_EQ(test.Run("    r = ctx.download([\"https://dead/x\", \"https://h/x.txt\"], \"d/x\", sha256 = \"" + test.Hash("text") +
                     "\")\n    ctx.file(\"out\", ctx.read(\"d/x\") + str(r.success) + r.integrity)\n"),
            "textTruesha256-mC2ePrmW9VnmM/TRlN7zdh2Qn1o7ZH0ahR/q1nwyydE=");
  EXPECT_EQ(test.Run("    ctx.download(\"https://h/x.txt\", \"out\", integrity = \"sha256-mC2ePrmW9VnmM/TRlN7zdh2Qn1o7ZH0ahR/q1nwyydE=\")\n"),
            "text");
}

TEST(RepositoryDownloadsTest, TellsTheHashThatIsMissing) {
  Downloads test;
  EXPECT_THAT(test.Run("    ctx.download(\"https://h/x.txt\", \"out\")\n"),
              HasSubstr("a download needs 'sha256' or 'integrity', so that the build does not depend on what a server says today; "
                        "https://h/x.txt has sha256 = \"" + test.Hash("text") + "\""));
}

TEST(RepositoryDownloadsTest, ChecksItsArguments) {
  Downloads test;
  EXPECT_THAT(test.Run("    ctx.download(\"https://h/x.txt\", \"out\", sha256 = \"abc\")\n"), HasSubstr("sha256 'abc' is not a hash"));
  EXPECT_THAT(test.Run("    ctx.download(\"https://h/x.txt\", \"out\", integrity = \"sha512-abc\")\n"),
              HasSubstr("integrity 'sha512-abc' is not supported"));
  EXPECT_THAT(test.Run("    ctx.download(\"https://h/x.txt\", \"../out\", sha256 = \"" + test.Hash("text") + "\")\n"),
              HasSubstr("cannot write outside of the repository's directory: '../out'"));
  EXPECT_THAT(test.Run("    ctx.download(\"https://h/x.txt\", \"out\", headers = {\"a\": \"b\"})\n"), HasSubstr("'auth' and 'headers' are not supported"));
}

TEST(RepositoryDownloadsTest, MayBeAllowedToFail) {
  Downloads test;
  EXPECT_EQ(test.Run("    r = ctx.download(\"https://dead/x\", \"x\", sha256 = \"" + test.Hash("text") +
                     "\", allow_fail = True)\n    ctx.file(\"out\", str(r.success))\n"),
            "False");
  EXPECT_THAT(test.Run("    ctx.download(\"https://dead/x\", \"x\", sha256 = \"" + test.Hash("text") + "\")\n"), HasSubstr("nobody answers"));
}

TEST(RepositoryDownloadsTest, TemplatesPatchesAndTrees) {
  Downloads test;
  test.fixture.Write("t.txt", "hello NAME\n");
  test.fixture.Write("p.patch", "--- a/out\n+++ b/out\n@@ -1 +1,2 @@\n hello cow\n+moo\n");
  EXPECT_EQ(test.Run("    ctx.template(\"out\", Label(\"//:t.txt\"), {\"NAME\": \"cow\"}, executable = False)\n"
                     "    ctx.patch(Label(\"//:p.patch\"), strip = 1)\n    ctx.watch_tree(ctx.workspace_root)\n"),
            "hello cow\nmoo\n");
}

TEST(RepositoryDownloadsTest, FetchingCanBeForbidden) {
  Downloads test;
  test.fixture.options.fetch = false;
  EXPECT_THAT(test.Run("    ctx.file(\"out\", \"1\")\n"), HasSubstr("was not fetched before, and --nofetch forbids to do it now"));
  test.fixture.options.fetch = true;
  EXPECT_EQ(test.Run("    ctx.file(\"out\", ctx.read(Label(\"//:BUILD.cow\")) + \"1\")\n"), "1");
  test.fixture.Write("BUILD.cow", "# changed\n");
  test.fixture.options.fetch = false;
  EXPECT_EQ(test.Run("    ctx.file(\"out\", ctx.read(Label(\"//:BUILD.cow\")) + \"1\")\n"), "1");
}

}  // namespace
}  // namespace cow::loading
