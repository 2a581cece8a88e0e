#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/tls/client_hello.hpp"
#include "policy/facts.hpp"

namespace sluice::pipeline {

// What a client began its tunnel with, as the policy asks for it and the access log has it.
class KnownHello {
 public:
  KnownHello() = default;  // no TLS
  explicit KnownHello(tls::ClientHello hello);
  KnownHello(const KnownHello&) = delete;
  KnownHello& operator=(const KnownHello&) = delete;

  policy::Hello facts() const noexcept;  // with views into this
  std::string_view word() const noexcept { return is_tls_ ? "tls" : "none"; }
  std::string_view server_name() const noexcept { return hello_.server_name; }
  std::string_view protocols() const noexcept { return protocols_text_; }  // "h2,http/1.1"
  bool has_ech() const noexcept { return hello_.has_ech; }

 private:
  bool is_tls_ = false;
  tls::ClientHello hello_;
  std::vector<std::string_view> protocols_;  // of hello_
  std::string protocols_text_;
};

}  // namespace sluice::pipeline
