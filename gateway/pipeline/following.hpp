#pragma once

#include <optional>
#include <string>

#include "gateway/pipeline/body_source.hpp"

namespace sluice::pipeline {

// What the leader of a fill, and those who follow it, agree on.

// Ends the leader's fill on every way out that did not hand it on.
class Leadership {
 public:
  Leadership(Exchange& exchange, std::shared_ptr<Fill> fill) : exchange_(exchange), fill_(std::move(fill)) {}
  ~Leadership() { end_as(Fill::State::uncacheable); }
  Leadership(const Leadership&) = delete;
  Leadership& operator=(const Leadership&) = delete;

  void end_as(Fill::State state, std::optional<Error> error = std::nullopt);
  std::shared_ptr<Fill> hand_on() { return std::move(fill_); }  // null when nobody follows

 private:
  Exchange& exchange_;
  std::shared_ptr<Fill> fill_;
};

// Requests whose answer may be another client's: anything else is forwarded by itself.
bool may_share(const Exchange& exchange);

// Waits until the fill has a head, or ended without one: its state then. nullopt: not in time.
Task<std::optional<Fill::State>> wait_for_head(Exchange& exchange, std::shared_ptr<Fill> fill);

// May this exchange have the response that is being filled? What could not be used if it were stored, because it has
// to be validated first, cannot be had either (RFC 9111 4). REQUIRES: its head is known.
bool may_follow(Exchange& exchange, const FillBody& body);

// The variant that this request selects, when it is another one than the response that is being filled.
std::optional<std::string> other_variant(const Exchange& exchange, const Fill& fill);

// How old a response is that the exchange did not ask for itself (RFC 9111 4.2.3).
cache::Seconds age_for(const Exchange& exchange, const cache::StoredHead& stored);

// Whose error is it? What ended the leader's own client, or what policy said of it, is no answer to anybody else.
bool is_of_leader_only(const std::optional<Error>& error);

}  // namespace sluice::pipeline
