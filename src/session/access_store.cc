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

constexpr int kFormatVersion = 2;
constexpr int kVersionWithPrivileges = 2;
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

std::string text_of(json::yyjson_val* value) {
  return json::yyjson_is_str(value) ? std::string(json::yyjson_get_str(value), json::yyjson_get_len(value))
                                    : std::string();
}

// ---- grants

using Row = std::vector<std::string>;

std::vector<Row> read_rows(json::yyjson_val* object, const char* key) {
  std::vector<Row> rows;
  size_t i = 0, n = 0;
  json::yyjson_val* entry = nullptr;
  yyjson_arr_foreach(json::yyjson_obj_get(object, key), i, n, entry) {
    Row& row = rows.emplace_back();
    size_t j = 0, m = 0;
    json::yyjson_val* cell = nullptr;
    yyjson_arr_foreach(entry, j, m, cell) row.push_back(text_of(cell));
  }
  return rows;
}

// Nullopt when a word is no privilege.
std::optional<Privileges> read_privileges(const std::string& list) {
  Privileges result;
  for (const auto& word : duckdb::StringUtil::Split(list, ',')) {
    const auto one = parse_privilege(duckdb::StringUtil::Upper(word));
    if (!one) return std::nullopt;
    result.add(*one);
  }
  return result;
}

// False when it is damaged: a privilege that is not understood must not become none or all.
bool read_grants(json::yyjson_val* object, Grants& grants) {
  for (const Row& row : read_rows(object, "objects")) {
    const auto privileges = row.size() == 4 ? read_privileges(row[3]) : std::nullopt;
    if (!privileges) return false;
    grants.objects[{row[0], row[1], row[2]}] = *privileges;
  }
  for (const Row& row : read_rows(object, "columns")) {
    const auto privileges = row.size() == 5 ? read_privileges(row[4]) : std::nullopt;
    if (!privileges) return false;
    grants.columns[{row[0], row[1], row[2]}][row[3]] = *privileges;
  }
  for (auto [key, list] : {std::pair{"resources", &grants.resources}, {"workload_groups", &grants.workload_groups}}) {
    for (const Row& row : read_rows(object, key)) {
      const auto privileges = row.size() == 2 ? read_privileges(row[1]) : std::nullopt;
      if (!privileges) return false;
      (*list)[row[0]] = *privileges;
    }
  }
  return true;
}

class Writer {
 public:
  explicit Writer(json::yyjson_mut_doc* document) : doc_(document) {}

  void text(json::yyjson_mut_val* object, const char* key, const std::string& value) {
    json::yyjson_mut_obj_add_strncpy(doc_, object, key, value.data(), value.size());
  }
  void list(json::yyjson_mut_val* object, const char* key, const Row& values) {
    cells(json::yyjson_mut_obj_add_arr(doc_, object, key), values);
  }
  void grants(json::yyjson_mut_val* object, const Grants& grants) {
    if (grants.empty()) return;
    json::yyjson_mut_val* out = json::yyjson_mut_obj_add_obj(doc_, object, "grants");
    std::vector<Row> rows;
    for (const auto& [name, privileges] : grants.objects)
      rows.push_back({name.catalog, name.database, name.table, privileges.text()});
    put(out, "objects", rows);
    for (const auto& [name, columns] : grants.columns) {
      for (const auto& [column, privileges] : columns)
        rows.push_back({name.catalog, name.database, name.table, column, privileges.text()});
    }
    put(out, "columns", rows);
    for (const auto& [name, privileges] : grants.resources) rows.push_back({name, privileges.text()});
    put(out, "resources", rows);
    for (const auto& [name, privileges] : grants.workload_groups) rows.push_back({name, privileges.text()});
    put(out, "workload_groups", rows);
  }

  // Writes and forgets the rows.
  void put(json::yyjson_mut_val* object, const char* key, std::vector<Row>& rows) {
    if (rows.empty()) return;
    json::yyjson_mut_val* array = json::yyjson_mut_obj_add_arr(doc_, object, key);
    for (const Row& row : rows) cells(json::yyjson_mut_arr_add_arr(doc_, array), row);
    rows.clear();
  }

 private:
  void cells(json::yyjson_mut_val* array, const Row& values) {
    for (const auto& value : values) json::yyjson_mut_arr_add_strncpy(doc_, array, value.data(), value.size());
  }
  json::yyjson_mut_doc* doc_;
};

// ---- password policies

int64_t integer_of(json::yyjson_val* object, const char* key) {
  return json::yyjson_get_sint(json::yyjson_obj_get(object, key));
}

