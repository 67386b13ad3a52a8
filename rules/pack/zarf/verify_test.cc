#include "rules/pack/zarf/verify.h"

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/testing/archives.h"
#include "rules/pack/testing/zarf_sample.h"
#include "rules/pack/zarf/validate.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

// A package opened for spoiling. Save keeps what the defect wants: fixed checksums or not.
class Package {
 public:
  explicit Package(const TempFolder& temp) : temp_(temp) {
    COW_CHECK(BuildZarfPackage(SampleZarf(temp), temp / kSampleName).ok());
    entries_ = *ReadTar(Decompressed(temp.Read(kSampleName)));
  }

  std::string& Bytes(const std::string& name) {
    for (auto& [entry, bytes] : entries_) {
      if (entry.name == name) return bytes;
    }
    ADD_FAILURE() << "no entry " << name;
    static std::string none;
    return none;
  }
  void Add(const std::string& name, const std::string& bytes) { entries_.push_back({TestFile(name), bytes}); }
  void Remove(std::string_view name) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.first.name == name; });
  }
  void Rename(const std::string& from, const std::string& to) {
    for (auto& [entry, bytes] : entries_) {
      if (entry.name == from) entry.name = to;
    }
  }
  void Replace(const std::string& name, std::string_view from, std::string_view to) {
    std::string& bytes = Bytes(name);
    ASSERT_NE(bytes.find(from), std::string::npos) << from;
    bytes = absl::StrReplaceAll(bytes, {{from, to}});
  }
  // Replaces text inside the component archive's entry names.
  void RenameInComponent(const std::string& from, const std::string& to) {
    EntryList inner = *ReadTar(Bytes("components/app.tar"));
    for (auto& [entry, bytes] : inner) {
      if (entry.name == from) entry.name = to;
    }
    Bytes("components/app.tar") = MakeTar(TarFormat::kPax, inner);
  }
  // Makes checksums.txt and the aggregate true again, so that only the defect itself is left.
  void FixChecksums() {
    std::vector<std::string> lines;
    for (const auto& [entry, bytes] : entries_) {
      bool listed = entry.type == TarType::kFile && entry.name != "zarf.yaml" && entry.name != "checksums.txt";
      if (listed) lines.push_back(Digest::Of(bytes).hex() + " " + entry.name + "\n");
    }
    std::string text;
    for (const std::string& line : lines) text += line;
    FixAggregate(text);
  }
  void FixAggregate(const std::string& checksums) {
    std::string old = Digest::Of(Bytes("checksums.txt")).hex();
    Bytes("checksums.txt") = checksums;
    Replace("zarf.yaml", old, Digest::Of(checksums).hex());
  }
  std::string Verify() {
    std::string tar = MakeTar(TarFormat::kPax, entries_);
    absl::Status status = VerifyZarfPackage(temp_.Write(kSampleName, *Compress(Compression::kZstd, tar)));
    return std::string(status.message());
  }

 private:
  const TempFolder& temp_;
  EntryList entries_;
};

struct Defect {
  std::string_view name;
  void (*spoil)(Package& package);
  std::string_view want;
};

