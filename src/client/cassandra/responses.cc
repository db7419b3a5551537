// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/responses.h"

#include <arpa/inet.h>

#include "client/cassandra/notation.h"

namespace sluice::client::cassandra {

namespace {

constexpr size_t kMaxSupported = 64;

Error damaged(std::string_view what) {
  return Error(Code::kDataLoss, "a message of the server does not decode: " + std::string(what));
}

// [inet]: 1 byte of length, the address, 4 bytes of port.
void read_inet(ByteReader& in, std::string& address, uint16_t& port) {
  auto bytes = in.bytes(in.u8());
  char text[INET6_ADDRSTRLEN] = "";
  if (bytes.size() == 4) {
    ::inet_ntop(AF_INET, bytes.data(), text, sizeof(text));
  } else if (bytes.size() == 16) {
    ::inet_ntop(AF_INET6, bytes.data(), text, sizeof(text));
  } else {
    in.set_failed();
  }
  address = text;
  port = static_cast<uint16_t>(in.i32_be());
}

}  // namespace

Result<ResultKind> read_result_kind(ResponseFrame& frame) {
  if (frame.header.opcode != Opcode::kResult) {
    return fail(Code::kDataLoss, "the server answered with a message of another kind than RESULT");
  }
  ByteReader in(frame.content());
  const int32_t kind = in.i32_be();
  if (!in.ok() || kind < 1 || kind > static_cast<int32_t>(ResultKind::kSchemaChange)) return fail(damaged("RESULT"));
  frame.offset += sizeof(kind);
  return static_cast<ResultKind>(kind);
}

Result<Prepared> read_prepared(const ResponseFrame& frame) {
  ByteReader in(frame.content());
  Prepared prepared;
  prepared.id = read_short_bytes(in);
  const int32_t flags = in.i32_be();
  const int32_t parameters = in.i32_be();
  const int32_t keys = in.i32_be();
  if (!in.ok() || prepared.id.empty() || keys < 0 || static_cast<size_t>(keys) > in.remaining() / sizeof(uint16_t))
    return fail(damaged("PREPARED"));
  for (int32_t i = 0; i < keys; ++i) {
    prepared.key_parameters.push_back(in.u16_be());
    if (prepared.key_parameters.back() >= parameters) return fail(damaged("PREPARED"));
  }
  prepared.parameters = TRY(read_columns(in, flags, parameters));
  const int32_t row_flags = in.i32_be();
  const int32_t columns = in.i32_be();
  if (row_flags & kHasMorePages) (void)read_bytes(in);
  if (!in.ok()) return fail(damaged("PREPARED"));
  if (!(row_flags & kNoMetadata))
    prepared.columns = std::make_shared<const Columns>(TRY(read_columns(in, row_flags, columns)));
  return prepared;
}

Result<Event> read_event(const ResponseFrame& frame) {
  ByteReader in(frame.content());
  Event event;
  const auto type = read_string(in);
  if (type == "TOPOLOGY_CHANGE" || type == "STATUS_CHANGE") {
    event.kind = type == "STATUS_CHANGE" ? Event::Kind::kStatus : Event::Kind::kTopology;
    event.change = read_string(in);
    read_inet(in, event.address, event.port);
  } else if (type == "SCHEMA_CHANGE") {
    event.kind = Event::Kind::kSchema;
    event.change = read_string(in);
    event.target = read_string(in);
    event.keyspace = read_string(in);
    if (event.target != "KEYSPACE") event.name = read_string(in);
  }
  if (!in.ok()) return fail(damaged("EVENT"));
  return event;
}

Result<std::map<std::string, std::vector<std::string>>> read_supported(const ResponseFrame& frame) {
  ByteReader in(frame.content());
  std::map<std::string, std::vector<std::string>> options;
  const uint16_t count = in.u16_be();
  if (count > kMaxSupported) return fail(damaged("SUPPORTED"));
  for (uint16_t i = 0; i < count; ++i) {
    auto& values = options[std::string(read_string(in))];
    const uint16_t n = in.u16_be();
    if (n > kMaxSupported) return fail(damaged("SUPPORTED"));
    for (uint16_t j = 0; j < n; ++j) values.emplace_back(read_string(in));
  }
  if (!in.ok()) return fail(damaged("SUPPORTED"));
  return options;
}

Result<std::string> read_authenticator(const ResponseFrame& frame) {
  ByteReader in(frame.content());
  std::string name(read_string(in));
  if (!in.ok()) return fail(damaged("AUTHENTICATE"));
  return name;
}

Result<std::string> read_token(const ResponseFrame& frame) {
  ByteReader in(frame.content());
  std::string token(read_bytes(in).value_or(std::string_view()));
  if (!in.ok()) return fail(damaged("AUTH_CHALLENGE or AUTH_SUCCESS"));
  return token;
}

}  // namespace sluice::client::cassandra
