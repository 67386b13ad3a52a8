#include <boost/program_options.hpp>

namespace po = boost::program_options;

int main() {
  po::options_description options;
  options.add_options()("number", po::value<int>());
  const char* argv[] = {"program", "--number=42"};
  po::variables_map values;
  po::store(po::parse_command_line(2, argv, options), values);
  return values["number"].as<int>() == 42 ? 0 : 1;
}
