#include "gateway/config/endpoint.hpp"

#include <gtest/gtest.h>

namespace sluice::config {
namespace {

TEST(Endpoint, AddressesWithPortsAreRead) {
  const auto ipv4 = parse_endpoint("127.0.0.1:3128", HostForm::address);
  ASSERT_TRUE(ipv4);
  EXPECT_EQ(ipv4->host, "127.0.0.1");
  EXPECT_EQ(ipv4->port, 3128);
  const auto ipv6 = parse_endpoint("[2001:db8::1]:80", HostForm::address);
  ASSERT_TRUE(ipv6);
  EXPECT_EQ(ipv6->host, "2001:db8::1");
  EXPECT_EQ(ipv6->text(), "[2001:db8::1]:80");
}

TEST(Endpoint, NamesAreReadWhereTheyAreAllowed) {
  EXPECT_TRUE(parse_endpoint("proxy.example:80", HostForm::address_or_name));
  EXPECT_FALSE(parse_endpoint("proxy.example:80", HostForm::address));
}

TEST(Endpoint, OtherSpellingsAreRefused) {
  for (const char* const text : {"",
                                 ":",
                                 ":80",
                                 "127.0.0.1",
                                 "127.0.0.1:",
                                 "127.0.0.1:x",
                                 "127.0.0.1:-1",
                                 "127.0.0.1:65536",
                                 "127.1:80",
                                 "0x7f.0.0.1:80",
                                 "127.0.0.1:80:90",
                                 "::1:80",
                                 "[::1]",
                                 "[::1]80",
                                 "[::1",
                                 "[127.0.0.1]:80",
                                 "[fe80::1%lo]:80",
                                 "300.0.0.1:80",
                                 "a..b:80",
                                 "-a.example:80",
                                 "a b:80"}) {
    EXPECT_FALSE(parse_endpoint(text, HostForm::address_or_name)) << text;
  }
}

TEST(Endpoint, PortOfANameServerIsOptional) {
  EXPECT_EQ(parse_address_with_optional_port("10.0.0.1", 53)->text(), "10.0.0.1:53");
  EXPECT_EQ(parse_address_with_optional_port("::1", 53)->text(), "[::1]:53");
  EXPECT_EQ(parse_address_with_optional_port("[::1]:5353", 53)->text(), "[::1]:5353");
  EXPECT_FALSE(parse_address_with_optional_port("dns.example", 53));
}

}  // namespace
}  // namespace sluice::config
