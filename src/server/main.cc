// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "server/command_line.h"

int main(int argument_count, char** arguments) {
  return sluice::server::run_command_line(std::vector<std::string>(arguments + 1, arguments + argument_count));
}
