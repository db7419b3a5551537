// SPDX-License-Identifier: Apache-2.0
#include "server/kairos/java_config.h"

#include <algorithm>
#include <optional>

namespace sluice::server {
namespace {

constexpr size_t kMostOfFile = 16u << 20;

// "a.b" where `a.b` has quotes around what holds dots or blanks.
std::string path_text(std::string_view front, std::string_view name) {
  std::string text(front);
  if (!text.empty()) text += '.';
  if (name.find_first_of(". \"") == std::string_view::npos) return text.append(name);
  return text.append("\"").append(name).append("\"");
}

void add_leaves(const ConfigValue& value, const std::string& path,
                std::vector<std::pair<std::string, const ConfigValue*>>& leaves) {
  if (value.kind != ConfigValue::Kind::kObject) {
    leaves.emplace_back(path, &value);
    return;
  }
  for (const auto& [name, member] : value.members) add_leaves(member, path_text(path, name), leaves);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\f\r";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

void append_utf8(std::string& text, uint32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0 | (c >> 6));
    text += static_cast<char>(0x80 | (c & 63));
  } else {
    text += static_cast<char>(0xE0 | (c >> 12));
    text += static_cast<char>(0x80 | (c >> 6 & 63));
    text += static_cast<char>(0x80 | (c & 63));
  }
}

// Up to four hexadecimal digits behind "\u"; moves `at` behind them.
uint32_t read_hex(std::string_view text, size_t& at) {
  uint32_t value = 0;
  for (int i = 0; i < 4 && at < text.size(); ++i) {
    const char c = text[at];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) break;
    value = value * 16 + static_cast<uint32_t>(digit);
    ++at;
  }
  return value;
}

// What follows a backslash at `at` - 1; moves `at` behind it.
void append_escape(std::string_view text, size_t& at, std::string& into) {
  const char c = text[at++];
  switch (c) {
    case 'n':
      into += '\n';
      break;
    case 't':
      into += '\t';
      break;
    case 'r':
      into += '\r';
      break;
    case 'f':
      into += '\f';
      break;
    case 'b':
      into += '\b';
      break;
    case 'u':
      append_utf8(into, read_hex(text, at));
      break;
    default:
      into += c;
  }
}

class HoconReader {
 public:
  HoconReader(std::string_view text, const ConfigReading& reading, int includes)
      : text_(text), reading_(reading), includes_(includes) {}

  Result<ConfigValue> read() {
    ConfigValue root;
    root.kind = ConfigValue::Kind::kObject;
    skip_blank(true);
    const bool braces = take('{');
    TRY(read_members(root, braces, 0));
    skip_blank(true);
    if (at_ < text_.size()) return wrong("something stands behind the end");
    return root;
  }

 private:
  using Kind = ConfigValue::Kind;

  tl::unexpected<Error> wrong(const std::string& what) const {
    size_t line = 1;
    for (size_t i = 0; i < at_ && i < text_.size(); ++i) line += text_[i] == '\n';
    return fail(Code::kInvalidArgument, "line " + std::to_string(line) + ": " + what);
  }

