// SPDX-License-Identifier: Apache-2.0
// Intake: the bytes of one telnet connection into points of the store: lines are cut as KairosDB's server does, read by
// TelnetLines, and written in one batch a call. One connection; one thread at a time; blocks in the store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "timeseries/request/telnet_line.h"
#include "timeseries/traffic.h"

namespace sluice::door::telnet {

class Intake {
 public:
  struct Options {
    size_t max_line = timeseries::kDefaultTelnetLine;  // bytes without its end; longer lines are dropped
    std::string version;                               // what `version` answers, without the line's end
  };

  Intake(timeseries::Store& store, timeseries::Traffic& traffic, const Options& options)
      : options_(options), store_(store), traffic_(traffic), lines_(store) {}

  // Takes whole lines from the front of `bytes`; `used` of them are done with, the rest is to come again, with more
  // behind it. The points are stored when it returns without error. Errors are the store's: then the call is to be
  // repeated with what was not used, also when that is nothing; no point is lost or doubled.
  Status take(std::string_view bytes, size_t& used);

  // What is to be sent to the client.
  std::string& replies() { return replies_; }

 private:
  Status write();
  void note_dropped(std::string_view line, std::string_view reason);

  const Options& options_;
  timeseries::Store& store_;
  timeseries::Traffic& traffic_;
  timeseries::TelnetLines lines_;
  timeseries::WriteBatch batch_;
  bool skipping_ = false;  // the rest of a line that is too long
  uint64_t dropped_ = 0;   // since the last write
  std::string replies_;
};

}  // namespace sluice::door::telnet
