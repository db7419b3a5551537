// SPDX-License-Identifier: Apache-2.0
#include "session/access_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "yyjson.hpp"

#include "session/access_hashes.h"

namespace sluice::session {
namespace {

namespace json = duckdb_yyjson;

constexpr int kFormatVersion = 1;
constexpr size_t kMaxFileBytes = 64u << 20;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string member(json::yyjson_val* object, const char* name) {
  json::yyjson_val* value = json::yyjson_obj_get(object, name);
  return json::yyjson_is_str(value) ? std::string(json::yyjson_get_str(value), json::yyjson_get_len(value))
                                    : std::string();
}

struct FreeDocument {
  void operator()(json::yyjson_doc* document) const { json::yyjson_doc_free(document); }
  void operator()(json::yyjson_mut_doc* document) const { json::yyjson_mut_doc_free(document); }
};

class FileAccountStore final : public AccountStore {
 public:
  explicit FileAccountStore(std::filesystem::path file) : file_(std::move(file)) {}

  Result<std::optional<std::vector<AccountRecord>>> load() override {
    const FileDescriptor fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) {
      if (errno == ENOENT) return std::nullopt;
      return fail(system_error("cannot read " + file_.string(), errno));
    }
    std::string text;
    char buffer[16384];
    ssize_t n = 0;
    while ((n = ::read(fd.get(), buffer, sizeof buffer)) > 0 && text.size() <= kMaxFileBytes)
      text.append(buffer, static_cast<size_t>(n));
    if (n < 0) return fail(system_error("cannot read " + file_.string(), errno));
    return TRY(parse(text));
  }

  Status replace_all(const std::vector<AccountRecord>& accounts) override {
    const std::string text = render(accounts);
    if (text.empty()) return fail(Code::kResourceExhausted, "no memory to write the file of accounts");
    const std::string beside = file_.string() + ".new";
    {
      const FileDescriptor fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      if (fd.get() < 0) return fail(system_error("cannot write " + beside, errno));
      for (size_t written = 0; written < text.size();) {
        const ssize_t n = ::write(fd.get(), text.data() + written, text.size() - written);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(system_error("cannot write " + beside, errno));
        written += static_cast<size_t>(n);
      }
      if (::fsync(fd.get()) != 0) return fail(system_error("cannot sync " + beside, errno));
    }
    if (::rename(beside.c_str(), file_.c_str()) != 0)
      return fail(system_error("cannot replace " + file_.string(), errno));
    const FileDescriptor directory(::open(file_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0 || ::fsync(directory.get()) != 0) {
      return fail(system_error("cannot sync the directory of " + file_.string(), errno));
    }
    return {};
  }

 private:
  Result<std::vector<AccountRecord>> parse(const std::string& text) const {
    const auto damaged = [&](const std::string& why) {
      return fail(Code::kDataLoss,
                  "the file of accounts " + file_.string() + " is damaged (" + why +
                      "): restore it from a backup, or move it away to start with a passwordless root on loopback");
    };
    json::yyjson_read_err error{};
    const std::unique_ptr<json::yyjson_doc, FreeDocument> document(json::yyjson_read_opts(
        const_cast<char*>(text.data()), text.size(), json::YYJSON_READ_ALLOW_INVALID_UNICODE, nullptr, &error));
    if (!document)
      return damaged(std::string(error.msg ? error.msg : "not JSON") + " at byte " + std::to_string(error.pos));
    json::yyjson_val* root = json::yyjson_doc_get_root(document.get());
    json::yyjson_val* version = json::yyjson_obj_get(root, "version");
    if (!json::yyjson_is_int(version)) return damaged("no version");
    if (json::yyjson_get_sint(version) > kFormatVersion) {
      return fail(Code::kUnsupported,
                  "the file of accounts " + file_.string() + " was written by a newer version of this server");
    }
    json::yyjson_val* list = json::yyjson_obj_get(root, "accounts");
    if (!json::yyjson_is_arr(list)) return damaged("no accounts");
    std::vector<AccountRecord> accounts;
    size_t index = 0;
    size_t count = 0;
    json::yyjson_val* entry = nullptr;
    yyjson_arr_foreach(list, index, count, entry) {
      if (!json::yyjson_is_obj(entry)) return damaged("an account is not an object");
      AccountRecord account;
      account.user = member(entry, "user");
      account.host_pattern = member(entry, "host");
      account.plugin = member(entry, "plugin");
      const std::string native = member(entry, "native");
      const std::string sha2 = member(entry, "sha2");
      if (!native.empty()) {
        auto stage2 = parse_native_hash(native);
        if (!stage2) return damaged("wrong hash of " + account.name());
        account.native_stage2 = std::move(*stage2);
      }
      if (!sha2.empty()) {
        auto auth_string = parse_sha2_auth_string(sha2);
        if (!auth_string) return damaged("wrong hash of " + account.name());
        account.sha2_auth_string = std::move(*auth_string);
      }
      account.has_password = !native.empty() || !sha2.empty();
      accounts.push_back(std::move(account));
    }
    return accounts;
  }

  static std::string render(const std::vector<AccountRecord>& accounts) {
    const std::unique_ptr<json::yyjson_mut_doc, FreeDocument> document(json::yyjson_mut_doc_new(nullptr));
    json::yyjson_mut_doc* doc = document.get();
    json::yyjson_mut_val* root = json::yyjson_mut_obj(doc);
    json::yyjson_mut_doc_set_root(doc, root);
    json::yyjson_mut_obj_add_int(doc, root, "version", kFormatVersion);
    json::yyjson_mut_val* list = json::yyjson_mut_obj_add_arr(doc, root, "accounts");
    for (const auto& account : accounts) {
      json::yyjson_mut_val* object = json::yyjson_mut_arr_add_obj(doc, list);
      const auto text = [&](const char* key, const std::string& value) {
        json::yyjson_mut_obj_add_strncpy(doc, object, key, value.data(), value.size());
      };
      text("user", account.user);
      text("host", account.host_pattern);
      text("plugin", account.plugin);
      if (!account.native_stage2.empty()) text("native", native_hash_text(account.native_stage2));
      if (!account.sha2_auth_string.empty()) text("sha2", to_hex(account.sha2_auth_string));
    }
    size_t length = 0;
    constexpr json::yyjson_write_flag kFlags = json::YYJSON_WRITE_PRETTY | json::YYJSON_WRITE_ALLOW_INVALID_UNICODE;
    const std::unique_ptr<char, decltype(&std::free)> text(json::yyjson_mut_write(doc, kFlags, &length), &std::free);
    return text ? std::string(text.get(), length) + "\n" : std::string();
  }

  const std::filesystem::path file_;
};

class MemoryAccountStore final : public AccountStore {
 public:
  Result<std::optional<std::vector<AccountRecord>>> load() override { return accounts_; }
  Status replace_all(const std::vector<AccountRecord>& accounts) override {
    accounts_ = accounts;
    return {};
  }

 private:
  std::optional<std::vector<AccountRecord>> accounts_;
};

}  // namespace

std::unique_ptr<AccountStore> make_file_account_store(std::filesystem::path file) {
  return std::make_unique<FileAccountStore>(std::filesystem::absolute(file));
}
std::unique_ptr<AccountStore> make_memory_account_store() { return std::make_unique<MemoryAccountStore>(); }

}  // namespace sluice::session
