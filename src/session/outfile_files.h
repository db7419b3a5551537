// SPDX-License-Identifier: Apache-2.0
// The files that SELECT .. INTO OUTFILE writes: there under their names once all of them are complete, or not at all.
// One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::session {

// Where files may be written: "file:///data/out/part_" is the prefix "part_" in /data/out.
struct OutfilePlace {
  std::filesystem::path directory;  // canonical
  std::string prefix;               // of the files' names; may be empty
};
// Errors: no URL of a file; no such directory; the directory is not below one of `roots` (files.allowed_roots).
Result<OutfilePlace> outfile_place(const std::string& url, const std::vector<std::filesystem::path>& roots);

class OutfileSet {
 public:
  // Files get the names <name>0.<suffix>, <name>1.<suffix>, ..
  OutfileSet(std::filesystem::path directory, std::string name, std::string suffix)
      : directory_(std::move(directory)), name_(std::move(name)), suffix_(std::move(suffix)) {}
  // Removes what was not committed.
  ~OutfileSet();
  OutfileSet(const OutfileSet&) = delete;
  OutfileSet& operator=(const OutfileSet&) = delete;

  // A hidden name for the next file, to be written by the caller. Errors: the file's own name is taken.
  Result<std::filesystem::path> next();
  // Gives the files their names, after syncing them. With `replace_others` the other files of the directory go.
  // `empty_file`: one more file, empty; no name: none.
  Status commit(bool replace_others, const std::string& empty_file);
  size_t count() const { return files_.size(); }
  uint64_t bytes() const { return bytes_; }  // after commit()

 private:
  std::string final_name(size_t index) const { return name_ + std::to_string(index) + "." + suffix_; }

  const std::filesystem::path directory_;
  const std::string name_;
  const std::string suffix_;
  std::vector<std::filesystem::path> files_;  // under their hidden names
  uint64_t bytes_ = 0;
  bool committed_ = false;
};

// One file of text, plain or compressed.
class OutfileText {
 public:
  enum class Compression : uint8_t { kNone, kGzip, kZstd };
  static Result<std::unique_ptr<OutfileText>> create(const std::filesystem::path& path, Compression compression);
  virtual ~OutfileText() = default;
  virtual Status write(std::string_view bytes) = 0;
  // Nothing is written after it.
  virtual Status finish() = 0;
  // What the file has so far.
  virtual uint64_t bytes() const = 0;
};

}  // namespace sluice::session
