// SPDX-License-Identifier: Apache-2.0
// A small blocking MySQL client for the tests of this folder: speaks the protocol byte by byte, checks sequences, and
// can misbehave on purpose. One thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "door/mysql/compression.h"
#include "door/mysql/handshake.h"
#include "door/mysql/payload_reader.h"

namespace sluice::door::mysql {

using Cell = std::optional<std::string>;

struct WireColumn {
  std::string name;
  std::string table;
  uint8_t type = 0;
  uint32_t length = 0;
  uint8_t decimals = 0;
};

struct Reply {
  int error = 0;
  std::string sqlstate;
  std::string message;
  uint64_t affected = 0;
  uint16_t status = 0;
  uint16_t warnings = 0;
  std::string info;
  std::vector<WireColumn> columns;
  std::vector<std::vector<Cell>> rows;   // text rows
  std::vector<std::string> binary_rows;  // payloads, as they came
  std::string infile;                    // the server asks for this file
  bool broken = false;                   // the connection ended instead of an answer
  std::string first() const { return rows.empty() || rows[0].empty() ? "(nothing)" : rows[0][0].value_or("NULL"); }
};

class WireClient {
 public:
  static constexpr uint32_t kCapabilities = kLongPassword | kLongFlag | kProtocol41 | kTransactions |
                                            kSecureConnection | kMultiResults | kPsMultiResults | kPluginAuth |
                                            kPluginAuthLenenc | kLocalFiles;
  struct Login {
    std::string user = "root";
    std::string password = {};
    std::string database = {};
    std::string plugin = std::string(kNativePassword);
    uint32_t capabilities = 0;  // beside kCapabilities
    bool tls = false;
    int zstd_level = 3;
  };

  explicit WireClient(uint16_t port) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~WireClient() { hang_up(); }
  WireClient(const WireClient&) = delete;
  WireClient& operator=(const WireClient&) = delete;

  void hang_up() {
    if (ssl_) SSL_free(ssl_);
    if (context_) SSL_CTX_free(context_);
    ssl_ = nullptr;
    context_ = nullptr;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }

  // Greeting, response and all that follows up to OK or error.
  Reply login(Login login) {
    Reply reply;
    auto greeting = read();
    if (!greeting) return broken();
    if (static_cast<uint8_t>((*greeting)[0]) == kErrorHeader) return parse_error(*greeting, false);
    PayloadReader in(*greeting);
    in.skip(1);
    version = in.text_to_zero();
    connection_id = in.u32_le();
    scramble_ = in.text(8);
    in.skip(1);
    offered = in.u16_le();
    in.skip(3);
    offered |= static_cast<uint32_t>(in.u16_le()) << 16;
    in.skip(11);
    scramble_ += in.text(12);
    capabilities_ = kCapabilities | login.capabilities;
    if (!login.database.empty()) capabilities_ |= kConnectWithDb;
    if (login.tls) capabilities_ |= kSsl;
    PacketBuffer head;
    head.u32_le(capabilities_);
    head.u32_le(1 << 24);
    head.u8(kCharsetUtf8);
    head.fill(0, 23);
    if (login.tls) {
      write(head.view());
      if (!start_tls()) return broken();
    }
    PacketBuffer response;
    response.append(head.view());
    response.null_terminated(login.user);
    response.lenenc_string(answer(login.plugin, login.password));
    if (!login.database.empty()) response.null_terminated(login.database);
    response.null_terminated(login.plugin);
    if (capabilities_ & kZstdCompress) response.u8(static_cast<uint8_t>(login.zstd_level));
    write(response.view());
    reply = finish_login(login);
    if (reply.error == 0 && !reply.broken) {
      compression_ = agreed_compression(capabilities_, login.zstd_level);
      if (compression_.algorithm != Algorithm::kNone) frames_ = std::make_unique<FrameReader>(compression_);
    }
    return reply;
  }

  Reply change_user(const Login& login, bool answer_at_once) {
    PacketBuffer payload;
    payload.u8(static_cast<uint8_t>(Command::kChangeUser));
    payload.null_terminated(login.user);
    std::string response = answer_at_once ? answer(login.plugin, login.password) : "";
    payload.u8(static_cast<uint8_t>(response.size()));
    payload.append(response);
    payload.null_terminated(login.database);
    payload.u16_le(kCharsetUtf8);
    payload.null_terminated(login.plugin);
    sequence_ = 0;
    write(payload.view());
    return finish_login(login);
  }

  Reply query(std::string_view sql) { return command(Command::kQuery, sql); }
  Reply command(Command code, std::string_view rest, bool binary = false) {
    send_command(code, rest);
    return read_reply(binary);
  }
  void send_command(Command code, std::string_view rest) {
    std::string payload(1, static_cast<char>(code));
    payload += rest;
    sequence_ = 0;
    frame_sequence_ = 0;
    write(payload);
  }

