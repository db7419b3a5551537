// SPDX-License-Identifier: Apache-2.0
#include "session/outfile_files.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>

namespace sluice::session {
namespace {

constexpr std::string_view kFileUrl = "file://";
constexpr size_t kPieceBytes = 256 << 10;  // what is compressed or written at once

Error refused(const std::string& why) {
  return sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + why);
}

bool is_below(const std::filesystem::path& path, const std::filesystem::path& root) {
  const auto [at, end] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return at == root.end() || (std::next(at) == root.end() && at->empty());
}

Status sync_path(const std::filesystem::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return fail(system_error("cannot open " + path.string(), errno));
  const int synced = ::fsync(fd);
  const int number = errno;
  ::close(fd);
  if (synced != 0) return fail(system_error("cannot sync " + path.string(), number));
  return {};
}

// Bytes into a file that is new.
class PlainText : public OutfileText {
 public:
  PlainText(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~PlainText() override { ::close(fd_); }
  Status write(std::string_view bytes) override {
    buffer_.append(bytes);
    return buffer_.size() < kPieceBytes ? Status() : flush();
  }
  Status finish() override { return flush(); }
  uint64_t bytes() const override { return written_ + buffer_.size(); }

 private:
  Status flush() {
    std::string_view left = buffer_;
    while (!left.empty()) {
      const ssize_t written = ::write(fd_, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return fail(system_error("cannot write " + path_.string(), errno));
      left.remove_prefix(static_cast<size_t>(written));
    }
    written_ += buffer_.size();
    buffer_.clear();
    return {};
  }
  const std::filesystem::path path_;
  const int fd_;
  std::string buffer_;
  uint64_t written_ = 0;
};

class GzipText final : public OutfileText {
 public:
  explicit GzipText(std::unique_ptr<OutfileText> file) : file_(std::move(file)), room_(kPieceBytes, '\0') {
    deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  }
  ~GzipText() override { deflateEnd(&stream_); }
  Status write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, kPieceBytes);
      TRY(run(piece, Z_NO_FLUSH));
      bytes.remove_prefix(piece.size());
    }
    return {};
  }
  Status finish() override {
    TRY(run({}, Z_FINISH));
    return file_->finish();
  }
  uint64_t bytes() const override { return file_->bytes(); }

 private:
  Status run(std::string_view bytes, int flush) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    for (bool more = true; more;) {
      stream_.next_out = reinterpret_cast<Bytef*>(room_.data());
      stream_.avail_out = static_cast<uInt>(room_.size());
      const int result = deflate(&stream_, flush);
      if (result == Z_STREAM_ERROR) return fail(Error(Code::kInternal, "gzip failed"));
      TRY(file_->write({room_.data(), room_.size() - stream_.avail_out}));
      more = flush == Z_FINISH ? result != Z_STREAM_END : stream_.avail_out == 0;
    }
    return {};
  }
  const std::unique_ptr<OutfileText> file_;
  std::string room_;
  z_stream stream_{};
};

class ZstdText final : public OutfileText {
 public:
  explicit ZstdText(std::unique_ptr<OutfileText> file)
      : file_(std::move(file)), room_(ZSTD_CStreamOutSize(), '\0'), context_(ZSTD_createCCtx()) {}
  ~ZstdText() override { ZSTD_freeCCtx(context_); }
  Status write(std::string_view bytes) override { return run(bytes, ZSTD_e_continue); }
  Status finish() override {
    TRY(run({}, ZSTD_e_end));
    return file_->finish();
  }
  uint64_t bytes() const override { return file_->bytes(); }

 private:
  Status run(std::string_view bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer to{room_.data(), room_.size(), 0};
      const size_t left = ZSTD_compressStream2(context_, &to, &from, directive);
      if (ZSTD_isError(left)) return fail(Error(Code::kInternal, "zstd failed"));
      TRY(file_->write({room_.data(), to.pos}));
      more = directive == ZSTD_e_end ? left != 0 : from.pos < from.size;
    }
    return {};
  }
  const std::unique_ptr<OutfileText> file_;
  std::string room_;
  ZSTD_CCtx* const context_;
};

}  // namespace