  bool is_at(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool at_comment() const { return is_at("#") || is_at("//"); }
  // Blanks and comments; with `lines` also ends of lines and commas.
  void skip_blank(bool lines) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (at_comment()) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || (lines && (c == '\n' || c == ','))) {
        ++at_;
      } else if (is_at("\xEF\xBB\xBF")) {
        at_ += 3;
      } else {
        return;
      }
    }
  }

  Status read_members(ConfigValue& object, bool braces, int depth) {
    if (depth > kMaxDepth) return wrong("objects are nested too deep");
    for (;;) {
      skip_blank(true);
      if (at_ >= text_.size()) return braces ? Status(wrong("a '}' is missing")) : Status();
      if (braces && take('}')) return {};
      if (is_at("include ") || is_at("include\t")) {
        TRY(read_include(object));
        continue;
      }
      const auto path = TRY(read_path("=:{+\n,}"));
      skip_blank(false);
      const bool append = is_at("+=");
      if (append)
        at_ += 2;
      else if (!is_at("{") && !take('=') && !take(':'))
        return wrong("'" + path.back() + "' has no value");
      skip_blank(true);
      ConfigValue value = TRY(read_value(depth));
      if (append) {
        ConfigValue list;
        list.kind = Kind::kList;
        const ConfigValue* old = &object;
        for (const std::string& name : path) old = old ? old->find(name) : nullptr;
        if (old && old->kind == Kind::kList) list.items = old->items;
        list.items.push_back(std::move(value));
        value = std::move(list);
      }
      object.set(path, std::move(value));
    }
  }

  // Names separated by dots, up to one of the ends.
  Result<std::vector<std::string>> read_path(std::string_view ends) {
    std::vector<std::string> path;
    std::string name;
    bool quoted = false;
    const auto finish = [&] {
      path.push_back(quoted ? name : std::string(trimmed(name)));
      name.clear();
      quoted = false;
      return !path.back().empty() && path.size() <= kMostNames;
    };
    while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos && !at_comment()) {
      if (text_[at_] == '"') {
        name = std::string(trimmed(name)) + TRY(read_quoted());
        quoted = true;
      } else if (take('.')) {
        if (!finish()) return wrong("a name is empty");
      } else if (quoted && (text_[at_] == ' ' || text_[at_] == '\t')) {
        ++at_;
      } else {
        name += text_[at_++];
      }
    }
    if (!finish()) return wrong("a name is missing");
    return path;
  }

  Result<std::string> read_quoted() {
    std::string value;
    if (is_at("\"\"\"")) {
      const size_t end = text_.find("\"\"\"", at_ + 3);
      if (end == std::string_view::npos) return wrong("the end of a text is missing");
      value = text_.substr(at_ + 3, end - at_ - 3);
      at_ = end + 3;
      return value;
    }
    for (++at_; at_ < text_.size() && text_[at_] != '\n';) {
      if (take('"')) return value;
      if (take('\\') && at_ < text_.size())
        append_escape(text_, at_, value);
      else if (at_ < text_.size())
        value += text_[at_++];
    }
    return wrong("the end of a text is missing");
  }

  Result<ConfigValue> read_value(int depth) {
    ConfigValue value;
    if (take('{')) {
      value.kind = Kind::kObject;
      TRY(read_members(value, true, depth + 1));
      return value;
    }
    if (take('[')) {
      if (depth > kMaxDepth) return wrong("lists are nested too deep");
      value.kind = Kind::kList;
      for (;;) {
        skip_blank(true);
        if (take(']')) return value;
        if (at_ >= text_.size()) return wrong("a ']' is missing");
        value.items.push_back(TRY(read_value(depth + 1)));
      }
    }
    return read_text();
  }

  // Pieces up to the end of the line, a comma or a bracket. Blanks between pieces count, those around them do not.
  Result<ConfigValue> read_text() {
    ConfigValue value;
    std::string plain;
    bool substitutions = false;
    const auto add = [&](std::string text) {
      if (!text.empty()) value.pieces.push_back({std::move(text), false, false});
    };
    const size_t begin = at_;
    while (at_ < text_.size() && !at_comment()) {
      const char c = text_[at_];
      if (c == '\n' || c == ',' || c == '}' || c == ']') break;
      if (c == '"') {
        add(std::move(plain));
        plain.clear();
        // An empty text in quotes is a piece as well: it ends leading blanks.
        value.pieces.push_back({TRY(read_quoted()), false, false});
      } else if (is_at("${")) {
        add(std::move(plain));
        plain.clear();
        at_ += 2;
        const bool optional = take('?');
        const size_t end = text_.find('}', at_);
        if (end == std::string_view::npos) return wrong("a '}' is missing");
        value.pieces.push_back({std::string(trimmed(text_.substr(at_, end - at_))), true, optional});
        at_ = end + 1;
        substitutions = true;
      } else {
        if (!value.pieces.empty() || !plain.empty() || (c != ' ' && c != '\t')) plain += c;
        ++at_;
      }
    }
    if (at_ == begin) return wrong("a value is missing");
    const size_t end = plain.find_last_not_of(" \t\r\f");
    plain.resize(end == std::string::npos ? 0 : end + 1);
    if (plain == "null" && value.pieces.empty()) plain.clear();
    add(std::move(plain));
    if (substitutions) return value;
    for (const auto& piece : value.pieces) value.text += piece.text;
    value.pieces.clear();
    return value;
  }

  Status read_include(ConfigValue& object) {
    at_ += std::string_view("include").size();
    const size_t quote = text_.find('"', at_);
    const size_t line = std::min(text_.find('\n', at_), text_.size());
    if (quote == std::string_view::npos || quote > line) return wrong("include of something that is no file");
    const bool required = text_.substr(at_, quote - at_).find("required") != std::string_view::npos;
    at_ = quote;
    const std::string name = TRY(read_quoted());
    while (take(')')) {
    }
    if (includes_ >= kMaxIncludes) return wrong("files include each other too deep");
    if (!reading_.include) return wrong("includes are not possible here");
    auto text = reading_.include(name);
    if (!text && required) return wrong("cannot include " + name + ": " + text.error().message());
    if (!text) return {};
    auto included = HoconReader(*text, reading_, includes_ + 1).read();
    if (!included) return wrong("in " + name + ": " + included.error().message());
    for (auto& [member, value] : included->members) object.set({member}, std::move(value));
    return {};
  }

  static constexpr int kMaxDepth = 64;
  static constexpr int kMaxIncludes = 8;
  static constexpr size_t kMostNames = 1000;

  const std::string_view text_;
  const ConfigReading& reading_;
  const int includes_;
  size_t at_ = 0;
};

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> names(1);
  bool quoted = false;
  for (const char c : path) {
    if (c == '"')
      quoted = !quoted;
    else if (c == '.' && !quoted)
      names.emplace_back();
    else
      names.back() += c;
  }
  return names;
}

