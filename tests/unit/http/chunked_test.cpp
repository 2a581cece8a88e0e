#include "gateway/http/chunked.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

using namespace std::string_literals;

struct Decoded {
  std::string content;
  std::string trailers;
  std::size_t consumed = 0;
  bool is_done = false;
  bool failed = false;
  Error error;
};

// Feeds `input` in pieces of `step` octets.
Decoded decode(std::string_view input, std::size_t step, const ChunkLimits& limits = {}, Side side = Side::client) {
  ChunkedDecoder decoder(side, limits);
  Decoded out;
  while (!decoder.is_done() && out.consumed < input.size()) {
    const auto taken = decoder.next(input.substr(out.consumed, step));
    if (!taken) {
      out.failed = true;
      out.error = taken.error();
      return out;
    }
    EXPECT_GT(taken->consumed, 0U);
    if (taken->consumed == 0) { return out; }
    out.consumed += taken->consumed;
    out.content += taken->content;
  }
  out.is_done = decoder.is_done();
  out.trailers = decoder.trailers();
  return out;
}

TEST(ChunkedContent, IsTheSameHoweverItArrives) {
  const std::string input =
      "5\r\nhello\r\n1;name=value;x=\"a;b\"\r\n,\r\n00A\r\n0123456789\r\n0; end\r\nX-Sum: 1\r\nY:\r\n\r\nGET / "
      "HTTP/1.1\r\n";
  for (std::size_t step = 1; step <= input.size(); ++step) {
    const auto decoded = decode(input, step);
    ASSERT_FALSE(decoded.failed) << step << decoded.error.text();
    EXPECT_TRUE(decoded.is_done);
    EXPECT_EQ(decoded.content, "hello,0123456789");
    EXPECT_EQ(decoded.trailers, "X-Sum: 1\r\nY:\r\n");
    EXPECT_EQ(input.substr(decoded.consumed), "GET / HTTP/1.1\r\n");
  }
}

TEST(ChunkedContent, IsHandedOutInPlace) {
  const std::string_view input = "5\r\nhello\r\n0\r\n\r\n";
  ChunkedDecoder decoder(Side::client, {});
  const auto first = decoder.next(input);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->content.data(), input.data() + 3);
  EXPECT_EQ(first->content, "hello");
  EXPECT_EQ(first->consumed, 8U);
  const auto second = decoder.next(input.substr(8));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->content, "");
  EXPECT_EQ(second->consumed, 7U);
  EXPECT_TRUE(decoder.is_done());
  const auto behind = decoder.next("more");
  ASSERT_TRUE(behind);
  EXPECT_EQ(behind->consumed, 0U);
}

TEST(ChunkedContent, IsNotDoneWhenItIsCut) {
  const std::string whole = "5;e\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto decoded = decode(whole.substr(0, size), 100);
    EXPECT_FALSE(decoded.failed) << size;
    EXPECT_FALSE(decoded.is_done) << size;
  }
}

struct Case {
  const char* name;
  std::string input;
};

class MalformedChunks : public testing::TestWithParam<Case> {};

TEST_P(MalformedChunks, AreRefusedFromBothSides) {
  for (const std::size_t step : {std::size_t{1}, GetParam().input.size()}) {
    const auto request = decode(GetParam().input, step);
    EXPECT_TRUE(request.failed) << GetParam().input;
    EXPECT_EQ(request.error.kind, ErrorKind::http_request_error);
    EXPECT_EQ(request.error.code, 400);
    const auto response = decode(GetParam().input, step, {}, Side::upstream);
    EXPECT_TRUE(response.failed);
    EXPECT_EQ(response.error.kind, ErrorKind::http_response_transfer_coding);
  }
}

