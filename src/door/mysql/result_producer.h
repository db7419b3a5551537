// SPDX-License-Identifier: Apache-2.0
// ResultProducer: the worker's half of sending rows: pulls chunks of a RowStream and encodes them into buffers of
// bounded size. Used by one thread at a time; blocking, so on workers only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "door/mysql/packet_buffer.h"
#include "door/mysql/row_encoder.h"
#include "session/outcome.h"

namespace sluice::door::mysql {

class ResultProducer {
 public:
  ResultProducer(std::unique_ptr<session::RowStream> stream, RowFormat format)
      : stream_(std::move(stream)), encoder_(stream_->columns(), format) {}

  const std::vector<session::Column>& columns() const { return stream_->columns(); }

  // Appends rows until `out` holds `stop_bytes`, `max_rows` were written (and are counted down) or no row is left.
  // False: no row is left, and the statement has ended. After an error the statement has ended, too.
  Result<bool> fill(PacketBuffer& out, uint8_t& sequence, size_t stop_bytes, uint64_t& max_rows);
  // Reads the rest and throws it away.
  Status drain();
  // Reads the rest of the rows into memory, so that the session can run other statements: an open cursor that is in the
  // way. kResourceExhausted when that is more than `max_bytes`; the statement has ended then.
  Status detach(size_t max_bytes);

 private:
  Result<bool> next_chunk();

  std::unique_ptr<session::RowStream> stream_;
  RowEncoder encoder_;
  bool ended_ = false;
};

}  // namespace sluice::door::mysql
