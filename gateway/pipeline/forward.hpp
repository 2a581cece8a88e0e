#pragma once

#include <memory>

#include "cache/validation.hpp"
#include "gateway/pipeline/exchange.hpp"
#include "gateway/pipeline/upload.hpp"

namespace sluice::pipeline {

// What to ask for. The default is what the client asked for. Under conditions of our own, or none, a 304 that answers
// no condition is an error.
struct ForwardPlan {
  bool whole = false;            // leave the client's Range and conditions out
  cache::Validators validators;  // conditions of our own; only with `whole`
  std::string range;             // value of Range in place of the client's; empty: the client's, unless `whole`
  std::string if_range;          // of our own; only with `whole` and `range`
};

// A request that was forwarded, and the head of its response. The connection holds what the head's views point to.
// REQUIRES: finish() before the exchange ends.
struct Forwarded {
  upstream::ConnectionPtr connection;
  http::ResponseHead head;
  cache::UnixTime request_time;
  cache::UnixTime response_time;
  std::uint64_t generation = 0;     // the newest purge in force when the request was sent
  std::uint32_t invalidations = 0;  // FillTable::invalidations() of the exchange's key then
  std::unique_ptr<Upload> upload;   // null when all content was sent with the head

  cache::ResponseView view() const noexcept { return {head.status, head.fields}; }
};

// Opens or reuses a connection to the origin, or to the parent; sends the request; reads the head of the final response
// and passes interim ones (1xx) on. A request on a reused connection that turns out closed is sent once more when that
// is safe. Errors: those of connecting, sending and reading; http_request_denied when policy denies every address.
Task<Result<Forwarded>> forward(Exchange& exchange, ForwardPlan plan);

// Opens the connection only: for tunnels. Reuses none.
Task<Result<upstream::ConnectionPtr>> connect_upstream(Exchange& exchange);

// The head of the request as the next hop gets it; a parent gets CONNECT as well.
void write_request_to_upstream(const Exchange& exchange, const ForwardPlan& plan, std::string& out);

// True when the request goes to the configured parent proxy.
bool goes_to_parent(const Exchange& exchange);

// Gives the connection back when another exchange can use it, after the content was read to its end; drops it
// otherwise.
Task<> finish(Services& services, Forwarded& forwarded, const config::Configuration& configuration);
// The same where no content of the request is on its way any more.
void give_back(Services& services, Forwarded& forwarded, const config::Configuration& configuration);

}  // namespace sluice::pipeline
