#include "gateway/tls/client_hello.hpp"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "tests/support/client_hello.hpp"

namespace sluice::tls {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using support::hello_with;
using Parts = support::HelloParts;
constexpr auto number = support::tls_number;
constexpr auto vector = support::tls_vector;
constexpr auto extension = support::tls_extension;
constexpr auto server_name = support::server_name_extension;
constexpr auto alpn = support::alpn_extension;

std::string handshake(std::string_view body, char type = 1) {
  return support::handshake_message(body, type);
}
std::string record(std::string_view fragment, char type = 22) {
  return support::tls_record(fragment, type);
}

HelloState state_of(std::string_view octets) {
  ClientHelloReader reader;
  return reader.read(octets);
}
ClientHello read(std::string_view octets) {
  ClientHelloReader reader;
  EXPECT_EQ(reader.read(octets), HelloState::complete);
  return reader.hello();
}

TEST(ClientHello, SaysNameProtocolsAndEch) {
  const auto hello = read(hello_with(extension(0x2a2a, "") + server_name("Www.Example.COM") +
                                     alpn({"\x1a\x1a", "h2", "http/1.1"}) + extension(0xfe0d, "anything")));
  EXPECT_EQ(hello.server_name, "www.example.com");
  EXPECT_THAT(hello.protocols, ElementsAre("h2", "http/1.1"));
  EXPECT_TRUE(hello.has_ech);
}

TEST(ClientHello, MaySayNothing) {
  const auto hello = read(hello_with(extension(43, "\x02\x03\x04")));
  EXPECT_EQ(hello.server_name, "");
  EXPECT_THAT(hello.protocols, IsEmpty());
  EXPECT_FALSE(hello.has_ech);
  // RFC 5246 7.4.1.2: "Servers MUST accept ClientHello messages both with and without the extensions field."
  Parts parts;
  parts.extensions = "";
  read(record(handshake(parts.body())));
}

TEST(ClientHello, IsReadHoweverItIsCut) {
  Parts parts;
  parts.extensions = vector(2, server_name("www.example.com") + extension(21, std::string(3000, '\0')));
  const auto message = handshake(parts.body());
  for (const std::size_t record_size : {1UL, 3UL, 100UL, 2999UL, message.size()}) {
    std::string octets;
    for (std::size_t at = 0; at < message.size(); at += record_size) {
      octets += record(std::string_view(message).substr(at, record_size));
    }
    for (const std::size_t segment : {1UL, 2UL, 1460UL, octets.size()}) {
      ClientHelloReader reader;
      for (std::size_t at = 0; at < octets.size(); at += segment) {
        EXPECT_EQ(reader.state(), HelloState::incomplete);
        reader.read(std::string_view(octets).substr(at, segment));
      }
      EXPECT_EQ(reader.state(), HelloState::complete) << record_size << ' ' << segment;
      EXPECT_EQ(reader.hello().server_name, "www.example.com");
    }
  }
}

TEST(ClientHello, IsIncompleteUntilItsLastOctetAndWhatFollowsIsLeftAside) {
  const auto octets = hello_with(server_name("www.example.com"));
  for (std::size_t size = 0; size < octets.size(); ++size) {
    EXPECT_EQ(state_of(octets.substr(0, size)), HelloState::incomplete) << size;
  }
  EXPECT_EQ(state_of(octets + "early data"), HelloState::complete);
}

TEST(ClientHello, IsNotTlsWhenNoRecordBegins) {
  for (const std::string_view octets :
       {"SSH-2.0-OpenSSH\r\n", "GET / HTTP/1.1\r\n", "\x80\x2e\x01\x03\x01", "\xff", "\x18\x03\x03"}) {
    EXPECT_EQ(state_of(octets), HelloState::not_tls) << octets;
  }
  EXPECT_EQ(state_of(std::string_view("\0", 1)), HelloState::not_tls);
  EXPECT_EQ(state_of(std::string_view("\x16\x02\x00\x00\x01\x02", 6)), HelloState::not_tls) << "no ClientHello";
  EXPECT_EQ(state_of(std::string_view("\x16\x02\x00\x00\x00", 5)), HelloState::not_tls) << "an empty fragment";
  EXPECT_EQ(state_of("\x15\x02"), HelloState::not_tls);
  EXPECT_EQ(state_of("\x16"), HelloState::incomplete);
  EXPECT_EQ(state_of("\x16\x02"), HelloState::incomplete);
}

// RFC 8446 5.1: legacy_record_version "is deprecated and MUST be ignored for all purposes", so servers may read it.
TEST(ClientHello, IsReadWhateverVersionItsRecordsSay) {
  for (const std::string_view version : {std::string_view("\x02\x00", 2), std::string_view("\xff\xff", 2),
                                         std::string_view("\x00\x00", 2), std::string_view("\x03\x7f", 2)}) {
    std::string octets = hello_with(server_name("a.example"));
    octets.replace(1, 2, version);
    EXPECT_EQ(read(octets).server_name, "a.example");
    ClientHelloReader reader;
    for (const char octet : octets) { reader.read({&octet, 1}); }
    EXPECT_EQ(reader.state(), HelloState::complete);
  }
  const auto message = handshake(Parts{}.body());
  std::string second = record(std::string_view(message).substr(1));
  second.replace(1, 2, std::string_view("\x02\x00", 2));
  EXPECT_EQ(state_of(record(std::string_view(message).substr(0, 1)) + second), HelloState::complete);
}

TEST(ClientHello, IsMalformedWhenItHasNoOneReading) {
  const auto with = [](auto change) {
    Parts parts;
    change(parts);
    return record(handshake(parts.body()));
  };
  const auto name_list = [](std::string_view list) { return hello_with(extension(0, vector(2, list))); };
  const auto entry = [](std::string_view name) { return number(0, 1) + vector(2, name); };
  const std::vector<std::pair<const char*, std::string>> cases{
      // records
      {"an alert first", record("\x01\x00", 21)},
      {"change_cipher_spec first", record("\x01", 20)},
      {"application data first", record("x", 23)},
      {"an empty fragment", record("")},
      {"a fragment above 2^14", record(std::string((1 << 14) + 1, '\1'))},
      {"an alert in between", record("\1") + record("\x01\x00", 21)},
      // the message
      {"a ServerHello", record(handshake(Parts{}.body(), 2))},
      {"longer than any hello", record("\1" + number(ClientHelloReader::kLargestHello + 1, 3))},
      {"cut in the random", record(handshake("\x03\x03short"))},
      {"a session id of 33 octets", with([](Parts& p) { p.session_id = vector(1, std::string(33, 's')); })},
      {"no cipher suites", with([](Parts& p) { p.cipher_suites = vector(2, ""); })},
      {"half a cipher suite", with([](Parts& p) { p.cipher_suites = vector(2, "abc"); })},
      {"no compression method", with([](Parts& p) { p.compression = vector(1, ""); })},
      {"octets behind the extensions", with([](Parts& p) { p.behind = "x"; })},
      {"extensions that end too late", with([](Parts& p) { p.extensions = number(9, 2) + "abc"; })},
      {"an extension that ends too late", hello_with(number(0, 2) + number(9, 2) + "abc")},
      {"half an extension type", hello_with("x")},
      // server_name
      {"two server_name extensions", hello_with(server_name("a.example") + server_name("a.example"))},
      {"no name list", hello_with(extension(0, ""))},
      {"an empty name list", name_list("")},
      {"two names", name_list(entry("a.example") + entry("b.example"))},
      {"an empty name", name_list(entry(""))},
      {"a name of another type", name_list(number(1, 1) + vector(2, "a.example"))},
      {"an IPv4 address", name_list(entry("192.0.2.7"))},
      {"an IPv6 address", name_list(entry("2001:db8::1"))},
      {"an address in another spelling", name_list(entry("0xc0000207"))},
      {"NUL in a name", name_list(entry(std::string_view("a.example\0.b", 12)))},
      {"a blank in a name", name_list(entry("a. example"))},
      {"octets behind the name list", hello_with(extension(0, vector(2, entry("a.example")) + "x"))},
      // ALPN
      {"two ALPN extensions", hello_with(alpn({"h2"}) + alpn({"h2"}))},
      {"no protocols", hello_with(alpn({}))},
      {"an empty protocol", hello_with(alpn({"h2", ""}))},
      {"a protocol that ends too late", hello_with(extension(16, vector(2, "\x05h2")))},
      {"more protocols than anybody offers",
       hello_with(alpn(std::vector<std::string>(ClientHelloReader::kMostProtocols + 1, "h2")))},
      {"two ECH extensions", hello_with(extension(0xfe0d, "a") + extension(0xfe0d, "b"))},
  };
  for (const auto& [name, octets] : cases) { EXPECT_EQ(state_of(octets), HelloState::malformed) << name; }
}

TEST(ClientHello, EndsAtItsLimitsWhateverItsRecordsAreLike) {
  const auto message = handshake(std::string(ClientHelloReader::kLargestHello, 'x'));
  std::string octets;
  for (const char octet : message) { octets += record({&octet, 1}); }
  ClientHelloReader reader;
  std::size_t taken = 0;
  while (reader.state() == HelloState::incomplete) { reader.read(std::string_view(octets).substr(taken++, 1)); }
  EXPECT_EQ(reader.state(), HelloState::malformed);
  EXPECT_EQ(taken, ClientHelloReader::kMostOctets);
}

// What real clients send: the seeds of the fuzz target.
TEST(ClientHello, OfRealClientsIsUnderstood) {
  const auto seed = [](const std::string& name) {
    std::ifstream file(std::string(SLUICE_SEEDS "/client_hello/") + name, std::ios::binary);
    EXPECT_TRUE(file) << name;
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  for (const char* name : {"openssl", "openssl_tls12", "openssl_records", "curl", "chromium"}) {
    EXPECT_EQ(read(seed(name)).server_name, "www.example.com") << name;
  }
  EXPECT_EQ(read(seed("openssl_no_name")).server_name, "");
  EXPECT_THAT(read(seed("openssl")).protocols, ElementsAre("h2", "http/1.1"));
  EXPECT_THAT(read(seed("curl")).protocols, ElementsAre("h2", "http/1.1"));
  EXPECT_THAT(read(seed("chromium")).protocols, ElementsAre("h2", "http/1.1"));
  EXPECT_FALSE(read(seed("curl")).has_ech);
  EXPECT_TRUE(read(seed("chromium")).has_ech);  // a made-up one, so that real ones do not stand out
}

}  // namespace
}  // namespace sluice::tls
