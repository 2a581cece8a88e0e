#include "gateway/pipeline/known_hello.hpp"

#include <utility>

namespace sluice::pipeline {

KnownHello::KnownHello(tls::ClientHello hello) : is_tls_(true), hello_(std::move(hello)) {
  for (const auto& protocol : hello_.protocols) {
    protocols_.push_back(protocol);
    if (!protocols_text_.empty()) { protocols_text_ += ','; }
    protocols_text_ += protocol;
  }
}

policy::Hello KnownHello::facts() const noexcept {
  return {is_tls_, hello_.server_name, protocols_, hello_.has_ech};
}

}  // namespace sluice::pipeline