// Puts values in the place of ${..}. What is not set at all and optional is left out.
class Resolver {
 public:
  Resolver(const ConfigValue& root, const ConfigReading& reading) : root_(root), reading_(reading) {}

  Result<std::optional<ConfigValue>> resolve(const ConfigValue& value, int depth) {
    constexpr int kMaxDepth = 100;
    if (depth > kMaxDepth) return fail(Code::kInvalidArgument, "a substitution leads to itself");
    ConfigValue made;
    made.kind = value.kind;
    made.text = value.text;
    for (const auto& item : value.items)
      if (auto one = TRY(resolve(item, depth + 1))) made.items.push_back(std::move(*one));
    for (const auto& [name, member] : value.members)
      if (auto one = TRY(resolve(member, depth + 1))) made.members.emplace_back(name, std::move(*one));
    if (value.pieces.empty()) return std::optional(std::move(made));
    const bool alone = value.pieces.size() == 1;
    for (const auto& piece : value.pieces) {
      if (!piece.substitution) {
        made.text += piece.text;
        continue;
      }
      auto found = TRY(look_up(piece, depth));
      if (!found && alone && value.before) return resolve(*value.before, depth + 1);
      if (!found && alone) return std::optional<ConfigValue>();
      if (found && alone) return found;
      if (found) made.text += found->text;
    }
    return std::optional(std::move(made));
  }

 private:
  Result<std::optional<ConfigValue>> look_up(const ConfigValue::Piece& piece, int depth) {
    const ConfigValue* found = &root_;
    for (const std::string& name : split_path(piece.text)) found = found ? found->find(name) : nullptr;
    if (found) return resolve(*found, depth + 1);
    if (const char* const text = reading_.environment ? reading_.environment(piece.text) : nullptr) {
      ConfigValue value;
      value.text = text;
      return std::optional(std::move(value));
    }
    if (piece.optional) return std::optional<ConfigValue>();
    return fail(Code::kInvalidArgument, "${" + piece.text + "} stands for nothing");
  }