  struct PreparedReply {
    Reply reply;
    uint32_t id = 0;
    uint16_t columns = 0;
    uint16_t parameters = 0;
  };
  PreparedReply prepare(std::string_view sql) {
    PreparedReply prepared;
    send_command(Command::kStmtPrepare, sql);
    auto head = read();
    if (!head) return {broken()};
    if (static_cast<uint8_t>((*head)[0]) == kErrorHeader) return {parse_error(*head)};
    PayloadReader in(*head);
    in.skip(1);
    prepared.id = in.u32_le();
    prepared.columns = in.u16_le();
    prepared.parameters = in.u16_le();
    bool ends = !(capabilities_ & kDeprecateEof);
    for (int i = 0; i < prepared.parameters; ++i) (void)read();
    if (prepared.parameters && ends) (void)read();
    for (int i = 0; i < prepared.columns; ++i) prepared.reply.columns.push_back(parse_column(*read()));
    if (prepared.columns && ends) (void)read();
    return prepared;
  }
  // `parameters`: what stands behind the iteration count (null bitmap, types, values).
  Reply execute(uint32_t id, std::string_view parameters = {}, uint8_t flags = 0) {
    PacketBuffer payload;
    payload.u32_le(id);
    payload.u8(flags);
    payload.u32_le(1);
    payload.append(parameters);
    return command(Command::kStmtExecute, payload.view(), true);
  }
  Reply fetch(uint32_t id, uint32_t rows) {
    PacketBuffer payload;
    payload.u32_le(id);
    payload.u32_le(rows);
    send_command(Command::kStmtFetch, payload.view());
    Reply reply;
    read_rows(reply, true);
    return reply;
  }

  Reply read_reply(bool binary = false) {
    auto head = read();
    if (!head) return broken();
    uint8_t first = static_cast<uint8_t>((*head)[0]);
    if (first == kErrorHeader) return parse_error(*head);
    if (first == kOkHeader) return parse_ok(*head);
    Reply reply;
    if (first == kLocalInfileHeader) {
      reply.infile = head->substr(1);
      return reply;
    }
    PayloadReader in(*head);
    uint64_t count = in.lenenc();
    for (uint64_t i = 0; i < count; ++i) {
      auto column = read();
      if (!column) return broken();
      reply.columns.push_back(parse_column(*column));
    }
    if (!(capabilities_ & kDeprecateEof)) {
      auto end = read();
      if (!end) return broken();
      parse_end(*end, reply);
      if (reply.status & kCursorExists) return reply;
    }
    read_rows(reply, binary);
    return reply;
  }

  // One packet with the next sequence; for LOCAL INFILE and for misbehaviour.
  void write(std::string_view payload) {
    PacketBuffer out;
    size_t packet = out.begin_packet();
    out.append(payload);
    out.end_packet(packet, sequence_);
    if (frames_) {
      PacketBuffer framed;
      compress_frames(compression_, out.span(), framed, frame_sequence_);
      write_raw(framed.view());
    } else {
      write_raw(out.view());
    }
  }
  void write_raw(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t count = ssl_ ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
  }
  // The next packet read is the first answer to a command that was written raw.
  void expect_answer() { sequence_ = 1; }
  // The next payload; nullopt when the connection ended.
  std::optional<std::string> read() {
    for (;;) {
      IncomingPacket packet;
      if (packets_.next(packet) == PacketAssembler::Progress::kPacket) {
        if (!frames_ && packet.first_sequence != sequence_) return std::nullopt;
        sequence_ = static_cast<uint8_t>(packet.last_sequence + 1);
        return std::string(packet.payload);
      }
      if (frames_) {
        auto unpacked = frames_->unpack(packets_);
        if (!unpacked) return std::nullopt;
        if (*unpacked) continue;
      }
      auto space = frames_ ? frames_->space() : packets_.space(64 * 1024);
      ssize_t count = ssl_ ? SSL_read(ssl_, space.data(), static_cast<int>(space.size()))
                           : ::recv(fd_, space.data(), space.size(), 0);
      if (count <= 0) return std::nullopt;
      frames_ ? frames_->received(static_cast<size_t>(count)) : packets_.received(static_cast<size_t>(count));
    }
  }

  std::string version;
  uint32_t connection_id = 0;
  uint32_t offered = 0;
  bool full_authentication = false;  // the last login sent the password itself

