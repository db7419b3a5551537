// SPDX-License-Identifier: Apache-2.0
// What KairosDB 1.3.0-1 says of its aggregators and group-bys; its web pages are built from it.
#include "timeseries/request/features.h"

namespace sluice::timeseries {
namespace {

constexpr FeatureRule kBinsRules[] = {
    {"value.every((n) => !isNaN(parseFloat(n)) && isFinite(n))", "The list must contain only numbers."},
    {"value.length > 0", "The list can't be empty."},
};
constexpr FeatureField kBinFields[] = {
    {.name = "bins",
     .label = "Bin Values",
     .description =
         "List of bin values. For example, if the list of bins is 10, 20, 30, then values less than 10 are placed in "
         "the first group, values between 10-19 into the second group, and so forth.",
     .type = "array",
     .options = {},
     .default_value = "[]",
     .autocomplete = "",
     .rules = kBinsRules},
};
constexpr FeatureRule kTagsRules[] = {
    {"value.length > 0", "Tags can't be empty."},
};
constexpr FeatureField kTagFields[] = {
    {.name = "tags",
     .label = "Tags",
     .description = "A list of tags to group by.",
     .type = "array",
     .options = {},
     .default_value = "[]",
     .autocomplete = "tags",
     .rules = kTagsRules},
};
constexpr FeatureRule kGroupCountRules[] = {
    {"value > 0", "Count must be greater than 0."},
};
constexpr FeatureRule kValueRules[] = {
    {"value >= 0", "Value must be greater or equal to 0."},
};
constexpr std::string_view kUnitOptions[] = {"MILLISECONDS", "SECONDS", "MINUTES", "HOURS",
                                             "DAYS",         "WEEKS",   "MONTHS",  "YEARS"};
constexpr FeatureField kDurationFields[] = {
    {.name = "value",
     .label = "Value",
     .description = "The number of units for the aggregation buckets",
     .type = "long",
     .options = {},
     .default_value = "1",
     .autocomplete = "",
     .rules = kValueRules},
    {.name = "unit",
     .label = "Unit",
     .description = "The time unit for the sampling rate",
     .type = "enum",
     .options = kUnitOptions,
     .default_value = "MILLISECONDS",
     .autocomplete = "",
     .rules = {}},
};
constexpr FeatureField kTimeFields[] = {
    {.name = "group_count",
     .label = "Count",
     .description = "The number of groups. This would typically be 7 to group by day of week.",
     .type = "int",
     .options = {},
     .default_value = "0",
     .autocomplete = "",
     .rules = kGroupCountRules},
    {.name = "range_size", .label = "Range Size", .type = "Object", .parts = kDurationFields},
};
constexpr FeatureRule kRangeSizeRules[] = {
    {"value >= 0", "Target size must be greater or equal than 0."},
};
constexpr FeatureField kValueFields[] = {
    {.name = "range_size",
     .label = "Target Size",
     .description =
         "The range for each value. For example, if the range size is 10, then values between 0-9 are placed in the "
         "first group, values between 10-19 into the second group, and so forth.",
     .type = "int",
     .options = {},
     .default_value = "0",
     .autocomplete = "",
     .rules = kRangeSizeRules},
};
constexpr FeatureProcessor kGroupBys[] = {
    {"bin", "Bin", "Groups data points by bins or buckets.", kBinFields},
    {"tag", "Tag", "Groups data points by tag names.", kTagFields},
    {"time", "Time", "Groups data points in time ranges.", kTimeFields},
    {"value", "Value", "Groups data points by value.", kValueFields},
};
constexpr FeatureField kRangeFields[] = {
    {.name = "align_end_time",
     .label = "Align end time",
     .description =
         "Setting this to true will cause the aggregation range to be aligned based on the sampling size. For "
         "example if your sample size is either milliseconds, seconds, minutes or hours then the start of the range "
         "will always be at the top of the hour. The difference between align_start_time and align_end_time is that "
         "align_end_time sets the timestamp for the datapoint to the beginning of the following period versus the "
         "beginning of the current period. As with align_start_time, setting this to true will cause your data to "
         "take the same shape when graphed as you refresh the data. Note that align_sampling, align_start_time, and "
         "align_end_time are mutually exclusive. If more than one are set, unexpected results will occur.",
     .type = "boolean",
     .options = {},
     .default_value = "false",
     .autocomplete = "",
     .rules = {}},
    {.name = "align_start_time",
     .label = "Align start time",
     .description =
         "Setting this to true will cause the aggregation range to be aligned based on the sampling size. For "
         "example if your sample size is either milliseconds, seconds, minutes or hours then the start of the range "
         "will always be at the top of the hour. The effect of setting this to true is that your data will take the "
         "same shape when graphed as you refresh the data. Note that align_sampling, align_start_time, and "
         "align_end_time are mutually exclusive. If more than one are set, unexpected results will occur.",
     .type = "boolean",
     .options = {},
     .default_value = "false",
     .autocomplete = "",
     .rules = {}},
    {.name = "sampling", .label = "Sampling", .type = "Object", .parts = kDurationFields},
    {.name = "trim",
     .label = "Trim",
     .description = " Trim off empty ranges before and after the actual data",
     .type = "boolean",
     .options = {},
     .default_value = "false",
     .autocomplete = "",
     .rules = {}},
};
constexpr FeatureRule kDivisorRules[] = {
    {"value > 0", "Divisor must be greater than 0."},
};
constexpr FeatureField kDivFields[] = {
    {.name = "divisor",
     .label = "Divisor",
     .description = "The value each data point is divided by.",
     .type = "double",
     .options = {},
     .default_value = "1",
     .autocomplete = "",
     .rules = kDivisorRules},
};
constexpr std::string_view kFilterOpOptions[] = {"LTE", "LT", "GTE", "GT", "EQUAL", "NE"};
constexpr FeatureField kFilterFields[] = {
    {.name = "filter_op",
     .label = "Filter operation",
     .description = "The operation performed for each data point.",
     .type = "enum",
     .options = kFilterOpOptions,
     .default_value = "equal",
     .autocomplete = "",
     .rules = {}},
    {.name = "threshold",
     .label = "Threshold",
     .description =
         "The value the operation is performed on. If the operation is lt, then a null data point is returned if the "
         "data point is less than the threshold.",
     .type = "Object",
     .options = {},
     .default_value = "",
     .autocomplete = "",
     .rules = {}},
};
constexpr FeatureRule kPercentileRules[] = {
    {"value < 1", "Percentile must be smaller than 1."},
    {"value > 0", "Percentile must be greater than 0."},
};
constexpr FeatureField kPercentileFields[] = {
    {.name = "align_end_time",
     .label = "Align end time",
     .description =
         "Setting this to true will cause the aggregation range to be aligned based on the sampling size. For "
         "example if your sample size is either milliseconds, seconds, minutes or hours then the start of the range "
         "will always be at the top of the hour. The difference between align_start_time and align_end_time is that "
         "align_end_time sets the timestamp for the datapoint to the beginning of the following period versus the "
         "beginning of the current period. As with align_start_time, setting this to true will cause your data to "
         "take the same shape when graphed as you refresh the data. Note that align_sampling, align_start_time, and "
         "align_end_time are mutually exclusive. If more than one are set, unexpected results will occur.",
     .type = "boolean",
     .options = {},
     .default_value = "false",
     .autocomplete = "",
     .rules = {}},
    {.name = "align_start_time",
     .label = "Align start time",
     .description =
         "Setting this to true will cause the aggregation range to be aligned based on the sampling size. For "
         "example if your sample size is either milliseconds, seconds, minutes or hours then the start of the range "
         "will always be at the top of the hour. The effect of setting this to true is that your data will take the "
         "same shape when graphed as you refresh the data. Note that align_sampling, align_start_time, and "
         "align_end_time are mutually exclusive. If more than one are set, unexpected results will occur.",
     .type = "boolean",
     .options = {},
     .default_value = "false",
     .autocomplete = "",
     .rules = {}},
    {.name = "percentile",
     .label = "Percentile",
     .description = "Data points returned will be in this percentile.",
     .type = "double",
     .options = {},
     .default_value = "0.1",
     .autocomplete = "",
     .rules = kPercentileRules},
    {.name = "sampling", .label = "Sampling", .type = "Object", .parts = kDurationFields},
    {.name = "trim",
     .label = "Trim",
     .description = " Trim off empty ranges before and after the actual data",
     .type = "boolean",
     .options = {},
     .default_value = "false",
     .autocomplete = "",
     .rules = {}},
};
constexpr FeatureField kRateFields[] = {
    {.name = "sampling", .label = "Sampling", .type = "Object", .parts = kDurationFields},
};
constexpr std::string_view kOrderOptions[] = {"ASCENDING", "DESCENDING"};
constexpr FeatureField kScoreFields[] = {
    {.name = "order",
     .label = "Order",
     .description = "The order by which scores are assigned",
     .type = "enum",
     .options = kOrderOptions,
     .default_value = "ascending",
     .autocomplete = "",
     .rules = {}},
    {.name = "thresholds",
     .label = "Thresholds",
     .description = "A set of thresholds",
     .type = "array",
     .options = {},
     .default_value = "[]",
     .autocomplete = "",
     .rules = {}},
};
constexpr FeatureRule kSizeRules[] = {
    {"value > 0", "Size must be greater than 0."},
};
constexpr FeatureField kSmaFields[] = {
    {.name = "size",
     .label = "Size",
     .description =
         "The period of the moving average. This is the number of data point to use each time the average is "
         "calculated.",
     .type = "int",
     .options = {},
     .default_value = "10",
     .autocomplete = "",
     .rules = kSizeRules},
};
constexpr FeatureField kSamplerFields[] = {
    {.name = "unit",
     .label = "Time Unit",
     .description = "Time unit of sampling",
     .type = "enum",
     .options = kUnitOptions,
     .default_value = "milliseconds",
     .autocomplete = "",
     .rules = {}},
};
constexpr FeatureRule kMetricNameRules[] = {
    {"!value && value.length > 0", "The name can't be empty."},
};
constexpr FeatureField kSaveAsFields[] = {
    {.name = "metric_name",
     .label = "Save As",
     .description = "The name of the new metric.",
     .type = "String",
     .options = {},
     .default_value = "<new name>",
     .autocomplete = "",
     .rules = kMetricNameRules},
};
constexpr FeatureRule kFactorRules[] = {
    {"value > 0", "Factor must be greater than 0."},
};
constexpr FeatureField kScaleFields[] = {
    {.name = "factor",
     .label = "Factor",
     .description = "The value to scale each data point by.",
     .type = "double",
     .options = {},
     .default_value = "0.0",
     .autocomplete = "",
     .rules = kFactorRules},
};
constexpr std::string_view kTrimOptions[] = {"FIRST", "LAST", "BOTH"};
constexpr FeatureField kTrimFields[] = {
    {.name = "trim",
     .label = "Trim",
     .description = "Which data point to trim",
     .type = "enum",
     .options = kTrimOptions,
     .default_value = "both",
     .autocomplete = "",
     .rules = {}},
};
constexpr FeatureProcessor kAggregators[] = {
    {"avg", "AVG", "Averages the data points together.", kRangeFields},
    {"count", "Count", "Counts the number of data points.", kRangeFields},
    {"dev", "Dev", "Calculates the standard deviation of the time series.", kRangeFields},
    {"diff", "Diff", "Computes the difference between successive data points.", {}},
    {"div", "Div", "Divides each data point by a divisor.", kDivFields},
    {"filter", "Filter", "Filters datapoints according to filter operation with a null data point.", kFilterFields},
    {"first", "First", "Returns the first value data point for the time range.", kRangeFields},
    {"gaps", "Gaps", "Marks gaps in data according to sampling rate with a null data point.", kRangeFields},
    {"last", "Last", "Returns the last value data point for the time range.", kRangeFields},
    {"least_squares", "Least Squares",
     "Returns a best fit line through the datapoints using the least squares algorithm.", kRangeFields},
    {"max", "Max", "Returns the maximum value data point for the time range.", kRangeFields},
    {"min", "Min", "Returns the minimum value data point for the time range.", kRangeFields},
    {"percentile", "Percentile", "Finds the percentile of the data range.", kPercentileFields},
    {"rate", "Rate", "Computes the rate of change for the data points.", kRateFields},
    {"score", "SCORE",
     "Scores the data based on a set of thresholds. Each data point will be mapped to a value between 0 and n where "
     "n is the number of thresholds.",
     kScoreFields},
    {"sma", "SMA", "Simple moving average.", kSmaFields},
    {"sampler", "Sampler", "Computes the sampling rate of change for the data points.", kSamplerFields},
    {"save_as", "Save As", "Saves the results to a new metric.", kSaveAsFields},
    {"scale", "Scale", "Scales each data point by a factor.", kScaleFields},
    {"sum", "Sum", "Adds data points together.", kRangeFields},
    {"trim", "Trim", "Trims off the first, last or both (first and last) data points from the results.", kTrimFields},
};

constexpr FeatureFamily kFamilies[] = {
    {"group_by", "Group By", kGroupBys},
    {"aggregators", "Aggregator", kAggregators},
};

}  // namespace

std::span<const FeatureFamily> feature_families() { return kFamilies; }

}  // namespace sluice::timeseries
