#include "remote-cache/server/options.h"

#include <arpa/inet.h>

#include <functional>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/edit_distance.h"
#include "engine/base/posix_file.h"
#include "engine/base/status.h"

namespace cow::cache {
namespace {

struct Flag {
  std::string value;  // "": none is taken
  std::string help;
  std::function<absl::Status(Options& options, std::string_view value)> set;
};

template <typename Member>
std::function<absl::Status(Options&, std::string_view)> Text(Member member) {
  return [member](Options& options, std::string_view value) {
    options.*member = std::string(value);
    return absl::OkStatus();
  };
}

std::function<absl::Status(Options&, std::string_view)> Size(int64_t Options::*member) {
  return [member](Options& options, std::string_view value) -> absl::Status {
    COW_ASSIGN_OR_RETURN(options.*member, ParseSize(value));
    return absl::OkStatus();
  };
}

std::function<absl::Status(Options&, std::string_view)> Time(absl::Duration Options::*member) {
  return [member](Options& options, std::string_view value) -> absl::Status {
    if (absl::ParseDuration(value, &(options.*member)) && options.*member >= absl::ZeroDuration()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("'", value, "' is no time; write 3h, 20m or 5s"));
  };
}

std::function<absl::Status(Options&, std::string_view)> Tls(std::string TlsFiles::*member) {
  return [member](Options& options, std::string_view value) {
    if (!options.tls) options.tls.emplace();
    (*options.tls).*member = std::string(value);
    return absl::OkStatus();
  };
}

const std::map<std::string, Flag>& Flags() {
  static const auto* flags = new std::map<std::string, Flag>{
      {"dir", {"DIR", "where everything lies (required)", Text(&Options::directory)}},
      {"grpc", {"HOST:PORT", "serve REAPI over gRPC there", Text(&Options::grpc)}},
      {"http", {"HOST:PORT", "serve HTTP there: cache, status page, metrics", Text(&Options::http)}},
      {"max_size", {"SIZE", "of all on disk, 10G if not given; what was not used for longest goes", [](Options& options, std::string_view value) -> absl::Status {
         options.bounded = true;
         return Size(&Options::max_bytes)(options, value);
       }}},
      {"max_size_hard", {"SIZE", "uploads are refused above it; a twentieth more than --max_size", Size(&Options::hard_max_bytes)}},
      {"min_retention", {"TIME", "what was used within it stays; 3h", Time(&Options::min_retention)}},
      {"drain", {"TIME", "after SIGTERM, how long /readyz says no before connections end; 0s", Time(&Options::drain)}},
      {"access_file", {"FILE", "lines 'ROLE NAME SHA256-OF-SECRET|certificate [INSTANCE...]'; read again on SIGHUP", Text(&Options::access_file)}},
      {"anonymous", {"ROLE", "of whoever shows nothing: none, reader, cas-writer, writer", [](Options& options, std::string_view value) -> absl::Status {
         COW_ASSIGN_OR_RETURN(options.anonymous, ParseRole(value));
         return absl::OkStatus();
       }}},
      {"tls_certificate", {"FILE", "PEM with the chain; TLS on both ports", Tls(&TlsFiles::certificate)}},
      {"tls_key", {"FILE", "PEM", Tls(&TlsFiles::key)}},
      {"tls_client_ca", {"FILE", "PEM of who signs the certificates of clients", Tls(&TlsFiles::client_authority)}},
      {"access_log", {"FILE", "a line of JSON for each request; '-' is standard output", Text(&Options::access_log)}},
      {"port_file", {"FILE", "gets 'grpc PORT' and 'http PORT' once both are served", Text(&Options::port_file)}},
      {"reflection", {"", "tell gRPC tools what services there are", [](Options& options, std::string_view) {
         options.reflection = true;
         return absl::OkStatus();
       }}},
  };
  return *flags;
}

constexpr std::pair<std::string_view, Options::Command> kCommands[] = {
    {"serve", Options::Command::kServe}, {"check", Options::Command::kCheck},     {"gc", Options::Command::kGc},
    {"stats", Options::Command::kStats}, {"help", Options::Command::kHelp},       {"version", Options::Command::kVersion}};

bool IsLoopback(std::string_view address) {
  const std::string host(address.substr(0, address.rfind(':')));
  in_addr parsed;
  return host == "localhost" || host == "[::1]" || host == "::1" ||
         (inet_pton(AF_INET, host.c_str(), &parsed) == 1 && (ntohl(parsed.s_addr) >> 24) == 127);
}

std::string DidYouMean(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [known, flag] : Flags()) names.push_back(known);
  const std::string best = ClosestMatch(name, names);
  return best.empty() ? "" : absl::StrCat("; did you mean --", best, "?");
}

absl::Status Check(const Options& options) {
  if (options.directory.empty()) return absl::InvalidArgumentError("--dir is missing");
  if (options.command != Options::Command::kServe) return absl::OkStatus();
  if (options.grpc.empty() && options.http.empty()) return absl::InvalidArgumentError("nothing to serve; give --grpc or --http");
  if (options.tls && (options.tls->certificate.empty() || options.tls->key.empty())) {
    return absl::InvalidArgumentError("TLS needs both --tls_certificate and --tls_key");
  }
  for (const std::string& address : {options.grpc, options.http}) {
    if (address.empty() || IsLoopback(address)) continue;
    if (options.anonymous.value_or(Role::kNone) > Role::kReader) {
      return absl::InvalidArgumentError(absl::StrCat("--anonymous=", RoleName(*options.anonymous), ": others than this machine could "
                                                     "reach ", address, ", and nobody may write without a name there"));
    }
    if (options.tls && !options.access_file.empty()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "others than this machine could reach ", address,
        " and, with it, what all builds believe; that needs --tls_certificate, --tls_key and --access_file"));
  }
  return absl::OkStatus();
}

}  // namespace

