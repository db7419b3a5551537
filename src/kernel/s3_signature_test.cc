// SPDX-License-Identifier: Apache-2.0
// The example of a signed GET with a range in Amazon's documentation of signature version 4.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernel/s3_files.h"

namespace sluice::kernel {
namespace {

TEST(S3Signature, IsThatOfTheDocumentation) {
  S3Object object;
  object.region = "us-east-1";
  object.access_key = "AKIAIOSFODNN7EXAMPLE";
  object.secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  const auto headers = s3_headers(
      object, {"GET", "examplebucket.s3.amazonaws.com", "/test.txt", "", "bytes=0-9", {}, "20130524T000000Z"});
  const std::string wanted =
      "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
  EXPECT_NE(std::ranges::find(headers, wanted), headers.end());
  EXPECT_NE(std::ranges::find(headers, "Range: bytes=0-9"), headers.end());
}

TEST(S3Signature, HasTheQuery) {
  S3Object object;
  object.access_key = "AKIAIOSFODNN7EXAMPLE";
  object.secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  const std::string query = s3_query({{"prefix", "J"}, {"max-keys", "2"}});
  EXPECT_EQ(query, "max-keys=2&prefix=J");
  const auto headers =
      s3_headers(object, {"GET", "examplebucket.s3.amazonaws.com", "/", query, "", {}, "20130524T000000Z"});
  const std::string wanted =
      "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
      "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
  EXPECT_NE(std::ranges::find(headers, wanted), headers.end());
}

TEST(S3Signature, IsLeftOutWithoutKeys) {
  EXPECT_TRUE(s3_headers({}, {"HEAD", "h", "/b/k", "", "", {}, "20130524T000000Z"}).empty());
}

TEST(S3Signature, PathsAndQueriesAreEscaped) {
  EXPECT_EQ(s3_path("a b/ü+~.csv"), "a%20b/%C3%BC%2B~.csv");
  EXPECT_EQ(s3_query({{"uploads", ""}, {"prefix", "a/b c"}}), "prefix=a%2Fb%20c&uploads=");
}

TEST(S3Objects, OnlyAllowedEndpoints) {
  allow_s3_endpoints({"127.0.0.1:9000"});
  S3Object object;
  object.endpoint = "http://127.0.0.1:9000";
  object.bucket = "b";
  object.key = "dir/k.csv";
  const auto path = register_s3_object(object);
  ASSERT_TRUE(path);
  EXPECT_TRUE(path->ends_with("/k.csv"));
  for (const char* endpoint : {"http://127.0.0.1:9001", "http://127.0.0.1", "ftp://127.0.0.1:9000", "127.0.0.1:9000",
                               "http://127.0.0.1:9000@evil", "http://x:y@127.0.0.1:9000"}) {
    object.endpoint = endpoint;
    EXPECT_FALSE(register_s3_object(object)) << endpoint;
  }
  object.endpoint = "http://127.0.0.1:9000";
  object.bucket = "b/../c";
  EXPECT_FALSE(register_s3_object(object));
  object.bucket = "b";
  object.key = "*.csv";
  EXPECT_TRUE(register_s3_object(object));
  allow_s3_endpoints({});
  object.key = "k";
  EXPECT_FALSE(register_s3_object(object));
}

TEST(S3Objects, FromProperties) {
  const auto object = s3_object(
      {{"aws_endpoint", "127.0.0.1:9000/"}, {"s3.access_key", "a"}, {"use_path_style", "true"}}, "s3://b/dir/k.csv");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->endpoint, "http://127.0.0.1:9000");
  EXPECT_EQ(object->bucket, "b");
  EXPECT_EQ(object->key, "dir/k.csv");
  EXPECT_EQ(object->access_key, "a");
  EXPECT_TRUE(object->path_style);
  EXPECT_EQ(s3_object({}, "http://h:1/b/k")->endpoint, "http://h:1");
  EXPECT_FALSE(s3_object({}, "s3://b/k"));
  EXPECT_TRUE(is_s3_property("aws_region"));
  EXPECT_FALSE(is_s3_property("format"));
}

}  // namespace
}  // namespace sluice::kernel
