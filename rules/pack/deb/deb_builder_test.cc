#include "rules/pack/deb/deb_builder.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/deb/ar.h"
#include "rules/pack/testing/archives.h"
#include "rules/pack/testing/temp_folder.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kChangelog =
    "cow-demo (1.2-3) bookworm; urgency=medium\n\n  * First.\n\n"
    " -- cow maintainers <maintainers@cow.example.org>  Wed, 01 Jan 2025 00:00:00 +0000\n";

DebSpec Sample(const TempFolder& temp) {
  DebSpec spec;
  spec.package = "cow-demo";
  spec.architecture = "all";
  spec.maintainer = "cow maintainers <maintainers@cow.example.org>";
  spec.synopsis = "demonstration";
  spec.extended = {"First paragraph.", "", "Second."};
  spec.fields = {{"Section", "utils"}, {"Depends", "${shlibs:Depends}, adduser"}};
  spec.changelog = temp.Write("changelog", kChangelog);
  spec.copyright = temp.Write("copyright", "text\n");
  spec.man_pages = {temp.Write("cow-demo.1", ".TH COW 1\n")};
  spec.systemd_units = {temp.Write("cow-demo.service", "[Unit]\n")};
  EXPECT_TRUE(spec.data.AddFromDisk("usr/bin/cow-demo", temp.Write("bin", "#!/bin/sh\n", 0755)).ok());
  EXPECT_TRUE(spec.data.AddFromDisk("etc/cow.conf", temp.Write("conf", "a=b\n")).ok());
  return spec;
}

struct BuiltDeb {
  EntryList control, data;
  std::vector<std::string> members;
  std::string ControlText(std::string_view name) const {
    for (const auto& [entry, bytes] : control) {
      if (entry.name == name) return bytes;
    }
    return "";
  }
};

BuiltDeb Open(const std::string& bytes) {
  BuiltDeb deb;
  std::vector<ArMember> members = *ReadAr(bytes);
  for (const ArMember& member : members) {
    deb.members.push_back(member.name);
    if (member.name == "debian-binary") continue;
    (member.name.starts_with("control") ? deb.control : deb.data) =
        *ReadTar(Decompressed(std::string(member.data)));
  }
  return deb;
}

absl::StatusOr<BuiltDeb> Build(const TempFolder& temp, DebSpec spec) {
  absl::Status status = BuildDeb(std::move(spec), temp / "out.deb");
  if (!status.ok()) return status;
  return Open(temp.Read("out.deb"));
}

TEST(DebBuilderTest, MakesACompletePackage) {
  TempFolder temp;
  absl::StatusOr<BuiltDeb> deb = Build(temp, Sample(temp));
  ASSERT_TRUE(deb.ok()) << deb.status();
  EXPECT_THAT(deb->members, testing::ElementsAre("debian-binary", "control.tar.xz", "data.tar.xz"));
  EXPECT_EQ(Manifest(deb->control),
            "0755 0:0 0 ./\n"
            "0644 0:0 14 ./conffiles\n"
            "0644 0:0 236 ./control\n"
            "0644 0:0 332 ./md5sums\n"
            "0755 0:0 672 ./postinst\n"
            "0755 0:0 268 ./postrm\n"
            "0755 0:0 140 ./prerm\n");
  EXPECT_EQ(Manifest(deb->data),
            "0755 0:0 0 ./\n"
            "0755 0:0 0 ./etc/\n"
            "0644 0:0 4 ./etc/cow.conf\n"
            "0755 0:0 0 ./lib/\n"
            "0755 0:0 0 ./lib/systemd/\n"
            "0755 0:0 0 ./lib/systemd/system/\n"
            "0644 0:0 7 ./lib/systemd/system/cow-demo.service\n"
            "0755 0:0 0 ./usr/\n"
            "0755 0:0 0 ./usr/bin/\n"
            "0755 0:0 10 ./usr/bin/cow-demo\n"
            "0755 0:0 0 ./usr/share/\n"
            "0755 0:0 0 ./usr/share/doc/\n"
            "0755 0:0 0 ./usr/share/doc/cow-demo/\n"
            "0644 0:0 136 ./usr/share/doc/cow-demo/changelog.Debian.gz\n"
            "0644 0:0 5 ./usr/share/doc/cow-demo/copyright\n"
            "0755 0:0 0 ./usr/share/man/\n"
            "0755 0:0 0 ./usr/share/man/man1/\n"
            "0644 0:0 30 ./usr/share/man/man1/cow-demo.1.gz\n");
  EXPECT_EQ(deb->ControlText("./control"),
            "Package: cow-demo\n"
            "Version: 1.2-3\n"
            "Architecture: all\n"
            "Maintainer: cow maintainers <maintainers@cow.example.org>\n"
            "Installed-Size: 18\n"
            "Depends: adduser\n"
            "Section: utils\n"
            "Priority: optional\n"
            "Description: demonstration\n"
            " First paragraph.\n"
            " .\n"
            " Second.\n");
  EXPECT_EQ(deb->ControlText("./conffiles"), "/etc/cow.conf\n");
  EXPECT_THAT(deb->ControlText("./md5sums"), HasSubstr("3e2b31c72181b87149ff995e7202c0e3  usr/bin/cow-demo\n"));
}

