// SPDX-License-Identifier: Apache-2.0
// Numbers of the MySQL client/server protocol that this door speaks. Source: the protocol pages of MySQL's
// internals manual; what is offered and why stands in PROTOCOL.md. Plain constants: no thread rule.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::door::mysql {

// A packet's payload has at most this many bytes; a payload of exactly this many is followed by another packet.
inline constexpr size_t kMaxPacketPayload = 0xFFFFFF;
inline constexpr size_t kPacketHeader = 4;
inline constexpr size_t kCompressedHeader = 7;
inline constexpr size_t kScrambleLength = 20;

// Capability flags.
enum Capability : uint32_t {
  kLongPassword = 1u << 0,
  kFoundRows = 1u << 1,
  kLongFlag = 1u << 2,
  kConnectWithDb = 1u << 3,
  kCompress = 1u << 5,
  kOdbc = 1u << 6,
  kLocalFiles = 1u << 7,
  kIgnoreSpace = 1u << 8,
  kProtocol41 = 1u << 9,
  kInteractive = 1u << 10,
  kSsl = 1u << 11,
  kTransactions = 1u << 13,
  kSecureConnection = 1u << 15,
  kMultiStatements = 1u << 16,
  kMultiResults = 1u << 17,
  kPsMultiResults = 1u << 18,
  kPluginAuth = 1u << 19,
  kConnectAttributes = 1u << 20,
  kPluginAuthLenenc = 1u << 21,
  kDeprecateEof = 1u << 24,
  kZstdCompress = 1u << 26,
};

// Status flags of OK and EOF packets.
enum StatusFlag : uint16_t {
  kInTransaction = 0x0001,
  kAutocommit = 0x0002,
  kMoreResultsExist = 0x0008,
  kCursorExists = 0x0040,
  kLastRowSent = 0x0080,
  kNoBackslashEscapes = 0x0200,
};

enum class Command : uint8_t {
  kSleep = 0,
  kQuit = 1,
  kInitDb = 2,
  kQuery = 3,
  kFieldList = 4,
  kCreateDb = 5,
  kDropDb = 6,
  kStatistics = 9,
  kProcessInfo = 10,
  kProcessKill = 12,
  kDebug = 13,
  kPing = 14,
  kChangeUser = 17,
  kStmtPrepare = 22,
  kStmtExecute = 23,
  kStmtSendLongData = 24,
  kStmtClose = 25,
  kStmtReset = 26,
  kSetOption = 27,
  kStmtFetch = 28,
  kResetConnection = 31,
};

// Column and parameter types.
enum class FieldType : uint8_t {
  kDecimal = 0,
  kTiny = 1,
  kShort = 2,
  kLong = 3,
  kFloat = 4,
  kDouble = 5,
  kNull = 6,
  kTimestamp = 7,
  kLongLong = 8,
  kInt24 = 9,
  kDate = 10,
  kTime = 11,
  kDateTime = 12,
  kYear = 13,
  kVarchar = 15,
  kBit = 16,
  kJson = 245,
  kNewDecimal = 246,
  kEnum = 247,
  kSet = 248,
  kTinyBlob = 249,
  kMediumBlob = 250,
  kLongBlob = 251,
  kBlob = 252,
  kVarString = 253,
  kString = 254,
  kGeometry = 255,
};

// Column flags.
inline constexpr uint16_t kUnsignedFlag = 0x0020;
inline constexpr uint16_t kBinaryFlag = 0x0080;

// Character sets by collation id: utf8mb4_general_ci and binary. Doris announces 33 (utf8mb3), which makes mysql2
// (npm) decode four-byte characters as surrogate pairs; the texts are full UTF-8, so they are announced as that.
inline constexpr uint16_t kCharsetUtf8 = 45;
inline constexpr uint16_t kCharsetBinary = 63;

// First bytes of response payloads.
inline constexpr uint8_t kOkHeader = 0x00;
inline constexpr uint8_t kEofHeader = 0xFE;
inline constexpr uint8_t kErrorHeader = 0xFF;
inline constexpr uint8_t kNullCell = 0xFB;
inline constexpr uint8_t kLocalInfileHeader = 0xFB;
inline constexpr uint8_t kAuthSwitchHeader = 0xFE;
inline constexpr uint8_t kAuthMoreHeader = 0x01;

inline constexpr uint8_t kCursorTypeReadOnly = 0x01;

// Shown in the handshake and as @@version.
inline constexpr char kServerVersion[] = "5.7.99";

}  // namespace sluice::door::mysql
