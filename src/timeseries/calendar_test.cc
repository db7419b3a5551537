// SPDX-License-Identifier: Apache-2.0
// The vectors were computed with Joda-Time 2.10.6, as KairosDB's RangeAggregator and Util call it.
#include "timeseries/calendar.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::timeseries {
namespace {

struct Vector {
  const char* zone;
  TimeUnit unit;
  int64_t value;
  int64_t instant;
  int64_t aligned;  // align_to_unit(instant)
  int64_t origin;
  int64_t time;
  int64_t start;  // of the bucket of time
  int64_t end;
  int64_t length;  // of the sampling from time on
};

constexpr Vector kVectors[] = {
    {"-03:30", TimeUnit::kDays, 1, 1057894402968, 1057894200000, 1057894402968, 1060686041790, 1060659202968,
     1060745602968, 86400000},
    {"-03:30", TimeUnit::kWeeks, 1, 811529671608, 811395000000, 811529671608, 811529672155, 811529671608, 812134471608,
     604800000},
    {"-03:30", TimeUnit::kMonths, 3, 896028274902, 893993400000, 893993400000, 896028274068, 893993400000, 901942200000,
     7948800000},
    {"-03:30", TimeUnit::kYears, 1, 363937646546, 347167800000, 347167800000, 365557967541, 347167800000, 378703800000,
     31536000000},
    {"America/New_York", TimeUnit::kDays, 12, 75483799656, 75441600000, 75441600000, 89186399999, 88920000000,
     89960400000, 1040400000},
    {"America/New_York", TimeUnit::kWeeks, 5, 295537268260, 295502400000, 295537268260, 295605404633, 295537268260,
     298561268260, 3024000000},
    {"America/New_York", TimeUnit::kMonths, 14, 1194113465582, 1193889600000, 1194113465582, 1194333650517,
     1194113465582, 1231009865582, 36892800000},
    {"America/New_York", TimeUnit::kYears, 1, 143516284315, 126248400000, 143516284315, 294223536632, 269746684315,
     301282684315, 31622400000},
    {"America/Sao_Paulo", TimeUnit::kDays, 3, 880073325435, 879991200000, 880073325435, 1203213600001, 1203036525435,
     1203299325435, 259200000},
    {"America/Sao_Paulo", TimeUnit::kWeeks, 3, 137232463500, 137041200000, 137041200000, 499746265145, 498106800000,
     499917600000, 1810800000},
    {"America/Sao_Paulo", TimeUnit::kMonths, 18, 1399823401725, 1398913200000, 1398913200000, 1399823402244,
     1398913200000, 1446343200000, 47430000000},
    {"America/Sao_Paulo", TimeUnit::kYears, 2, 431216994695, 410238000000, 431216994695, 431217035865, 431216994695,
     494375394695, 63158400000},
    {"America/St_Johns", TimeUnit::kDays, 14, 549287191980, 549253800000, 549253800000, 549287192549, 549253800000,
     550463400000, 1209600000},
    {"America/St_Johns", TimeUnit::kWeeks, 11, 1256992212650, 1256524200000, 1256992212650, 1256997931956,
     1256992212650, 1263648612650, 6656400000},
    {"America/St_Johns", TimeUnit::kMonths, 2, 749931271392, 749442600000, 749442600000, 752131539952, 749442600000,
     754716600000, 5270400000},
    {"America/St_Johns", TimeUnit::kYears, 2, 367676875634, 347167800000, 347167800000, 367854397935, 347167800000,
     410239800000, 63072000000},
    {"Australia/Lord_Howe", TimeUnit::kDays, 20, 564957035053, 564930000000, 564957035053, 574789333717, 573597035053,
     575326835053, 1728000000},
    {"Australia/Lord_Howe", TimeUnit::kWeeks, 11, 352218047408, 351698400000, 351698400000, 354473958790, 351698400000,
     358349400000, 6652800000},
    {"Australia/Lord_Howe", TimeUnit::kMonths, 20, 794332712323, 793976400000, 794332712323, 794332712890, 794332712323,
     847121312323, 52788600000},
    {"Australia/Lord_Howe", TimeUnit::kYears, 2, 120757037063, 94658400000, 94658400000, 120773513712, 94658400000,
     157730400000, 63072000000},
    {"Europe/Berlin", TimeUnit::kDays, 1, 371716909931, 371689200000, 371716909931, 371716925389, 371716909931,
     371803309931, 86400000},
    {"Europe/Berlin", TimeUnit::kWeeks, 3, 1288524637680, 1287957600000, 1287957600000, 1301182159124, 1300662000000,
     1302472800000, 1810800000},
    {"Europe/Berlin", TimeUnit::kMonths, 1, 323848841580, 323391600000, 323391600000, 323848877036, 323391600000,
     325980000000, 2592000000},
    {"Europe/Berlin", TimeUnit::kYears, 1, 417352646616, 410223600000, 410223600000, 417571163129, 410223600000,
     441759600000, 31618800000},
    {"UTC", TimeUnit::kDays, 19, 285892100139, 285811200000, 285892100139, 285892146025, 285892100139, 287533700139,
     1641600000},
    {"UTC", TimeUnit::kWeeks, 3, 675937384863, 675907200000, 675937384863, 675937450406, 675937384863, 677751784863,
     1814400000},
    {"UTC", TimeUnit::kMonths, 2, 352268775220, 352252800000, 352268775220, 352268775230, 352268775220, 357539175220,
     5270400000},
    {"UTC", TimeUnit::kYears, 7, 1330931417584, 1325376000000, 1330931417584, 1330934829093, 1330931417584,
     1551769817584, 220838400000},
};

TEST(Calendar, IsJodas) {
  for (const auto& v : kVectors) {
    SCOPED_TRACE(std::string(v.zone) + " " + std::to_string(v.instant) + " " + std::to_string(v.time));
    const auto zone = Zone::find(v.zone);
    ASSERT_TRUE(zone.has_value());
    const auto aligned = align_to_unit(v.instant, v.unit, *zone);
    ASSERT_TRUE(aligned.has_value());
    EXPECT_EQ(*aligned, v.aligned);
    const auto bucket = Buckets(v.origin, {v.value, v.unit}, *zone).bucket(v.time);
    ASSERT_TRUE(bucket.has_value());
    EXPECT_EQ(bucket->start, v.start);
    EXPECT_EQ(bucket->end, v.end);
    const auto length = SamplingLength({v.value, v.unit}, *zone).from(v.time);
    ASSERT_TRUE(length.has_value());
    EXPECT_EQ(*length, v.length);
  }
}

TEST(Calendar, MidnightsThatDoNotExistAreErrors) {
  const auto zone = *Zone::find("America/Sao_Paulo");
  const auto hour = align_to_unit(499795947454, TimeUnit::kSeconds, zone);
  ASSERT_FALSE(hour.has_value());
  EXPECT_EQ(hour.error().message(),
            "Value 0 for hourOfDay is not supported: Illegal instant due to time zone offset transition (daylight "
            "savings time 'gap'): 1985-11-02T00:12:27.454 (America/Sao_Paulo)");
  const auto day = align_to_unit(876138120161, TimeUnit::kWeeks, zone);
  ASSERT_FALSE(day.has_value());
  EXPECT_EQ(day.error().message(),
            "Value 0 for millisOfDay is not supported: Illegal instant due to time zone offset transition (daylight "
            "savings time 'gap'): 1997-10-06T00:00:00.000 (America/Sao_Paulo)");
}

TEST(Calendar, ArithmeticThatOverflowsIsAnError) {
  const Buckets empty(0, {0, TimeUnit::kDays}, Zone());
  EXPECT_EQ(empty.bucket(5).error().message(), "/ by zero");
  const Buckets huge(5, {kMaxTime, TimeUnit::kMilliseconds}, Zone());
  EXPECT_EQ(huge.bucket(6).error().message(), "The calculation caused an overflow: 5 + 9223372036854775807");
  const Buckets days(0, {kMaxTime, TimeUnit::kDays}, Zone());
  EXPECT_EQ(days.bucket(6).error().message(), "Multiplication overflows a long: 9223372036854775807 * 86400000");
}

TEST(Calendar, FixedBucketsAreAlsoFoundWithoutAZone) {
  const Buckets buckets(100, {7, TimeUnit::kSeconds}, *Zone::find("America/New_York"));
  EXPECT_EQ(buckets.fixed_length(), 7000);
  EXPECT_EQ(buckets.bucket(100 + 7000 * 3 + 5)->start, 100 + 7000 * 3);
  // Towards zero: a time before the origin is in the first bucket.
  EXPECT_EQ(buckets.bucket(50)->start, 100);
  EXPECT_EQ(Buckets(0, {1, TimeUnit::kDays}, *Zone::find("America/New_York")).fixed_length(), 0);
  EXPECT_EQ(Buckets(0, {1, TimeUnit::kDays}, Zone()).fixed_length(), 86'400'000);
}

TEST(Calendar, RelativeTimesAreCountedInUtc) {
  constexpr int64_t kLastOfMarch = 1'711'843'200'000;                                 // 2024-03-31T00:00Z
  EXPECT_EQ(relative_time(kLastOfMarch, {1, TimeUnit::kMonths}), 1'709'164'800'000);  // 29 February
  EXPECT_EQ(relative_time(kLastOfMarch, {13, TimeUnit::kMonths}), 1'677'542'400'000);
  EXPECT_EQ(relative_time(1'709'164'800'000, {1, TimeUnit::kYears}), 1'677'542'400'000);
  EXPECT_EQ(relative_time(1000, {1, TimeUnit::kMilliseconds}), 999);
  EXPECT_EQ(relative_time(1000, {2, TimeUnit::kWeeks}), 1000 - 14 * int64_t{86'400'000});
  EXPECT_EQ(relative_time(kLastOfMarch, {4'294'967'297, TimeUnit::kHours}), kLastOfMarch - 3'600'000);  // an int
  EXPECT_EQ(relative_time(0, {2'147'483'647, TimeUnit::kYears}), kMinTime);  // beyond what milliseconds can say
}

TEST(Zone, NamesAreThoseOfTheTzDatabase) {
  for (const auto* id : {"", "UTC", "America/New_York", "Etc/GMT+5", "EST", "+02:00", "-0330", "+05", "+00:00:01.500"})
    EXPECT_TRUE(Zone::find(id).has_value()) << id;
  for (const auto* id :
       {"Mars/Olympus", "america/nowhere", "/etc/passwd", "../passwd", "posixrules", "right/UTC", "Fixed/UTC+05:00:00",
        "Europe//Berlin", "localtime", "+", "+2", "+24:00", "+02:60", "+02:00x", "tzdata.zi"})
    EXPECT_FALSE(Zone::find(id).has_value()) << id;
  EXPECT_EQ(Zone::find("+00:00:01.500")->offset(0), 1500);
  EXPECT_EQ(Zone::find("-03:30")->offset(0), -12'600'000);
  EXPECT_EQ(Zone::find("+00:00")->id(), "UTC");
}

TEST(Zone, TransitionsAreBetweenSpansOfOneOffset) {
  const auto zone = *Zone::find("America/New_York");
  constexpr int64_t kSpring = 1'583'650'800'000;  // 2020-03-08T07:00Z
  EXPECT_EQ(zone.offset(kSpring - 1), -5 * 3'600'000);
  EXPECT_EQ(zone.offset(kSpring), -4 * 3'600'000);
  EXPECT_EQ(zone.next_transition(kSpring - 1), kSpring);
  EXPECT_EQ(zone.next_transition(kSpring), 1'604'210'400'000);
  EXPECT_EQ(zone.previous_transition(kSpring), kSpring - 1);
  EXPECT_FALSE(zone.fixed());
  EXPECT_TRUE(Zone().fixed());
}

TEST(Civil, DaysAndDatesAreInverse) {
  for (const int64_t days : {-719'528, -1, 0, 59, 11'016, 18'321, 2'932'896}) {
    const auto date = civil_from_days(days);
    EXPECT_EQ(days_from_civil(date.year, date.month, date.day), days);
  }
  EXPECT_EQ(civil_from_days(11'016).day, 29);  // 2000-02-29
  EXPECT_EQ(days_in_month(1900, 2), 28);
  EXPECT_EQ(month_number(0), 1970 * 12);
  EXPECT_EQ(month_number(-1), 1969 * 12 + 11);
}

}  // namespace
}  // namespace sluice::timeseries
