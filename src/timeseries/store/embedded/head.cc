// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/head.h"

#include <cstring>

namespace sluice::timeseries {
namespace {

// Series that are written seldom take little memory, those that are written often few chunks.
constexpr uint32_t kFirstChunk = 4;
constexpr uint32_t kLargestChunk = 2048;
constexpr uint32_t kTextPerPoint = 32;  // room that a chunk of texts begins with
constexpr uint32_t kLongRun = 16;       // points: sorting a run costs more than looking after it

}  // namespace

Chunk::Chunk(uint32_t capacity, uint32_t text_bytes, bool with_expiry)
    : capacity_(capacity),
      text_capacity_(text_bytes),
      memory_(new char[size_t{capacity} * (with_expiry ? 20 : 16) + text_bytes]),
      times_(reinterpret_cast<int64_t*>(memory_.get())),
      values_(reinterpret_cast<uint64_t*>(times_ + capacity)),
      expiry_(with_expiry ? reinterpret_cast<uint32_t*>(values_ + capacity) : nullptr),
      text_(text_bytes != 0 ? memory_.get() + size_t{capacity} * (with_expiry ? 20 : 16) : nullptr) {}

void Chunk::add_text(int64_t time, std::string_view text, uint32_t expires) {
  if (!text.empty()) std::memcpy(text_ + text_size_, text.data(), text.size());
  add(time, static_cast<uint64_t>(text_size_) << 24 | text.size(), expires);
  text_size_ += static_cast<uint32_t>(text.size());
}

size_t Chunk::bytes() const { return sizeof(Chunk) + size_t{capacity_} * (expiry_ ? 20 : 16) + text_capacity_ + 64; }

void Chunk::copy_to(Columns& into, size_t begin, size_t end) const {
  if (text_) {
    for (size_t i = begin; i < end; ++i)
      into.add_text(times_[i], {text_ + (values_[i] >> 24), values_[i] & Points::kMaxTextBytes},
                    expiry_ ? expiry_[i] : 0);
    return;
  }
  if (expiry_) {
    if (into.expiry.empty()) into.expiry.assign(into.size(), 0);
    into.expiry.insert(into.expiry.end(), expiry_ + begin, expiry_ + end);
  } else if (!into.expiry.empty()) {
    into.expiry.resize(into.expiry.size() + end - begin, 0);
  }
  into.times.insert(into.times.end(), times_ + begin, times_ + end);
  into.values.insert(into.values.end(), values_ + begin, values_ + end);
}

void add_by_runs(HeadPiece piece, std::vector<HeadPiece>& into) {
  if (piece.ordered() || uint64_t{piece.runs} * kLongRun > piece.size()) {
    into.push_back(std::move(piece));
    return;
  }
  const auto times = piece.times();
  for (uint32_t begin = 0; begin < times.size();) {
    uint32_t end = begin + 1;
    while (end < times.size() && times[end] > times[end - 1]) ++end;
    into.push_back({piece.chunk, piece.begin + begin, piece.begin + end, times[begin], times[end - 1], 1});
    begin = end;
  }
}

Chunk& Head::new_chunk(size_t text_bytes, bool text, bool expires) {
  uint32_t capacity = kFirstChunk;
  if (!active_.empty()) capacity = std::min(kLargestChunk, 4 * active_.back()->capacity());
  // A chunk of texts has room for texts always, so that one of numbers is told from it.
  const size_t room = text ? std::max<size_t>(text_bytes, size_t{capacity} * kTextPerPoint) : 0;
  active_.push_back(std::make_shared<Chunk>(capacity, static_cast<uint32_t>(room), expires));
  return *active_.back();
}

size_t Head::add_to_new(int64_t time, uint64_t value, uint32_t expires) {
  Chunk& chunk = new_chunk(0, false, expires != 0);
  chunk.add(time, value, expires);
  return chunk.bytes();
}

size_t Head::add_text(int64_t time, std::string_view text, uint32_t expires) {
  if (!active_.empty() && active_.back()->fits(text.size(), expires != 0)) {
    active_.back()->add_text(time, text, expires);
    return 0;
  }
  Chunk& chunk = new_chunk(text.size(), true, expires != 0);
  chunk.add_text(time, text, expires);
  return chunk.bytes();
}

void Head::begin_seal() {
  // What an earlier attempt could not put into blocks is older.
  sealing_.insert(sealing_.end(), std::make_move_iterator(active_.begin()), std::make_move_iterator(active_.end()));
  active_.clear();
}

size_t Head::end_seal() {
  size_t bytes = 0;
  for (const auto& chunk : sealing_) bytes += chunk->bytes();
  sealing_ = {};
  return bytes;
}

void Head::cancel_seal() {
  begin_seal();
  active_.swap(sealing_);
}

void Head::find(int64_t begin, int64_t end, std::vector<HeadPiece>& into) const {
  for (const auto* chunks : {&sealing_, &active_})
    for (const auto& chunk : *chunks)
      if (chunk->max() >= begin && chunk->min() <= end)
        into.push_back({chunk, 0, chunk->size(), chunk->min(), chunk->max(), chunk->runs()});
}

ptrdiff_t Head::erase(PointType type, int64_t begin, int64_t end) {
  size_t before = 0;
  Columns left;
  left.type = type;
  bool any = false;
  for (const auto& chunk : active_) {
    before += chunk->bytes();
    any |= chunk->max() >= begin && chunk->min() <= end;
    chunk->copy_to(left, 0, chunk->size());
  }
  if (!any) return 0;
  // Readers keep the chunks that they have.
  active_.clear();
  left.drop(0, begin, end);
  size_t after = 0;
  for (size_t i = 0; i < left.size(); ++i)
    after += has_text(type) ? add_text(left.times[i], left.text_at(i), left.expiry_at(i))
                            : add(left.times[i], left.values[i], left.expiry_at(i));
  return static_cast<ptrdiff_t>(before) - static_cast<ptrdiff_t>(after);
}

}  // namespace sluice::timeseries
