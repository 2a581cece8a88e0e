#pragma once

#include <list>
#include <string>

#include "gateway/identity/accounts.hpp"
#include "gateway/net/tcp_stream.hpp"
#include "gateway/pipeline/decide_under_way.hpp"
#include "policy/facts.hpp"
#include "policy/snapshot.hpp"

namespace sluice::pipeline {

// An open tunnel with the facts it was judged by, so that a new policy can judge it again.
struct OpenTunnel {
  policy::Facts facts;  // views into the exchange's own strings
  net::TcpStream* client = nullptr;
  net::TcpStream* upstream = nullptr;
  policy::Decision decision;                       // the latest
  std::shared_ptr<const policy::Snapshot> policy;  // holds the decision's words
  std::string kept_by = {};                        // the latest rule that would have stopped it, had it begun later
};

// The open tunnels of one worker.
// Thread: the worker's.
class TunnelRegistry {
 public:
  class Entry {
   public:
    Entry(TunnelRegistry& registry, OpenTunnel& tunnel)
        : registry_(registry), place_(registry.tunnels_.insert(registry.tunnels_.end(), &tunnel)) {}
    ~Entry() { registry_.tunnels_.erase(place_); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    TunnelRegistry& registry_;
    std::list<OpenTunnel*>::iterator place_;
  };

  // Closes those that `snapshot` stops; returns how many.
  std::size_t judge_again(const std::shared_ptr<const policy::Snapshot>& snapshot, std::chrono::sys_seconds now) {
    std::size_t closed = 0;
    for (auto* tunnel : tunnels_) { closed += judge_again(*tunnel, snapshot, now) ? 0 : 1; }
    return closed;
  }
  // These users are not signed in any more: closes the tunnels of theirs that `snapshot` stops without a user, or would
  // ask for one; returns how many.
  std::size_t sign_out(const identity::Users& users, const std::shared_ptr<const policy::Snapshot>& snapshot,
                       std::chrono::sys_seconds now) {
    std::size_t closed = 0;
    for (auto* tunnel : tunnels_) {
      if (!tunnel->facts.user || !users.contains(*tunnel->facts.user)) { continue; }
      tunnel->facts.user.reset();
      closed += judge_again(*tunnel, snapshot, now) ? 0 : 1;
    }
    return closed;
  }
  // Closes this one if `snapshot` stops it, and returns false then.
  static bool judge_again(OpenTunnel& tunnel, const std::shared_ptr<const policy::Snapshot>& snapshot,
                          std::chrono::sys_seconds now) {
    tunnel.facts.now = now;
    const auto decision = decide_under_way(*snapshot, tunnel.facts);
    if (!ends(*snapshot, decision)) {
      if (policy::stops(decision.verdict)) { tunnel.kept_by = decision.rule_id; }
      return true;
    }
    tunnel.decision = decision;
    tunnel.policy = snapshot;
    tunnel.client->cancel();
    tunnel.upstream->cancel();
    return false;
  }
  std::size_t size() const noexcept { return tunnels_.size(); }

 private:
  std::list<OpenTunnel*> tunnels_;
};

}  // namespace sluice::pipeline