Result<OutfilePlace> outfile_place(const std::string& url, const std::vector<std::filesystem::path>& roots) {
  if (!url.starts_with(kFileUrl)) {
    if (url.find("://") != std::string::npos)
      return fail(refused("this server writes files of its own only (file:///directory/prefix_), not " + url));
    return fail(refused("Please specify BROKER properties or check your local file path."));
  }
  const std::string path = url.substr(kFileUrl.size());
  if (path.empty() || path[0] != '/' || path.find('\0') != std::string::npos)
    return fail(refused("the URL of the files must be like file:///directory/prefix_, not " + url));
  if (roots.empty())
    return fail(refused("files can be written only below the directories of files.allowed_roots, and none is set"));
  const size_t slash = path.rfind('/');
  OutfilePlace place;
  place.prefix = path.substr(slash + 1);
  if (place.prefix.size() > 128) return fail(refused("the prefix of the files' names is longer than 128 bytes"));
  if (place.prefix.starts_with('.')) return fail(refused("the prefix of the files' names cannot begin with '.'"));
  std::error_code failed;
  place.directory = std::filesystem::canonical(path.substr(0, slash + 1), failed);
  // Outside the roots nobody learns what is there.
  const auto wanted = failed ? std::filesystem::path(path.substr(0, slash + 1)).lexically_normal() : place.directory;
  const bool allowed = std::ranges::any_of(roots, [&](const auto& root) {
    std::error_code ignored;
    return is_below(wanted, std::filesystem::weakly_canonical(root, ignored));
  });
  if (!allowed)
    return fail(refused("files can be written only below the directories of files.allowed_roots, and " +
                        wanted.string() + " is not"));
  if (failed || !std::filesystem::is_directory(place.directory, failed))
    return fail(refused("there is no directory " + wanted.string()));
  return place;
}

OutfileSet::~OutfileSet() {
  if (committed_) return;
  std::error_code ignored;
  for (const auto& file : files_) std::filesystem::remove(file, ignored);
}

Result<std::filesystem::path> OutfileSet::next() {
  const std::string name = final_name(files_.size());
  std::error_code failed;
  if (std::filesystem::exists(directory_ / name, failed))
    return fail(refused("File already exists: " + (directory_ / name).string()));
  files_.push_back(directory_ / ("." + name + ".writing"));
  return files_.back();
}

Status OutfileSet::commit(bool replace_others, const std::string& empty_file) {
  for (const auto& file : files_) {
    TRY(sync_path(file, O_RDONLY | O_NOFOLLOW));
    std::error_code failed;
    bytes_ += std::filesystem::file_size(file, failed);
    if (failed) return fail(system_error("cannot read the size of " + file.string(), failed.value()));
  }
  const auto marker = directory_ / empty_file;
  std::error_code ignored;
  if (!empty_file.empty() && !replace_others && std::filesystem::exists(marker, ignored))
    return fail(refused("File already exists: " + marker.string()));
  if (replace_others) {
    std::error_code failed;
    std::vector<std::filesystem::path> others;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, failed)) {
      if (!entry.is_regular_file(ignored) || entry.is_symlink(ignored)) continue;
      if (!entry.path().filename().string().ends_with(".writing")) others.push_back(entry.path());
    }
    for (const auto& other : others) {
      std::filesystem::remove(other, failed);
      if (failed) return fail(system_error("cannot remove " + other.string(), failed.value()));
    }
  }
  for (size_t i = 0; i < files_.size(); ++i) {
    const auto path = directory_ / final_name(i);
    // Unlike rename(), this replaces nothing.
    if (::renameat2(AT_FDCWD, files_[i].c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
      const int number = errno;
      for (size_t done = 0; done < i; ++done) ::unlink((directory_ / final_name(done)).c_str());
      return fail(system_error("cannot create " + path.string(), number));
    }
  }
  committed_ = true;
  // Last: it says that the others are there.
  if (!empty_file.empty()) {
    const int fd = ::open(marker.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0) return fail(system_error("cannot create " + marker.string(), errno));
    ::close(fd);
  }
  return sync_path(directory_, O_RDONLY | O_DIRECTORY);
}

Result<std::unique_ptr<OutfileText>> OutfileText::create(const std::filesystem::path& path, Compression compression) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (fd < 0) return fail(system_error("cannot create " + path.string(), errno));
  std::unique_ptr<OutfileText> file = std::make_unique<PlainText>(path, fd);
  if (compression == Compression::kGzip) file = std::make_unique<GzipText>(std::move(file));
  if (compression == Compression::kZstd) file = std::make_unique<ZstdText>(std::move(file));
  return file;
}

}  // namespace sluice::session