const Defect kDefects[] = {
    {"no zarf.yaml", [](Package& p) { p.Remove("zarf.yaml"); }, "zarf.yaml is missing"},
    {"no checksums.txt", [](Package& p) { p.Remove("checksums.txt"); }, "checksums.txt is missing"},
    {"dotted names", [](Package& p) { p.Rename("zarf.yaml", "./zarf.yaml"); }, "'.' or '..' part"},
    {"two-space checksum lines",
     [](Package& p) { p.FixAggregate(absl::StrReplaceAll(p.Bytes("checksums.txt"), {{" ", "  "}})); },
     "is not '<hash> <path>'"},
    {"aggregate mismatch", [](Package& p) { p.Bytes("checksums.txt") += "\n"; }, "aggregateChecksum is"},
    {"listed file absent", [](Package& p) { p.Remove("components/app.tar"); }, "listed but missing"},
    {"listed twice",
     [](Package& p) { p.FixAggregate(p.Bytes("checksums.txt") + p.Bytes("checksums.txt")); }, "listed twice"},
    {"changed file", [](Package& p) { p.Bytes("images/oci-layout") += " "; }, "listed is"},
    {"extra file", [](Package& p) { p.Add("extra", "x"); }, "'extra' is not listed"},
    {"file twice", [](Package& p) { p.Add("zarf.yaml", "x"); }, "in the archive twice"},
    {"colon in a name",
     [](Package& p) {
       p.Add("images/blobs/sha256:ab", "x");
       p.FixChecksums();
     },
     "'\\' or ':'"},
    {"reserved name",
     [](Package& p) {
       p.Add("components/con.tar", "x");
       p.FixChecksums();
     },
     "device name"},
    {"separator in a component's name", [](Package& p) { p.Replace("zarf.yaml", "- name: app", "- name: a/p"); },
     "path separator"},
    {"too new", [](Package& p) { p.Replace("zarf.yaml", "signed: false", "versionRequirements: [{version: v9.0.0}]"); },
     "requires Zarf v9.0.0"},
    {"signed without signature", [](Package& p) { p.Replace("zarf.yaml", "signed: false", "signed: true"); },
     "there is no signature"},
    {"no architecture", [](Package& p) { p.Replace("zarf.yaml", "build:\n  architecture: amd64\n", "build:\n"); },
     "build.architecture is missing"},
    {"image without descriptor", [](Package& p) { p.Replace("zarf.yaml", "- org/app:1.0", "- org/app:2.0"); },
     "image 'docker.io/org/app:2.0' is not in images/index.json"},
    {"short image name",
     [](Package& p) {
       p.Replace("images/index.json", "docker.io/org/app:1.0", "org/app:1.0");
       p.FixChecksums();
     },
     "image 'docker.io/org/app:1.0' is not in images/index.json"},
    {"chart at another name",
     [](Package& p) {
       p.RenameInComponent("app/charts/demo-chart-0.1.0.tgz", "app/charts/api-0.1.0.tgz");
       p.FixChecksums();
     },
     "has no 'app/charts/demo-chart-0.1.0.tgz'"},
    {"values file missing",
     [](Package& p) {
       p.RenameInComponent("app/values/demo-chart-0.1.0-0", "app/values/demo-chart-0.1.0-1");
       p.FixChecksums();
     },
     "has no 'app/values/demo-chart-0.1.0-0'"},
    {"manifest missing",
     [](Package& p) {
       p.RenameInComponent("app/manifests/extra-0.yaml", "app/manifests/extra.yaml");
       p.FixChecksums();
     },
     "has no 'app/manifests/extra-0.yaml'"}};

TEST(ZarfVerifyTest, AcceptsTheUnspoiledPackage) {
  TempFolder temp;
  Package package(temp);
  EXPECT_EQ(package.Verify(), "");
  package.FixChecksums();
  EXPECT_EQ(package.Verify(), "") << "FixChecksums itself must not break the package";
}

TEST(ZarfVerifyTest, FindsEachDefect) {
  for (const Defect& defect : kDefects) {
    TempFolder temp;
    Package package(temp);
    defect.spoil(package);
    EXPECT_THAT(package.Verify(), HasSubstr(std::string(defect.want))) << defect.name;
  }
}

TEST(ZarfVerifyTest, FindsMissingImageBlob) {
  TempFolder temp;
  Package package(temp);
  std::string index = package.Bytes("images/index.json");
  std::string manifest = index.substr(index.find("sha256:") + 7, 64);
  package.Remove("images/blobs/sha256/" + manifest);
  package.FixChecksums();
  EXPECT_THAT(package.Verify(), HasSubstr("blob " + manifest + " is missing"));
}

TEST(ZarfVerifyTest, TheExtensionDecidesTheForm) {
  TempFolder temp;
  ASSERT_TRUE(BuildZarfPackage(SampleZarf(temp), temp / kSampleName).ok());
  std::string bytes = temp.Read(kSampleName);
  EXPECT_THAT(std::string(VerifyZarfPackage(temp.Write("a.zip", bytes)).message()), HasSubstr("ends in .tar.zst or .tar"));
  EXPECT_THAT(std::string(VerifyZarfPackage(temp.Write("a.tar", bytes)).message()), HasSubstr("does not end in .zst"));
  EXPECT_THAT(std::string(VerifyZarfPackage(temp.Write("b.tar.zst", Decompressed(bytes))).message()), HasSubstr("content is not zstd"));
}

}  // namespace
}  // namespace cow::pack
