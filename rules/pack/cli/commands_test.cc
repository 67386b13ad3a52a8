#include "rules/pack/cli/commands.h"

#include <algorithm>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/pack/testing/archives.h"
#include "rules/pack/testing/temp_folder.h"

namespace cow::pack {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int code;
  std::string out, err;
};

Outcome RunPack(const std::vector<std::string>& arguments) {
  Outcome outcome;
  outcome.code = RunCowPack(arguments, outcome.out, outcome.err);
  return outcome;
}

TEST(CommandsTest, HelpNamesEveryCommandAndFlag) {
  Outcome help = RunPack({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const Command& command : AllCommands()) {
    EXPECT_THAT(help.out, HasSubstr(std::string(command.name)));
    Outcome own = RunPack({std::string(command.name), "--help"});
    EXPECT_EQ(own.code, 0);
    for (const FlagSpec& flag : command.flags) EXPECT_THAT(own.out, HasSubstr("--" + std::string(flag.name)));
  }
}

TEST(CommandsTest, ContractNamesEveryFlag) {
  absl::StatusOr<std::string> contract = ReadFile(std::string(COW_SOURCE_DIR) + "/rules/pack/README.md");
  ASSERT_TRUE(contract.ok());
  for (const Command& command : AllCommands()) {
    EXPECT_THAT(*contract, HasSubstr("### ")) << command.name;
    for (const FlagSpec& flag : command.flags) {
      EXPECT_THAT(*contract, HasSubstr("--" + std::string(flag.name))) << command.name;
    }
  }
}

TEST(CommandsTest, FlagsOfACommandAreUnique) {
  for (const Command& command : AllCommands()) {
    std::set<std::string_view> names;
    for (const FlagSpec& flag : command.flags) EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
  }
}

struct UsageCase {
  std::vector<std::string> arguments;
  std::string_view want;
};

TEST(CommandsTest, WrongUsageIsExitCodeTwo) {
  const UsageCase cases[] = {
      {{}, "a subcommand is missing"},
      {{"layr"}, "unknown subcommand 'layr' (did you mean 'layer'?)"},
      {{"layer", "--ot", "x"}, "unknown flag '--ot' (did you mean '--out'?)"},
      {{"layer", "--out", "x"}, "flag '--meta' is missing"},
      {{"layer", "--out=x", "--out=y"}, "flag '--out' is given twice"},
      {{"layer", "--out"}, "flag '--out' needs a value"},
      {{"layer", "--usrmerge-links=1"}, "takes no value"},
      {{"layer", "stray"}, "unexpected argument 'stray'"},
      {{"oci-verify"}, "LAYOUT_DIR is missing"}};
  for (const UsageCase& c : cases) {
    Outcome outcome = RunPack(c.arguments);
    EXPECT_EQ(outcome.code, 2) << c.want;
    EXPECT_THAT(outcome.err, HasSubstr(std::string(c.want)));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
  }
}

TEST(CommandsTest, FailuresAreOneLineAndExitCodeOne) {
  Outcome outcome = RunPack({"oci-verify", "/nowhere"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "error: /nowhere/oci-layout: No such file or directory\n");
}

TEST(CommandsTest, ParamFilesGiveOneArgumentALine) {
  TempFolder temp;
  std::string source = temp.Write("src", "x");
  std::string params = temp.Write("params", "--file\na dir/with space=" + source + "\n--mode=a dir/with space=0600\n--meta=" +
                                                (temp / "m") + "\n");
  Outcome outcome = RunPack({"layer", "--out", temp / "l", "--compression=none", "@" + params});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(Manifest(*ReadTar(temp.Read("l"))), "0755 0:0 0 a dir/\n0600 0:0 1 a dir/with space\n");
}

TEST(LayerCommandTest, MergesUsrAndNormalizesParents) {
  TempFolder temp;
  std::string source = temp.Write("src", "x", 0755);
  Outcome outcome = RunPack({"layer", "--out", temp / "l", "--meta", temp / "m", "--compression=none", "--file=/bin/app=" + source,
                         "--file=tmp/x=" + source, "--owner=/bin/app=1:2", "--usrmerge-links"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::string manifest = Manifest(*ReadTar(temp.Read("l")));
  EXPECT_THAT(manifest, HasSubstr("0755 1:2 1 usr/bin/app\n"));
  EXPECT_THAT(manifest, HasSubstr("0777 0:0 0 bin -> usr/bin\n"));
  EXPECT_THAT(manifest, HasSubstr("1777 0:0 0 tmp/\n"));
}

TEST(LayerCommandTest, PackagesLeaveTheirStatus) {
  TempFolder temp;
  std::string deb = temp.Write("a.deb", MakeDeb(MakeTar(TarFormat::kGnu, {{TestFile("./usr/share/doc/sample/copyright"), "c"},
                                                                          {TestFile("./usr/share/doc/sample/NEWS"), "n"},
                                                                          {TestFile("./lib/x.so"), "e"}})));
  Outcome outcome = RunPack({"layer", "--out", temp / "l", "--meta", temp / "m", "--compression=none", "--deb", deb, "--exclude-docs"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::string manifest = Manifest(*ReadTar(temp.Read("l")));
  EXPECT_THAT(manifest, HasSubstr("0644 0:0 1 usr/lib/x.so\n"));
  EXPECT_THAT(manifest, HasSubstr("0644 0:0 1 usr/share/doc/sample/copyright\n"));
  EXPECT_THAT(manifest, HasSubstr("var/lib/dpkg/status.d/sample\n"));
  EXPECT_THAT(manifest, HasSubstr("var/lib/dpkg/status.d/sample.md5sums\n"));
  EXPECT_THAT(manifest, testing::Not(HasSubstr("NEWS")));
}

TEST(DebUnpackCommandTest, WritesTreeAndControlFiles) {
  TempFolder temp;
  std::string deb = temp.Write("a.deb", MakeDeb(MakeTar(TarFormat::kGnu, {{TestFile("./bin/x", 0755), "e"}})));
  Outcome outcome = RunPack({"deb-unpack", "--deb", deb, "--out", temp / "tree", "--control", temp / "control", "--usrmerge-links"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(temp.Read("tree/bin/x"), "e");
  EXPECT_EQ(*ReadLink(temp / "tree/bin"), "usr/bin");
  EXPECT_FALSE(FileExists(temp / "tree/lib"));
  EXPECT_THAT(temp.Read("control/sample/control"), HasSubstr("Package: sample"));
}

}  // namespace
}  // namespace cow::pack
