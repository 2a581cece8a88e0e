#include "gateway/identity/verifier.hpp"

#include <utility>

#include <boost/asio/async_result.hpp>

namespace sluice::identity {

Verifier::Verifier(unsigned threads, std::size_t queue_limit) : pool_("verify", threads, queue_limit) {}

Users Verifier::use(std::shared_ptr<const Accounts> accounts, VerifierMemory memory) {
  const std::lock_guard lock(mutex_);
  const auto before = std::exchange(accounts_, std::move(accounts));
  const auto generation = generation_.fetch_add(1, std::memory_order_release) + 1;
  memory_ = memory;
  accepted_.clear();
  refused_.clear();
  flights_.clear();  // each is held by the function that lands it
  if (before == nullptr) { return {}; }
  auto signed_out = before->changed_in(accounts_ != nullptr ? *accounts_ : Accounts({}));
  for (const auto& user : signed_out) { signed_out_[user] = generation; }
  return signed_out;
}

bool Verifier::has_signed_out(std::string_view user, std::uint64_t generation) const {
  const std::lock_guard lock(mutex_);
  const auto found = signed_out_.find(user);
  return found != signed_out_.end() && found->second > generation;
}

bool Verifier::has_accounts() const {
  const std::lock_guard lock(mutex_);
  return accounts_ != nullptr;
}

std::optional<Verification> Verifier::recall(const Credentials& credentials) const {
  const auto key = keys_.of(credentials);
  const std::lock_guard lock(mutex_);
  return recall(key);
}

std::optional<Verification> Verifier::recall(const CredentialKey& key) const {
  if (accounts_ == nullptr) { return Verification::refused; }
  const auto now = coarse_now();
  if (accepted_.has(key, now)) { return Verification::accepted; }
  if (refused_.has(key, now)) { return Verification::refused; }
  return std::nullopt;
}

Task<Verification> Verifier::verify(Credentials credentials, Mailbox& mailbox) {
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Verification)>(
      [this, &mailbox](auto handler, Credentials own) {
        // The handler belongs to the worker: it goes back there whatever becomes of the verification.
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        join(std::move(own), [shared, &mailbox](Verification verification) mutable {
          mailbox.post([shared = std::move(shared), verification] { std::move (*shared)(verification); });
        });
      },
      use_task, std::move(credentials));
}

void Verifier::join(Credentials credentials, Waiter waiter) {
  const auto key = keys_.of(credentials);
  std::shared_ptr<Flight> flight;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = recall(key)) { return waiter(*known); }
    auto& place = flights_[key];
    if (place != nullptr) { return place->waiters.push_back(std::move(waiter)); }
    place = flight = std::make_shared<Flight>(key, std::move(credentials), accounts_);
    flight->waiters.push_back(std::move(waiter));
  }
  const bool was_taken = pool_.run([this, flight] { run(*flight); });
  if (!was_taken) { land(*flight, Verification::overloaded); }
}

void Verifier::finish() {
  is_ending_ = true;
  pool_.finish();
}

void Verifier::run(Flight& flight) {
  if (is_ending_) { return land(flight, Verification::overloaded); }
  land(flight, flight.accounts->verify(flight.credentials) ? Verification::accepted : Verification::refused);
}

void Verifier::land(Flight& flight, Verification verification) {
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    waiters.swap(flight.waiters);
    const auto own = flights_.find(flight.key);
    const bool is_current = own != flights_.end() && own->second.get() == &flight;
    if (is_current) { flights_.erase(own); }
    if (is_current && verification == Verification::accepted) {
      accepted_.remember(flight.key, coarse_now() + memory_.accepted, memory_.entries);
    }
    if (is_current && verification == Verification::refused) {
      refused_.remember(flight.key, coarse_now() + memory_.refused, memory_.entries);
    }
  }
  for (auto& waiter : waiters) { waiter(verification); }
}

}  // namespace sluice::identity
