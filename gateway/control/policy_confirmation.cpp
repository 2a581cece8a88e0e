// A version that rolls itself back unless it is confirmed.

#include "gateway/control/policy_keeper.hpp"
#include "gateway/control/version_name.hpp"

namespace sluice::control {
namespace {

constexpr const char* kItself = "sluiced";  // who rolls back what nobody confirmed
constexpr const char* kLate = " was not confirmed in time";
constexpr auto kNextTry = std::chrono::seconds(5);  // to write what could not be written

}  // namespace

Answer<PolicyConfirmed> PolicyKeeper::confirm(const PolicyVersionArguments& arguments) {
  const bool is_it = unconfirmed_ && (arguments.version == 0 || arguments.version == unconfirmed_->number);
  if (!is_it) {
    return std::unexpected(Error{ErrorCode::not_found,
                                 unconfirmed_ ? version_name(unconfirmed_->number) + " waits to be confirmed, not " +
                                                    version_name(arguments.version)
                                              : "no version waits to be confirmed",
                                 "sluice policy history",
                                 {}});
  }
  const PolicyConfirmed confirmed{unconfirmed_->number};
  unconfirmed_.reset();
  remove_unconfirmed(unconfirmed_file_);
  return confirmed;
}

std::string PolicyKeeper::expire(Time time) {
  if (unwritten_) { return write_again(time); }
  if (!unconfirmed_ || time < unconfirmed_->deadline) { return {}; }
  const auto late = version_name(unconfirmed_->number) + kLate;
  const auto back = roll_back({unconfirmed_->back_to, late, false}, kItself);
  if (back) { return late + ": rolled back, policy " + version_name(back->version); }
  return fall_back(time, back.error().message);
}

// What was put in force for a time leaves when the time is over, whatever the disk does.
std::string PolicyKeeper::fall_back(Time time, const std::string& why_not_written) {
  const auto expired = *unconfirmed_;
  const auto late = version_name(expired.number) + kLate;
  const auto target = snapshot_of(expired.back_to);
  if (!target) {
    unconfirmed_->deadline = time + kNextTry;
    const bool is_said = !alarm_.empty();
    alarm_ = late + " and cannot be rolled back: " + target.error().message;
    return is_said ? "" : alarm_;
  }
  swap_in(*target);
  unconfirmed_.reset();  // its file stays: a start finds the version there and falls back again
  unwritten_ = {expired.back_to, time + kNextTry};
  alarm_ = late + ": " + version_name(expired.back_to) +
           " is in force again and will be written when that can be done (" + why_not_written + ")";
  return alarm_;
}

std::string PolicyKeeper::write_again(Time time) {
  if (time < unwritten_->next_try) { return {}; }
  unwritten_->next_try = time + kNextTry;
  const auto number = unwritten_->number;
  const auto back = roll_back({number, "what came behind it was not confirmed in time", false}, kItself);
  return back ? version_name(number) + " is written again, as policy " + version_name(back->version) : "";
}

}  // namespace sluice::control
