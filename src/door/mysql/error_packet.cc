// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/error_packet.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace sluice::door::mysql {
namespace {

struct StateEntry {
  uint16_t number;
  char state[6];
};

// Sorted by number; numbers that are missing have HY000.
constexpr StateEntry kStates[] = {
    {1022, "23000"}, {1037, "HY001"}, {1038, "HY001"}, {1040, "08004"}, {1042, "08S01"}, {1043, "08S01"},
    {1044, "42000"}, {1045, "28000"}, {1046, "3D000"}, {1047, "08S01"}, {1048, "23000"}, {1049, "42000"},
    {1050, "42S01"}, {1051, "42S02"}, {1052, "23000"}, {1053, "08S01"}, {1054, "42S22"}, {1055, "42000"},
    {1056, "42000"}, {1057, "42000"}, {1058, "21S01"}, {1059, "42000"}, {1060, "42S21"}, {1061, "42000"},
    {1062, "23000"}, {1063, "42000"}, {1064, "42000"}, {1065, "42000"}, {1066, "42000"}, {1067, "42000"},
    {1068, "42000"}, {1069, "42000"}, {1070, "42000"}, {1071, "42000"}, {1072, "42000"}, {1073, "42000"},
    {1074, "42000"}, {1075, "42000"}, {1080, "08S01"}, {1081, "08S01"}, {1082, "42S12"}, {1083, "42000"},
    {1084, "42000"}, {1090, "42000"}, {1091, "42000"}, {1101, "42000"}, {1102, "42000"}, {1103, "42000"},
    {1104, "42000"}, {1106, "42000"}, {1107, "42000"}, {1109, "42S02"}, {1110, "42000"}, {1112, "42000"},
    {1113, "42000"}, {1115, "42000"}, {1118, "42000"}, {1120, "42000"}, {1121, "42000"}, {1131, "42000"},
    {1132, "42000"}, {1133, "42000"}, {1136, "21S01"}, {1138, "22004"}, {1139, "42000"}, {1140, "42000"},
    {1141, "42000"}, {1142, "42000"}, {1143, "42000"}, {1144, "42000"}, {1145, "42000"}, {1146, "42S02"},
    {1147, "42000"}, {1148, "42000"}, {1149, "42000"}, {1152, "08S01"}, {1153, "08S01"}, {1154, "08S01"},
    {1155, "08S01"}, {1156, "08S01"}, {1157, "08S01"}, {1158, "08S01"}, {1159, "08S01"}, {1160, "08S01"},
    {1161, "08S01"}, {1162, "42000"}, {1163, "42000"}, {1164, "42000"}, {1166, "42000"}, {1167, "42000"},
    {1169, "23000"}, {1170, "42000"}, {1171, "42000"}, {1172, "42000"}, {1173, "42000"}, {1176, "42000"},
    {1177, "42000"}, {1178, "42000"}, {1179, "25000"}, {1184, "08S01"}, {1189, "08S01"}, {1190, "08S01"},
    {1203, "42000"}, {1205, "HY000"}, {1207, "25000"}, {1211, "42000"}, {1213, "40001"}, {1216, "23000"},
    {1217, "23000"}, {1218, "08S01"}, {1222, "21000"}, {1226, "42000"}, {1227, "42000"}, {1230, "42000"},
    {1231, "42000"}, {1232, "42000"}, {1234, "42000"}, {1235, "42000"}, {1239, "42000"}, {1241, "21000"},
    {1242, "21000"}, {1247, "42S22"}, {1248, "42000"}, {1249, "01000"}, {1250, "42000"}, {1251, "08004"},
    {1252, "42000"}, {1253, "42000"}, {1261, "01000"}, {1262, "01000"}, {1263, "22004"}, {1264, "22003"},
    {1265, "01000"}, {1280, "42000"}, {1281, "42000"}, {1286, "42000"}, {1292, "22007"}, {1304, "42000"},
    {1305, "42000"}, {1317, "70100"}, {1318, "42000"}, {1364, "HY000"}, {1365, "22012"}, {1366, "HY000"},
    {1367, "22007"}, {1370, "42000"}, {1390, "HY000"}, {1397, "XAE04"}, {1406, "22001"}, {1411, "HY000"},
    {1415, "0A000"}, {1441, "22008"}, {1451, "23000"}, {1452, "23000"}, {1690, "22003"}, {1698, "28000"},
    {1792, "25006"}, {1820, "HY000"}, {3140, "22032"}, {3141, "22032"}, {3143, "42000"},
};
static_assert(std::ranges::is_sorted(kStates, {}, &StateEntry::number));

// Where an Error brings no number of MySQL's.
constexpr uint16_t number_of(Code code) {
  switch (code) {
    case Code::kUnauthenticated:
      return 1045;
    case Code::kPermissionDenied:
      return 1227;
    case Code::kConflict:
      return 1213;
    case Code::kOutOfRange:
      return 1264;
    case Code::kUnsupported:
      return 1235;
    case Code::kResourceExhausted:
      return 1041;
    case Code::kDeadlineExceeded:
      return 3024;
    case Code::kCancelled:
      return 1317;
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kUnavailable:
    case Code::kUndetermined:
    case Code::kDataLoss:
    case Code::kInternal:
      return 1105;
  }
  return 1105;
}

constexpr size_t kMaxMessage = 65'000;

}  // namespace

std::string_view sqlstate_of(int number) {
  auto found = std::ranges::lower_bound(kStates, number, {}, &StateEntry::number);
  return found != std::end(kStates) && found->number == number ? std::string_view(found->state, 5) : "HY000";
}

WireError to_wire_error(const Error& error) {
  WireError wire;
  bool own = error.origin() == Origin::kMysql && error.native_code() > 0 && error.native_code() <= 0xFFFF;
  wire.number = own ? static_cast<uint16_t>(error.native_code()) : number_of(error.code());
  wire.sqlstate = sqlstate_of(wire.number);
  wire.message = error.message().substr(0, kMaxMessage);
  if (wire.message.empty()) wire.message = to_string(error.code());
  return wire;
}

void put_error(PacketBuffer& out, uint8_t& sequence, const WireError& error, bool with_state) {
  size_t packet = out.begin_packet();
  out.u8(kErrorHeader);
  out.u16_le(error.number);
  if (with_state) {
    out.u8('#');
    out.append(error.sqlstate);
  }
  out.append(std::string_view(error.message).substr(0, kMaxMessage));
  out.end_packet(packet, sequence);
}

}  // namespace sluice::door::mysql
