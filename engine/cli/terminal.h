// What is known about the terminal, if there is one.
#pragma once

namespace cow::cli {

// Whether stderr is a terminal that understands cursor movements (TERM is set and not "dumb").
bool StderrIsTerminal();

// Columns of the terminal on stderr; 80 if unknown.
int TerminalWidth();

}  // namespace cow::cli