TEST(DebBuilderTest, TimesComeFromTheChangelog) {
  TempFolder temp;
  absl::StatusOr<BuiltDeb> deb = Build(temp, Sample(temp));
  ASSERT_TRUE(deb.ok()) << deb.status();
  for (const auto& [entry, bytes] : deb->data) {
    EXPECT_EQ(entry.mtime, 1735689600) << entry.name;
    EXPECT_EQ(entry.user_name, "root");
  }
}

TEST(DebBuilderTest, IsReproducible) {
  TempFolder one, two;
  ASSERT_TRUE(Build(one, Sample(one)).ok());
  ASSERT_TRUE(Build(two, Sample(two)).ok());
  EXPECT_EQ(one.Read("out.deb"), two.Read("out.deb"));
}

struct BadSpec {
  std::string_view name;
  void (*spoil)(DebSpec&);
  std::string_view want;
};

TEST(DebBuilderTest, RejectsBadSpecs) {
  const BadSpec cases[] = {
      {"name", [](DebSpec& s) { s.package = "Cow"; }, "bad package name 'Cow'"},
      {"version", [](DebSpec& s) { s.version = "2"; }, "top entry's version is '1.2-3', the package's is '2'"},
      {"maintainer", [](DebSpec& s) { s.maintainer = "Jane"; }, "is not 'Name <name@host>'"},
      {"field", [](DebSpec& s) { s.fields = {{"Suggest", "x"}}; }, "unknown control field 'Suggest' (did you mean 'Suggests'?)"},
      {"own field", [](DebSpec& s) { s.fields = {{"Version", "x"}}; }, "has a flag of its own"},
      {"synopsis", [](DebSpec& s) { s.synopsis = "cow-demo"; }, "only repeats the package name"},
      {"variable", [](DebSpec& s) { s.fields = {{"Depends", "${misc:Depends}"}}; }, "unknown ${variable}"},
      {"conffile", [](DebSpec& s) { s.conffiles = {"/usr/x"}; }, "is no file of the package"}};
  for (const BadSpec& c : cases) {
    TempFolder temp;
    DebSpec spec = Sample(temp);
    c.spoil(spec);
    absl::StatusOr<BuiltDeb> deb = Build(temp, std::move(spec));
    EXPECT_THAT(std::string(deb.status().message()), HasSubstr(std::string(c.want))) << c.name;
  }
}

TEST(DebBuilderTest, NativePackageNamesItsChangelogSo) {
  TempFolder temp;
  DebSpec spec = Sample(temp);
  spec.changelog = temp.Write("native", "cow-demo (1.2) x; urgency=low\n\n -- J <j@e.o>  Wed, 01 Jan 2025 00:00:00 +0000\n");
  absl::StatusOr<BuiltDeb> deb = Build(temp, std::move(spec));
  ASSERT_TRUE(deb.ok()) << deb.status();
  EXPECT_THAT(Manifest(deb->data), HasSubstr("/changelog.gz\n"));
}

}  // namespace
}  // namespace cow::pack
