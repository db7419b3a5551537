// SPDX-License-Identifier: Apache-2.0
// For tests of this folder: something on loopback that speaks enough of CQL for a session to open, and then does what a
// test tells it to: answer late, wrongly, in pieces, or not at all.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "client/cassandra/frame.h"
#include "client/cassandra/notation.h"
#include "client/cassandra/server_error.h"
#include "net/listener.h"
#include "net/stream.h"

namespace sluice::client::cassandra {

struct FakeRequest {
  Opcode opcode;
  int16_t stream;
  ByteBuffer body;  // plain
  bool compressed;  // as it came
  int connection;   // counted from 0
  int number;       // of its opcode, over all connections, from 1
};

struct FakeReply {
  Opcode opcode = Opcode::kResult;
  std::string body = std::string("\0\0\0\1", 4);  // RESULT of kind Void
  int stream = -2;                                // -2: that of the request
  std::chrono::milliseconds delay{0};
  size_t cut = SIZE_MAX;  // only so many bytes of the frame, then the connection ends
  bool silent = false;    // no answer
  bool hang_up = false;   // the connection ends instead
  bool compress = false;

  static FakeReply error(ErrorCode code, std::string message, std::string details = "") {
    ByteBuffer body;
    append_u32(body, static_cast<uint32_t>(code));
    append_string(body, message);
    body.append(details);
    return {.opcode = Opcode::kError, .body = std::string(body.view())};
  }
};

inline std::string be32(uint32_t value) {
  ByteBuffer out;
  out.u32_be(value);
  return std::string(out.view());
}
inline std::string be16(uint16_t value) {
  ByteBuffer out;
  out.u16_be(value);
  return std::string(out.view());
}
inline std::string string_of(std::string_view text) {
  return be16(static_cast<uint16_t>(text.size())) + std::string(text);
}
inline std::string value_of(std::string_view bytes) {
  return be32(static_cast<uint32_t>(bytes.size())) + std::string(bytes);
}

// Type and name of a column; rows of values (nullopt: null).
using FakeColumns = std::vector<std::pair<std::string, std::string>>;  // name, [option] as bytes
using FakeRows = std::vector<std::vector<std::optional<std::string>>>;

inline std::string columns_bytes(const FakeColumns& columns, std::string_view keyspace = "ks",
                                 std::string_view table = "t") {
  std::string out = string_of(keyspace) + string_of(table);
  for (auto& [name, type] : columns) out += string_of(name) + type;
  return out;
}

inline std::string rows_body(const FakeColumns& columns, const FakeRows& rows, std::string_view paging_state = "") {
  std::string out = be32(2) + be32(paging_state.empty() ? 1 : 3) + be32(static_cast<uint32_t>(columns.size()));
  if (!paging_state.empty()) out += value_of(paging_state);
  out += columns_bytes(columns) + be32(static_cast<uint32_t>(rows.size()));
  for (auto& row : rows)
    for (auto& value : row) out += value ? value_of(*value) : be32(UINT32_MAX);
  return out;
}

// RESULT of kind Prepared for `INSERT INTO ks.t (key, value) VALUES (?, ?)`, or a SELECT with columns.
inline std::string prepared_body(std::string_view id, const FakeColumns& parameters, const FakeColumns& columns = {}) {
  std::string out = be32(4) + string_of(id) + be32(1) + be32(static_cast<uint32_t>(parameters.size()));
  out += parameters.empty() ? be32(0) : be32(1) + be16(0);
  out += columns_bytes(parameters);
  if (columns.empty()) return out + be32(4) + be32(0);
  return out + be32(1) + be32(static_cast<uint32_t>(columns.size())) + columns_bytes(columns);
}

inline const std::string kBlobType = be16(0x03), kTextType = be16(0x0D), kUuidType = be16(0x0C), kIntType = be16(0x09),
                         kInetType = be16(0x10), kTextSetType = be16(0x22) + be16(0x0D),
                         kTextMapType = be16(0x21) + be16(0x0D) + be16(0x0D);

inline std::string text_set(const std::vector<std::string>& values) {
  std::string out = be32(static_cast<uint32_t>(values.size()));
  for (auto& value : values) out += value_of(value);
  return out;
}

class FakeServer {
 public:
  using Script = std::function<std::optional<FakeReply>(const FakeRequest&)>;

  // `script` sees each request first; nullopt: the usual answer. Called on network threads, one at a time.
  FakeServer(NetworkThreads& threads, Script script = {}, uint16_t port = 0) : script_(std::move(script)) {
    auto opened = net::Listener::open(
        threads, {.host = "127.0.0.1", .port = port}, {},
        [this](std::unique_ptr<net::Stream> stream, net::Admission) -> awaitable<void> { co_await serve(*stream); });
    EXPECT_TRUE(opened) << opened.error().describe();
    listener_ = std::move(*opened);
    listener_->start();
  }
  ~FakeServer() { stop(); }

  void stop() {
    if (!listener_) return;
    listener_.reset();
  }
  uint16_t port() const { return listener_->port(); }
  void set_script(Script script) {
    std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }
  int count(Opcode opcode) {
    std::lock_guard lock(mutex_);
    return counts_[opcode];
  }
  int connections() const { return connections_; }