 private:
  static Reply broken() {
    Reply reply;
    reply.broken = true;
    return reply;
  }
  static Reply parse_error(const std::string& payload, bool with_state = true) {
    Reply reply;
    PayloadReader in(payload);
    in.skip(1);
    reply.error = in.u16_le();
    if (with_state) reply.sqlstate = in.text(6).substr(1);
    reply.message = in.rest_text();
    return reply;
  }
  static Reply parse_ok(const std::string& payload) {
    Reply reply;
    PayloadReader in(payload);
    in.skip(1);
    reply.affected = in.lenenc();
    in.lenenc();
    reply.status = in.u16_le();
    reply.warnings = in.u16_le();
    if (!in.at_end()) reply.info = in.lenenc_text();
    return reply;
  }
  void parse_end(const std::string& payload, Reply& reply) const {
    PayloadReader in(payload);
    in.skip(1);
    if (capabilities_ & kDeprecateEof) {
      in.skip(2);
      reply.status = in.u16_le();
      reply.warnings = in.u16_le();
    } else {
      reply.warnings = in.u16_le();
      reply.status = in.u16_le();
    }
  }
  static WireColumn parse_column(const std::string& payload) {
    WireColumn column;
    PayloadReader in(payload);
    in.lenenc_text();
    in.lenenc_text();
    column.table = in.lenenc_text();
    in.lenenc_text();
    column.name = in.lenenc_text();
    in.lenenc_text();
    in.skip(3);
    column.length = in.u32_le();
    column.type = in.u8();
    in.skip(2);
    column.decimals = in.u8();
    return column;
  }
  void read_rows(Reply& reply, bool binary) {
    for (;;) {
      auto row = read();
      if (!row) {
        reply.broken = true;
        return;
      }
      uint8_t first = row->empty() ? 0 : static_cast<uint8_t>((*row)[0]);
      if (first == kErrorHeader) {
        Reply error = parse_error(*row);
        reply.error = error.error;
        reply.message = error.message;
        return;
      }
      if (first == kEofHeader && row->size() < 9) return parse_end(*row, reply);
      if (binary) {
        reply.binary_rows.push_back(*row);
        continue;
      }
      PayloadReader in(*row);
      std::vector<Cell> cells;
      while (!in.at_end() && in.ok()) {
        if (in.rest()[0] == kNullCell) {
          in.skip(1);
          cells.emplace_back();
        } else {
          cells.emplace_back(std::string(in.lenenc_text()));
        }
      }
      reply.rows.push_back(std::move(cells));
    }
  }

  Reply finish_login(const Login& login) {
    std::string plugin = login.plugin;
    full_authentication = false;
    for (;;) {
      auto packet = read();
      if (!packet) return broken();
      uint8_t first = static_cast<uint8_t>((*packet)[0]);
      if (first == kOkHeader) return parse_ok(*packet);
      if (first == kErrorHeader) return parse_error(*packet);
      if (first == kAuthSwitchHeader) {
        PayloadReader in(*packet);
        in.skip(1);
        plugin = in.text_to_zero();
        scramble_ = in.text(kScrambleLength);
        write(answer(plugin, login.password));
      } else if (*packet == "\x01\x04") {
        full_authentication = true;
        if (ssl_) {
          write(login.password + '\0');
        } else {
          write("\x02");
          auto key = read();
          if (!key) return broken();
          write(encrypted(key->substr(1), login.password));
        }
      } else if (*packet != "\x01\x03") {
        return broken();
      }
    }
  }

  static std::string sha1(std::string_view text) {
    std::string digest(SHA_DIGEST_LENGTH, '\0');
    SHA1(reinterpret_cast<const uint8_t*>(text.data()), text.size(), reinterpret_cast<uint8_t*>(digest.data()));
    return digest;
  }
  static std::string sha256(std::string_view text) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), reinterpret_cast<uint8_t*>(digest.data()));
    return digest;
  }
  static std::string mixed(std::string a, const std::string& b) {
    for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i % b.size()]);
    return a;
  }
  std::string answer(const std::string& plugin, const std::string& password) const {
    if (password.empty()) return "";
    if (plugin == kNativePassword) return mixed(sha1(password), sha1(scramble_ + sha1(sha1(password))));
    return mixed(sha256(password), sha256(sha256(sha256(password)) + scramble_));
  }
  std::string encrypted(const std::string& pem, const std::string& password) const {
    std::string plain = mixed(password + '\0', scramble_);
    BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    EVP_PKEY* key = PEM_read_bio_PUBKEY(memory, nullptr, nullptr, nullptr);
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, nullptr);
    EVP_PKEY_encrypt_init(context);
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING);
    size_t length = 512;
    std::string cipher(length, '\0');
    EVP_PKEY_encrypt(context, reinterpret_cast<uint8_t*>(cipher.data()), &length,
                     reinterpret_cast<const uint8_t*>(plain.data()), plain.size());
    cipher.resize(length);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    BIO_free(memory);
    return cipher;
  }
  bool start_tls() {
    context_ = SSL_CTX_new(TLS_client_method());
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    return SSL_connect(ssl_) == 1;
  }

  int fd_ = -1;
  bool connected_ = false;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  uint32_t capabilities_ = 0;
  std::string scramble_;
  uint8_t sequence_ = 0;
  uint8_t frame_sequence_ = 0;
  PacketAssembler packets_{1u << 30};
  Compression compression_;
  std::unique_ptr<FrameReader> frames_;
};

}  // namespace sluice::door::mysql