PasswordPolicy read_policy(json::yyjson_val* object) {
  PasswordPolicy policy;
  if (!json::yyjson_is_obj(object)) return policy;
  policy.history = integer_of(object, "history");
  policy.expire_seconds = integer_of(object, "expire_seconds");
  policy.failed_attempts = integer_of(object, "failed_attempts");
  policy.lock_seconds = integer_of(object, "lock_seconds");
  policy.set_at = integer_of(object, "set_at");
  policy.locked = json::yyjson_get_bool(json::yyjson_obj_get(object, "locked"));
  size_t i = 0, n = 0;
  json::yyjson_val* entry = nullptr;
  yyjson_arr_foreach(json::yyjson_obj_get(object, "old"), i, n, entry) {
    if (auto native = parse_native_hash(text_of(entry)))
      policy.old.push_back(std::move(*native));
    else if (auto sha2 = parse_sha2_auth_string(text_of(entry)))
      policy.old.push_back(std::move(*sha2));
  }
  return policy;
}

void write_policy(json::yyjson_mut_doc* doc, json::yyjson_mut_val* object, const PasswordPolicy& policy) {
  json::yyjson_mut_val* out = json::yyjson_mut_obj_add_obj(doc, object, "password");
  json::yyjson_mut_obj_add_int(doc, out, "history", policy.history);
  json::yyjson_mut_obj_add_int(doc, out, "expire_seconds", policy.expire_seconds);
  json::yyjson_mut_obj_add_int(doc, out, "failed_attempts", policy.failed_attempts);
  json::yyjson_mut_obj_add_int(doc, out, "lock_seconds", policy.lock_seconds);
  json::yyjson_mut_obj_add_int(doc, out, "set_at", policy.set_at);
  json::yyjson_mut_obj_add_bool(doc, out, "locked", policy.locked);
  Row old;
  for (const auto& hash : policy.old) old.push_back(hash.size() == kSha1Bytes ? native_hash_text(hash) : to_hex(hash));
  Writer(doc).list(out, "old", old);
}

class FileAccountStore final : public AccountStore {
 public:
  explicit FileAccountStore(std::filesystem::path file) : file_(std::move(file)) {}

