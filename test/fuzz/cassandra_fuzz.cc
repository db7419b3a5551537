// SPDX-License-Identifier: Apache-2.0
// Fuzz target: every decoder of bytes that a Cassandra node sends. The first byte chooses the message, the second one
// is the header's flags; the rest is the body.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "client/cassandra/responses.h"
#include "client/cassandra/server_error.h"
#include "client/cassandra/topology.h"

namespace {

using namespace sluice;
using namespace sluice::client::cassandra;

constexpr uint32_t kLimit = 1 << 20;

void read_all(const Rows& rows) {
  auto row = rows.cursor();
  size_t seen = 0;
  while (row.next()) {
    ++seen;
    for (size_t i = 0; i < rows.columns().size(); ++i) {
      (void)row[i].int32();
      (void)row[i].int64();
      (void)row[i].uuid();
      (void)row[i].address();
      (void)row[i].text_list();
      if (auto map = row[i].text_map()) (void)parse_replication(*map);
    }
  }
  BUG_CHECK(seen == rows.size());
}

void decode_result(ResponseFrame frame) {
  auto kind = read_result_kind(frame);
  if (!kind) return;
  if (*kind == ResultKind::kPrepared) (void)read_prepared(frame);
  if (*kind != ResultKind::kRows) return;
  auto known = std::make_shared<const Columns>(2);
  if (auto rows = Rows::decode(std::move(frame), known)) read_all(*rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint8_t choice = data[0] % 8, flags = data[1];
  std::span<const uint8_t> body(data + 2, size - 2);
  if (choice == 0 && body.size() >= kHeaderBytes) (void)parse_header(body.first<kHeaderBytes>(), kLimit);
  ResponseFrame frame;
  frame.header.flags = flags;
  if (flags & kFlagCompressed) {
    auto plain = decompress_body(body, kLimit);
    if (!plain) return 0;
    frame.body = std::move(*plain);
  } else {
    frame.body.append(body);
  }
  if (!strip_prefixes(frame)) return 0;
  switch (choice) {
    case 1:
      (void)read_event(frame);
      break;
    case 2:
      (void)read_supported(frame);
      break;
    case 3:
      (void)read_authenticator(frame);
      break;
    case 4:
      (void)read_token(frame);
      break;
    case 5:
      if (auto error = read_server_error(frame.content())) (void)to_error(*error, "peer");
      break;
    default:
      decode_result(std::move(frame));
  }
  return 0;
}
