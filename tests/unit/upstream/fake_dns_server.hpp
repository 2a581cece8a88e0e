#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include "gateway/base/task.hpp"
#include "policy/address.hpp"

namespace sluice::upstream {

inline constexpr int kA = 1;
inline constexpr int kAaaa = 28;

// A DNS server on a UDP port of the loopback address, driven by the test's io_context. What it has no answer for it
// calls NXDOMAIN.
class FakeDnsServer {
 public:
  enum class How : std::uint8_t { answer, no_data, no_name, servfail, silence, hold, nonsense };
  struct Answer {
    How how = How::answer;
    std::vector<std::string> addresses = {};
    std::uint32_t ttl = 60;
    std::string alias = {};  // when not empty: a CNAME with `alias_ttl` comes before the addresses
    std::uint32_t alias_ttl = 60;
  };

  explicit FakeDnsServer(asio::io_context& context)
      : socket_(context.get_executor(), {asio::ip::address_v4::loopback(), 0}) {
    receive();
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }
  void set(const std::string& name, int type, Answer answer) { answers_[{name, type}] = std::move(answer); }
  int questions(const std::string& name, int type) const {
    const auto found = questions_.find({name, type});
    return found == questions_.end() ? 0 : found->second;
  }
  int questions() const { return all_questions_; }

  // Answers the questions held back so far as the table now says.
  void release() {
    for (const Held& held : std::exchange(held_, {})) { reply(held.message, held.from); }
  }
  std::size_t held() const { return held_.size(); }

 private:
  using Key = std::pair<std::string, int>;
  struct Held {
    std::string message;
    asio::ip::udp::endpoint from;
  };

  void receive() {
    socket_.async_receive_from(asio::buffer(buffer_), from_,
                               [this](const boost::system::error_code& error, std::size_t n) {
                                 if (error) { return; }
                                 on_question(std::string(buffer_.data(), n));
                                 receive();
                               });
  }

  void on_question(const std::string& message) {
    ++questions_[key_of(message)];
    ++all_questions_;
    if (answers_[key_of(message)].how == How::hold) {
      held_.push_back({message, from_});
    } else {
      reply(message, from_);
    }
  }

  // The name as labels behind the header of twelve octets, then type and class.
  static std::size_t end_of_question(std::string_view message) {
    std::size_t at = 12;
    while (message.at(at) != 0) { at += static_cast<unsigned char>(message.at(at)) + 1U; }
    return at + 5;
  }
  static Key key_of(std::string_view message) {
    std::string name;
    for (std::size_t at = 12; message.at(at) != 0; at += static_cast<unsigned char>(message.at(at)) + 1U) {
      if (!name.empty()) { name += '.'; }
      name += message.substr(at + 1, static_cast<unsigned char>(message.at(at)));
    }
    return {name, static_cast<unsigned char>(message.at(end_of_question(message) - 3))};
  }

  static void put16(std::string& out, std::uint32_t value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
  }
  static void put_record(std::string& out, const std::string& owner, int type, std::uint32_t ttl,
                         const std::string& data) {
    out += owner;
    put16(out, static_cast<std::uint32_t>(type));
    put16(out, 1);
    put16(out, ttl >> 16);
    put16(out, ttl & 0xffff);
    put16(out, static_cast<std::uint32_t>(data.size()));
    out += data;
  }
  static std::string labels(std::string_view name) {
    std::string out;
    while (!name.empty()) {
      const std::string_view label = name.substr(0, name.find('.'));
      out += static_cast<char>(label.size());
      out += label;
      name.remove_prefix(std::min(label.size() + 1, name.size()));
    }
    return out + '\0';
  }

  void reply(const std::string& message, const asio::ip::udp::endpoint& to) {
    const auto found = answers_.find(key_of(message));
    const Answer answer = found == answers_.end() ? Answer{.how = How::no_name} : found->second;
    if (answer.how == How::silence || answer.how == How::hold) { return; }
    const std::string text =
        answer.how == How::nonsense ? message.substr(0, 2) + "\x81\x80\xff" : render(message, answer);
    boost::system::error_code ignored;
    socket_.send_to(asio::buffer(text), to, 0, ignored);
  }

  static std::string render(const std::string& message, const Answer& answer) {
    const int code = answer.how == How::no_name ? 3 : answer.how == How::servfail ? 2 : 0;
    const bool has_records = answer.how == How::answer;
    std::string out = message.substr(0, 2);
    out += "\x81";
    out += static_cast<char>(0x80 | code);
    put16(out, 1);
    put16(out, has_records ? static_cast<std::uint32_t>(answer.addresses.size() + (answer.alias.empty() ? 0 : 1)) : 0);
    put16(out, 0);
    put16(out, 0);
    out += message.substr(12, end_of_question(message) - 12);
    std::string owner = "\xc0\x0c";
    if (has_records && !answer.alias.empty()) {
      put_record(out, owner, 5, answer.alias_ttl, labels(answer.alias));
      owner = labels(answer.alias);
    }
    for (const std::string& text : has_records ? answer.addresses : std::vector<std::string>{}) {
      const policy::Address address = policy::Address::parse(text).value();
      const auto& octets = address.octets();
      const std::string all(octets.begin(), octets.end());
      put_record(out, owner, address.is_ipv4() ? kA : kAaaa, answer.ttl, address.is_ipv4() ? all.substr(12) : all);
    }
    return out;
  }

  asio::basic_datagram_socket<asio::ip::udp, Executor> socket_;
  asio::ip::udp::endpoint from_;
  std::array<char, 1500> buffer_{};
  std::map<Key, Answer> answers_;
  std::map<Key, int> questions_;
  int all_questions_ = 0;
  std::vector<Held> held_;
};

}  // namespace sluice::upstream