  // What the usual answers tell of the cluster.
  std::string local_datacenter = "dc1";
  bool require_password = false;
  bool offer_lz4 = true;

 private:
  awaitable<void> serve(net::Stream& stream) {
    const int connection = connections_++;
    for (;;) {
      uint8_t head[kHeaderBytes];
      if (!co_await stream.read_exactly(head)) co_return;
      ByteReader in(std::span<const uint8_t>(head, sizeof(head)));
      const uint8_t version = in.u8(), flags = in.u8();
      EXPECT_EQ(version, kRequestVersion);
      FakeRequest request;
      request.stream = in.i16_be();
      request.opcode = static_cast<Opcode>(in.u8());
      request.connection = connection;
      request.compressed = flags & kFlagCompressed;
      const uint32_t n = in.u32_be();
      request.body.resize_uninitialised(n);
      if (n > 0 && !co_await stream.read_exactly({request.body.data(), n})) co_return;
      if (request.compressed) {
        auto plain = decompress_body(request.body.span(), 64 << 20);
        EXPECT_TRUE(plain);
        request.body = std::move(*plain);
      }
      FakeReply reply;
      {
        std::lock_guard lock(mutex_);
        request.number = ++counts_[request.opcode];
        auto scripted = script_ ? script_(request) : std::nullopt;
        reply = scripted ? std::move(*scripted) : usual(request);
      }
      if (reply.silent) continue;
      if (reply.hang_up) {
        stream.abort();
        co_return;
      }
      if (reply.delay.count() > 0) (void)co_await sleep_for(reply.delay);
      if (!co_await answer(stream, request, reply)) co_return;
    }
  }

  awaitable<bool> answer(net::Stream& stream, const FakeRequest& request, const FakeReply& reply) {
    ByteBuffer body;
    uint8_t flags = 0;
    std::span<const uint8_t> plain(reinterpret_cast<const uint8_t*>(reply.body.data()), reply.body.size());
    if (reply.compress && compress_body(plain, body)) {
      flags = kFlagCompressed;
    } else {
      body.clear();
      body.append(plain);
    }
    ByteBuffer frame;
    frame.u8(kResponseVersion);
    frame.u8(flags);
    append_u16(frame, static_cast<uint16_t>(reply.stream == -2 ? request.stream : reply.stream));
    frame.u8(static_cast<uint8_t>(reply.opcode));
    append_u32(frame, static_cast<uint32_t>(body.size()));
    frame.append(body.span());
    const bool cut = reply.cut < frame.size();
    if (cut) frame.truncate(reply.cut);
    const bool written =
        static_cast<bool>(co_await stream.write(frame.span(), Deadline::after(std::chrono::seconds(20))));
    if (cut) stream.abort();
    co_return written && !cut;
  }

  FakeReply usual(const FakeRequest& request) const {
    const std::string_view body = request.body.view();
    switch (request.opcode) {
      case Opcode::kOptions:
        return {.opcode = Opcode::kSupported,
                .body = be16(1) + string_of("COMPRESSION") +
                        (offer_lz4 ? be16(2) + string_of("snappy") + string_of("lz4") : be16(1) + string_of("snappy"))};
      case Opcode::kStartup:
        if (require_password)
          return {.opcode = Opcode::kAuthenticate,
                  .body = string_of("org.apache.cassandra.auth.PasswordAuthenticator")};
        return {.opcode = Opcode::kReady, .body = ""};
      case Opcode::kAuthResponse:
        if (body == value_of(std::string_view("\0user\0secret", 12)))
          return {.opcode = Opcode::kAuthSuccess, .body = be32(UINT32_MAX)};
        return FakeReply::error(ErrorCode::kBadCredentials, "Provided username and/or password are incorrect");
      case Opcode::kRegister:
        return {.opcode = Opcode::kReady, .body = ""};
      case Opcode::kQuery:
        if (body.find("FROM system.local") != body.npos) {
          return {.body = rows_body({{"host_id", kUuidType},
                                     {"data_center", kTextType},
                                     {"rack", kTextType},
                                     {"release_version", kTextType},
                                     {"tokens", kTextSetType}},
                                    {{std::string(16, 'a'), local_datacenter, "r1", "5.0.5", text_set({"0"})}})};
        }
        if (body.find("FROM system.peers") != body.npos) {
          return {.body =
                      rows_body({{"peer", kInetType}, {"native_address", kInetType}, {"native_port", kIntType}}, {})};
        }
        if (body.find("system_schema.keyspaces") != body.npos) {
          const std::string simple = be32(2) + value_of("class") +
                                     value_of("org.apache.cassandra.locator.SimpleStrategy") +
                                     value_of("replication_factor") + value_of("1");
          return {.body = rows_body({{"keyspace_name", kTextType}, {"replication", kTextMapType}}, {{"ks", simple}})};
        }
        return {};
      case Opcode::kPrepare:
        return {.body = prepared_body("id-of-statement!", {{"key", kBlobType}, {"value", kBlobType}})};
      default:
        return {};
    }
  }

  std::mutex mutex_;
  Script script_;                 // guarded by mutex_
  std::map<Opcode, int> counts_;  // guarded by mutex_
  std::atomic<int> connections_{0};
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace sluice::client::cassandra
