// Config: what the service reads from its configuration file.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace repeater {

struct Config {
  std::string host = "0.0.0.0";
  int port = 8080;        // of HTTP
  int grpc_port = 50051;
  std::string model = "repeater";  // the name clients ask for
};

// A configuration, or what is wrong with the text: "'port' must be ...".
using ConfigOrError = std::variant<Config, std::string>;

// `text` is a JSON object; absent members keep their defaults, unknown ones are errors.
ConfigOrError ParseConfig(std::string_view text);

// The same with the content of a file; errors begin with its path.
ConfigOrError LoadConfig(const std::string& path);

// The number of a TCP port (1..65535), or 0.
int ParsePort(std::string_view text);

}  // namespace repeater