// RFC 9112 7.1: chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF.
INSTANTIATE_TEST_SUITE_P(
    Sizes, MalformedChunks,
    testing::Values(Case{"Empty", "\r\n"}, Case{"NotHexadecimal", "g\r\n"}, Case{"Negative", "-1\r\n"},
                    Case{"Plus", "+1\r\n"}, Case{"HexPrefix", "0x5\r\nhello\r\n"},
                    Case{"SpaceAhead", " 5\r\nhello\r\n"}, Case{"SpaceBehind", "5 \r\nhello\r\n"},
                    Case{"TabBehind", "5\t\r\nhello\r\n"}, Case{"SpaceBeforeTheExtension", "5 ;a=b\r\nhello\r\n"},
                    Case{"SeventeenDigits", "00000000000000005\r\nhello\r\n"}, Case{"Overflow", "ffffffffffffffff\r\n"},
                    Case{"WrapsAround", "10000000000000005\r\nhello\r\n"}, Case{"Underscore", "1_0\r\n"},
                    Case{"Comma", "5,5\r\nhello\r\n"}, Case{"Nul", "5\0\r\nhello\r\n"s}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(LineEnds, MalformedChunks,
                         testing::Values(Case{"BareLineFeedAfterTheSize", "5\nhello\r\n"},
                                         Case{"BareCarriageReturnAfterTheSize", "5\rhello\r\n"},
                                         Case{"DoubleCarriageReturnAfterTheSize", "5\r\r\nhello\r\n"},
                                         Case{"BareLineFeedAfterTheContent", "5\r\nhello\n0\r\n\r\n"},
                                         Case{"BareCarriageReturnAfterTheContent", "5\r\nhello\r0\r\n\r\n"},
                                         Case{"NothingAfterTheContent", "5\r\nhello0\r\n\r\n"},
                                         Case{"ContentTooLong", "5\r\nhello!\r\n0\r\n\r\n"},
                                         Case{"BareLineFeedAfterTheLastChunk", "0\n\r\n"},
                                         Case{"BareLineFeedAtTheEnd", "0\r\n\n"}),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(ExtensionsAndTrailers, MalformedChunks,
                         testing::Values(Case{"EmptyExtension", "5;\r\nhello\r\n"},
                                         Case{"BareLineFeedInAnExtension", "5;a\nhello\r\n"},
                                         Case{"BareLineFeedRightBehindTheSemicolon", "5;\nhello\r\n"},
                                         Case{"BareCarriageReturnInAnExtension", "5;a\rb\r\nhello\r\n"},
                                         Case{"NulInAnExtension", "5;a\0\r\nhello\r\n"s},
                                         Case{"LineFeedInAQuotedExtension", "5;a=\"\n\"\r\nhello\r\n"},
                                         Case{"ExtensionTooLong", "5;" + std::string(1025, 'a')},
                                         Case{"FoldedTrailer", "0\r\nX: a\r\n b\r\n\r\n"},
                                         Case{"TrailerWithSpaceBeforeTheColon", "0\r\nX : a\r\n\r\n"},
                                         Case{"TrailerWithoutColon", "0\r\nGET / HTTP/1.1\r\n\r\n"},
                                         Case{"TrailerWithBareLineFeed", "0\r\nX: a\n\r\n"},
                                         Case{"TrailerWithBareCarriageReturn", "0\r\nX: a\rb\r\n\r\n"},
                                         Case{"TrailerWithNul", "0\r\nX: \0\r\n\r\n"s},
                                         Case{"TrailersTooLong", "0\r\nX: " + std::string(8 * 1024, 'a')}),
                         [](const auto& info) { return info.param.name; });

TEST(ChunkedContent, BoundsExtensionsOfAllChunksTogether) {
  std::string input;
  for (int i = 0; i < 16; ++i) { input += "1;" + std::string(1024, 'a') + "\r\nx\r\n"; }
  EXPECT_TRUE(decode(input + "0\r\n\r\n", 64 * 1024).is_done);
  EXPECT_TRUE(decode(input + "0;a\r\n\r\n", 64 * 1024).failed);
}

TEST(ChunkedContent, TakesTheLargestSizeWithoutOverflow) {
  ChunkedDecoder decoder(Side::client, {});
  const auto step = decoder.next("7fffffffffffffff\r\nabc");
  ASSERT_TRUE(step);
  EXPECT_EQ(step->content, "abc");
}

TEST(ChunkHead, IsHexadecimal) {
  std::string out;
  append_chunk_head(0x1a2b, out);
  append_chunk_head(0, out);
  EXPECT_EQ(out, "1a2b\r\n0\r\n");
}

TEST(Trailers, ThatSteerAMessageAreNotPassedOn) {
  std::string out;
  append_safe_trailers(
      "X-Checksum: 1\r\nContent-Length: 5\r\nTRANSFER-ENCODING: chunked\r\nHost: evil\r\nAuthorization: x\r\n"
      "Set-Cookie: a=b\r\nCache-Control: max-age=9\r\nGrpc-Status: 0\r\nTrailer: x\r\nSurrogate-Key: s\r\n"
      "X-HTTP-Method-Override: DELETE\r\nTransfer_Encoding: chunked\r\nX-Forwarded-Host: e\r\nGrpc-: 1\r\n"
      "Repr-Digest: d\r\nX-Amz-Checksum-Crc32: c\r\n",
      out);
  EXPECT_EQ(out, "X-Checksum: 1\r\nGrpc-Status: 0\r\nRepr-Digest: d\r\nX-Amz-Checksum-Crc32: c\r\n");
}

}  // namespace
}  // namespace sluice::http
