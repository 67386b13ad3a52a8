#include <boost/filesystem.hpp>

int main() { return boost::filesystem::exists(boost::filesystem::current_path()) ? 0 : 1; }
