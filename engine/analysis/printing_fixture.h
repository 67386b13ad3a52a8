// PrintingTest: AnalysisTest of rules that say with print() what they see. The target under test is //a:t.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/analysis/analysis_fixture.h"

namespace cow::analysis {

class PrintingTest : public AnalysisTest {
 protected:
  // Writes a/BUILD.cow: the loads, then `text`.
  virtual void WriteBuild(std::string_view text) = 0;

  // What was printed, without the place.
  std::vector<std::string> Print(std::string_view text) {
    WriteBuild(text);
    printed_.clear();
    Plan({"//a:t"});
    std::vector<std::string> lines;
    for (const std::string& line : printed_) lines.push_back(line.substr(line.find(": ", 7) + 2));
    return lines;
  }

  std::string Fail(std::string_view text) {
    WriteBuild(text);
    return Error({"//a:t"});
  }
};

}  // namespace cow::analysis
