#pragma once

#include <string>

#include "gateway/control/protocol.hpp"

namespace sluice::cli {

// A connection to the daemon's control socket. Blocking; a reply that does not come within 30 s is an error, except
// while following.
class Client {
 public:
  // Errors: unreachable, not_permitted.
  static control::Answer<Client> connect(const std::string& path);
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;
  ~Client();

  // One request, one reply. Errors: what the daemon says; unreachable when it goes away.
  control::Answer<control::Json> ask(const control::Request& request);

  // For streaming commands: sends, then reads one piece after another. `next` gives nullopt at the end of the stream.
  control::Answer<void> send(const control::Request& request);
  control::Answer<std::optional<control::Json>> next();
  void wait_forever();
  control::Error ended() const;  // what was to go on ended: the daemon did

 private:
  Client(int socket, std::string path);
  control::Answer<std::optional<std::string>> read_line();
  control::Error lost(const std::string& what) const;

  int socket_;
  std::string path_;
  std::string buffer_;
};

}  // namespace sluice::cli