  const ConfigValue& root_;
  const ConfigReading& reading_;
};

}  // namespace

ConfigValue::ConfigValue(const ConfigValue&) = default;
ConfigValue::ConfigValue(ConfigValue&&) noexcept = default;
ConfigValue& ConfigValue::operator=(const ConfigValue&) = default;
ConfigValue& ConfigValue::operator=(ConfigValue&&) noexcept = default;
ConfigValue::~ConfigValue() = default;

const ConfigValue* ConfigValue::find(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return &value;
  return nullptr;
}

void ConfigValue::set(const std::vector<std::string>& path, ConfigValue value) {
  ConfigValue* at = this;
  for (const std::string& name : path) {
    if (at->kind != Kind::kObject) *at = ConfigValue(Kind::kObject);
    ConfigValue* next = const_cast<ConfigValue*>(at->find(name));
    if (!next) next = &at->members.emplace_back(name, ConfigValue(Kind::kObject)).second;
    at = next;
  }
  if (at->kind == Kind::kObject && value.kind == Kind::kObject) {
    for (auto& [name, member] : value.members) at->set({name}, std::move(member));
    return;
  }
  const bool was_set = at->kind != Kind::kObject || !at->members.empty();
  if (!value.pieces.empty() && was_set) value.before = std::make_shared<ConfigValue>(*at);
  *at = std::move(value);
}

Result<ConfigValue> parse_hocon(std::string_view text, const ConfigReading& reading) {
  if (text.size() > kMostOfFile) return fail(Code::kInvalidArgument, "the file is too large");
  const ConfigValue raw = TRY(HoconReader(text, reading, 0).read());
  auto resolved = TRY(Resolver(raw, reading).resolve(raw, 0));
  return resolved ? std::move(*resolved) : ConfigValue();
}

Result<ConfigValue> parse_properties(std::string_view text) {
  if (text.size() > kMostOfFile) return fail(Code::kInvalidArgument, "the file is too large");
  ConfigValue root;
  root.kind = ConfigValue::Kind::kObject;
  for (size_t at = 0; at < text.size();) {
    // A line, and those that its trailing backslash adds.
    std::string line;
    for (bool more = true; more && at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      std::string_view piece = text.substr(at, end - at);
      if (piece.ends_with('\r')) piece.remove_suffix(1);
      at = end + 1;
      piece.remove_prefix(std::min(piece.find_first_not_of(" \t\f"), piece.size()));
      if (line.empty() && (piece.starts_with('#') || piece.starts_with('!'))) break;
      size_t backslashes = 0;
      while (backslashes < piece.size() && piece[piece.size() - 1 - backslashes] == '\\') ++backslashes;
      more = backslashes % 2 == 1;
      if (more) piece.remove_suffix(1);
      line += piece;
    }
    if (line.empty()) continue;
    std::string key, value;
    size_t i = 0;
    for (; i < line.size() && std::string_view("=: \t\f").find(line[i]) == std::string_view::npos;) {
      if (line[i] == '\\' && i + 1 < line.size())
        append_escape(line, ++i, key);
      else
        key += line[i++];
    }
    while (i < line.size() && (line[i] == ' ' || line[i] == '\t' || line[i] == '\f')) ++i;
    if (i < line.size() && (line[i] == '=' || line[i] == ':')) ++i;
    while (i < line.size() && (line[i] == ' ' || line[i] == '\t' || line[i] == '\f')) ++i;
    while (i < line.size()) {
      if (line[i] == '\\' && i + 1 < line.size())
        append_escape(line, ++i, value);
      else
        value += line[i++];
    }
    ConfigValue made;
    made.text = std::move(value);
    root.set(split_path(key), std::move(made));
  }
  return root;
}

std::vector<std::pair<std::string, const ConfigValue*>> config_leaves(const ConfigValue& root) {
  std::vector<std::pair<std::string, const ConfigValue*>> leaves;
  add_leaves(root, "", leaves);
  return leaves;
}

}  // namespace sluice::server