  Result<std::optional<AccessData>> load() override {
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

  Status replace_all(const AccessData& data) override {
    const std::string text = render(data);
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
  Result<AccessData> parse(const std::string& text) const {
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
    const bool has_privileges = json::yyjson_get_sint(version) >= kVersionWithPrivileges;
    AccessData data;
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
      account.comment = member(entry, "comment");
      size_t i = 0, n = 0;
      json::yyjson_val* role = nullptr;
      yyjson_arr_foreach(json::yyjson_obj_get(entry, "roles"), i, n, role) account.roles.insert(text_of(role));
      if (!read_grants(json::yyjson_obj_get(entry, "grants"), account.grants))
        return damaged("wrong privileges of " + account.name());
      if (!has_privileges && !is_administrator(account.user)) {
        account.grants.objects[{}] = {Privilege::kSelect, Privilege::kLoad, Privilege::kAlter,
                                      Privilege::kCreate, Privilege::kDrop, Privilege::kShowView};
      }
      account.password_policy = read_policy(json::yyjson_obj_get(entry, "password"));
      data.accounts.push_back(std::move(account));
    }
    yyjson_arr_foreach(json::yyjson_obj_get(root, "roles"), index, count, entry) {
      Role role{member(entry, "name"), member(entry, "comment"), {}};
      if (!read_grants(json::yyjson_obj_get(entry, "grants"), role.grants))
        return damaged("wrong privileges of the role " + role.name);
      data.roles.push_back(std::move(role));
    }
    yyjson_arr_foreach(json::yyjson_obj_get(root, "row_policies"), index, count, entry) {
      RowPolicy policy;
      policy.name = member(entry, "name");
      json::yyjson_val* table = json::yyjson_obj_get(entry, "table");
      policy.table = {text_of(json::yyjson_arr_get(table, 0)), text_of(json::yyjson_arr_get(table, 1)),
                      text_of(json::yyjson_arr_get(table, 2))};
      policy.restrictive = json::yyjson_get_bool(json::yyjson_obj_get(entry, "restrictive"));
      policy.role = member(entry, "role");
      if (policy.role.empty()) policy.account = dialect::Account{member(entry, "user"), member(entry, "host")};
      policy.condition = member(entry, "condition");
      policy.statement = member(entry, "statement");
      if (policy.name.empty() || policy.table.table.empty() || policy.condition.empty())
        return damaged("a row policy without name, table or condition");
      data.row_policies.push_back(std::move(policy));
    }
    yyjson_arr_foreach(json::yyjson_obj_get(root, "block_rules"), index, count, entry) {
      const auto number = [&](const char* key) { return json::yyjson_get_sint(json::yyjson_obj_get(entry, key)); };
      const auto flag = [&](const char* key) { return json::yyjson_get_bool(json::yyjson_obj_get(entry, key)); };
      BlockRule rule{member(entry, "name"),   member(entry, "sql"), member(entry, "sql_hash"),
                     number("partition_num"), number("tablet_num"), number("cardinality"),
                     flag("global"),          flag("enable")};
      if (rule.name.empty()) return damaged("a block rule without name");
      data.block_rules.push_back(std::move(rule));
    }
    for (const Row& row : read_rows(root, "user_properties")) {
      if (row.size() != 3) return damaged("a wrong property of a user");
      data.user_properties[row[0]][row[1]] = row[2];
    }
    return data;
  }

  static std::string render(const AccessData& data) {
    const std::unique_ptr<json::yyjson_mut_doc, FreeDocument> document(json::yyjson_mut_doc_new(nullptr));
    json::yyjson_mut_doc* doc = document.get();
    json::yyjson_mut_val* root = json::yyjson_mut_obj(doc);
    json::yyjson_mut_doc_set_root(doc, root);
    json::yyjson_mut_obj_add_int(doc, root, "version", kFormatVersion);
    json::yyjson_mut_val* list = json::yyjson_mut_obj_add_arr(doc, root, "accounts");
    Writer writer(doc);
    for (const auto& account : data.accounts) {
      json::yyjson_mut_val* object = json::yyjson_mut_arr_add_obj(doc, list);
      const auto text = [&](const char* key, const std::string& value) { writer.text(object, key, value); };
      text("user", account.user);
      text("host", account.host_pattern);
      text("plugin", account.plugin);
      if (!account.native_stage2.empty()) text("native", native_hash_text(account.native_stage2));
      if (!account.sha2_auth_string.empty()) text("sha2", to_hex(account.sha2_auth_string));
      if (!account.comment.empty()) text("comment", account.comment);
      if (!account.roles.empty()) writer.list(object, "roles", Row(account.roles.begin(), account.roles.end()));
      writer.grants(object, account.grants);
      write_policy(doc, object, account.password_policy);
    }
    list = json::yyjson_mut_obj_add_arr(doc, root, "roles");
    for (const auto& role : data.roles) {
      json::yyjson_mut_val* object = json::yyjson_mut_arr_add_obj(doc, list);
      writer.text(object, "name", role.name);
      if (!role.comment.empty()) writer.text(object, "comment", role.comment);
      writer.grants(object, role.grants);
    }
    list = json::yyjson_mut_obj_add_arr(doc, root, "row_policies");
    for (const auto& policy : data.row_policies) {
      json::yyjson_mut_val* object = json::yyjson_mut_arr_add_obj(doc, list);
      writer.text(object, "name", policy.name);
      writer.list(object, "table", {policy.table.catalog, policy.table.database, policy.table.table});
      json::yyjson_mut_obj_add_bool(doc, object, "restrictive", policy.restrictive);
      if (policy.account) {
        writer.text(object, "user", policy.account->user);
        writer.text(object, "host", policy.account->host);
      } else {
        writer.text(object, "role", policy.role);
      }
      writer.text(object, "condition", policy.condition);
      writer.text(object, "statement", policy.statement);
    }
    if (!data.block_rules.empty()) list = json::yyjson_mut_obj_add_arr(doc, root, "block_rules");
    for (const auto& rule : data.block_rules) {
      json::yyjson_mut_val* object = json::yyjson_mut_arr_add_obj(doc, list);
      writer.text(object, "name", rule.name);
      writer.text(object, "sql", rule.sql);
      writer.text(object, "sql_hash", rule.sql_hash);
      json::yyjson_mut_obj_add_int(doc, object, "partition_num", rule.partitions);
      json::yyjson_mut_obj_add_int(doc, object, "tablet_num", rule.tablets);
      json::yyjson_mut_obj_add_int(doc, object, "cardinality", rule.cardinality);
      json::yyjson_mut_obj_add_bool(doc, object, "global", rule.global);
      json::yyjson_mut_obj_add_bool(doc, object, "enable", rule.enabled);
    }
    std::vector<Row> properties;
    for (const auto& [user, values] : data.user_properties) {
      for (const auto& [key, value] : values) properties.push_back({user, key, value});
    }
    writer.put(root, "user_properties", properties);
    size_t length = 0;
    constexpr json::yyjson_write_flag kFlags = json::YYJSON_WRITE_PRETTY | json::YYJSON_WRITE_ALLOW_INVALID_UNICODE;
    const std::unique_ptr<char, decltype(&std::free)> text(json::yyjson_mut_write(doc, kFlags, &length), &std::free);
    return text ? std::string(text.get(), length) + "\n" : std::string();
  }

  const std::filesystem::path file_;
};

class MemoryAccountStore final : public AccountStore {
 public:
  Result<std::optional<AccessData>> load() override { return data_; }
  Status replace_all(const AccessData& data) override {
    data_ = data;
    return {};
  }

 private:
  std::optional<AccessData> data_;
};

}  // namespace

std::unique_ptr<AccountStore> make_file_account_store(std::filesystem::path file) {
  return std::make_unique<FileAccountStore>(std::filesystem::absolute(file));
}
std::unique_ptr<AccountStore> make_memory_account_store() { return std::make_unique<MemoryAccountStore>(); }

}  // namespace sluice::session