Role Options::anonymous_role() const {
  if (anonymous) return *anonymous;
  return access_file.empty() && (!tls || tls->client_authority.empty()) ? Role::kWriter : Role::kNone;
}

absl::StatusOr<int64_t> ParseSize(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";
  int shift = 0;
  std::string_view digits = text;
  if (!digits.empty() && kUnits.find(digits.back()) != std::string_view::npos) {
    shift = 10 * static_cast<int>(kUnits.find(digits.back()) + 1);
    digits.remove_suffix(1);
  }
  int64_t size = 0;
  if (!absl::SimpleAtoi(digits, &size) || size <= 0 || size > (INT64_MAX >> shift)) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no size; write 10G, 512M or a number of bytes"));
  }
  return size << shift;
}

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  Options options;
  size_t at = 0;
  if (!arguments.empty() && arguments[0][0] != '-') {
    bool known = false;
    for (const auto& [name, command] : kCommands) {
      if (arguments[0] == name) options.command = command, known = true;
    }
    if (!known) return absl::InvalidArgumentError(absl::StrCat("unknown command '", arguments[0], "'"));
    ++at;
  }
  for (; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    if (argument == "--help" || argument == "-h") options.command = Options::Command::kHelp;
    if (argument == "--version") options.command = Options::Command::kVersion;
    if (argument == "--help" || argument == "-h" || argument == "--version") return options;
    if (!absl::StartsWith(argument, "--")) return absl::InvalidArgumentError(absl::StrCat("unexpected '", argument, "'"));
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto flag = Flags().find(name);
    if (flag == Flags().end()) return absl::InvalidArgumentError(absl::StrCat("unknown flag --", name, DidYouMean(name)));
    std::string value;
    if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (!flag->second.value.empty()) {
      if (++at == arguments.size()) return absl::InvalidArgumentError(absl::StrCat("--", name, " needs ", flag->second.value));
      value = arguments[at];
    }
    COW_RETURN_IF_ERROR(Annotate(flag->second.set(options, value), absl::StrCat("--", name)));
  }
  if (options.command == Options::Command::kHelp || options.command == Options::Command::kVersion) return options;
  COW_RETURN_IF_ERROR(Check(options));
  if (options.directory[0] != '/') {
    COW_ASSIGN_OR_RETURN(const std::string here, CurrentDirectory());
    options.directory = absl::StrCat(here, "/", options.directory);
  }
  return options;
}

std::string HelpText() {
  std::string text =
      "cow-cache keeps the results of builds for everybody: REAPI over gRPC, and the HTTP cache of Bazel and ccache.\n\n"
      "usage: cow-cache [COMMAND] --dir DIR [FLAGS]\n\n"
      "commands:\n"
      "  serve    Serves until SIGTERM. This is meant if no command is given.\n"
      "  check    Reads every blob and drops those that are damaged. Not while a server runs.\n"
      "  gc       Removes files that nothing names, and shrinks to --max_size if it is given. Not while a server runs.\n"
      "  stats    Says what is stored. Not while a server runs; a server says it at /status.\n\n"
      "flags:\n";
  for (const auto& [name, flag] : Flags()) {
    const std::string left = absl::StrCat("--", name, flag.value.empty() ? "" : "=", flag.value);
    absl::StrAppendFormat(&text, "  %-26s %s\n", left, flag.help);
  }
  return text + "\nExit codes: 0 done, 1 damage was found, 2 bad command line, 36 trouble with the machine.\n";
}

}  // namespace cow::cache
